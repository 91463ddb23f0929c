# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets which accelerators: never more than there are, whole nodes where that is needed, and nobody waits for ever."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import (
    NOTHING,
    Request,
    Takes,
    alone,
    decide,
    devices,
    one_at_a_time,
    whole_node,
)
from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator
from ansible_collections.ailab.conformance.plugins.module_utils._platform.stock import Share, Stock

DRA, PLUGIN = Allocator.DRA, Allocator.DEVICE_PLUGIN
STOCK = Stock(free={DRA: {"a": 4, "b": 2}, PLUGIN: {"c": 2, "d": 2}}, chosen=DRA)


def given(*waiting: Takes, having: Mapping[str, tuple[Takes, Mapping[str, int]]] | None = None, stock: Stock = STOCK) -> dict[str, object]:
    """What each that waits is given, by its place."""
    before = [Request(id=name, takes=takes, share=Share(nodes=nodes)) for name, (takes, nodes) in (having or {}).items()]
    found = decide([*before, *(Request(id=str(place), takes=takes) for place, takes in enumerate(waiting))], stock)
    return {name: dict(share.nodes) for name, share in found.items()}


def test_a_share_is_of_the_tightest_node_that_has_it() -> None:
    assert given(devices(2)) == {"0": {"b": 2}}
    assert given(devices(3)) == {"0": {"a": 3}}
    assert given(devices(1), having={"x": (devices(1), {"b": 1})}) == {"0": {"b": 1}}


def test_what_no_node_has_is_made_of_whole_nodes() -> None:
    assert given(devices(5)) == {"0": {"a": 4, "b": 2}}
    assert given(devices(5), having={"x": (devices(1), {"b": 1})}) == {}
    assert given(devices(9)) == {}


def test_a_whole_node_is_the_smallest_that_nobody_uses() -> None:
    assert given(whole_node(least=2)) == {"0": {"b": 2}}
    assert given(whole_node(), having={"x": (devices(1), {"b": 1})}) == {"0": {"a": 4}}
    assert given(whole_node(), having={"x": (devices(1), {"b": 1}), "y": (devices(1), {"a": 1})}) == {}


def test_nodes_that_are_named_are_waited_for() -> None:
    wanted = Takes(hosts=("c", "d"), allocator=PLUGIN)
    assert given(wanted) == {"0": {"c": 2, "d": 2}}
    assert given(wanted, having={"x": (whole_node(allocator=PLUGIN), {"c": 2})}) == {}


def test_the_first_and_then_the_longest_start_first() -> None:
    basis = devices(4, seconds=1, first=True)
    assert given(devices(2, seconds=9), devices(2, seconds=8), devices(1, seconds=7), basis) == {"3": {"a": 4}, "0": {"b": 2}}


def test_nothing_overtakes_who_waits_for_a_node() -> None:
    having = {"x": (devices(1), {"a": 1})}
    assert given(devices(4, seconds=9), devices(1, seconds=1), having=having) == {"1": {"b": 1}}
    assert given(devices(4, seconds=9), devices(3, seconds=1), having=having) == {}


def test_what_takes_nothing_never_waits() -> None:
    assert given(NOTHING, devices(2), having={"x": (devices(4), {"a": 4}), "y": (devices(2), {"b": 2})}) == {"0": {}}


def test_one_allocators_devices_are_not_the_others() -> None:
    assert given(devices(2, allocator=PLUGIN), having={"x": (devices(4), {"a": 4}), "y": (devices(2), {"b": 2})}) == {"0": {"c": 2}}


def test_what_would_use_two_makes_do_with_one_where_there_is_no_more() -> None:
    one = Stock(free={DRA: {"a": 1}, PLUGIN: {}}, chosen=DRA)
    assert given(devices(2, least=1), stock=one) == {"0": {"a": 1}}


def test_a_lock_is_one_s_at_a_time() -> None:
    assert given(one_at_a_time("queue"), one_at_a_time("queue"), one_at_a_time("groups")) == {"0": {}, "2": {}}
    assert given(whole_node(allocator=PLUGIN, lock="queue"), having={"x": (one_at_a_time("queue"), {})}) == {}


def test_who_wants_to_be_alone_goes_last_and_is_left_alone() -> None:
    assert given(alone(), NOTHING) == {"1": {}}
    assert given(alone(), having={"x": (NOTHING, {})}) == {}
    assert given(alone(), alone()) == {"0": {}}
    assert given(NOTHING, devices(1), having={"x": (alone(), {})}) == {}


@pytest.mark.parametrize(
    ("takes", "possible"),
    [
        (devices(6), True),
        (devices(7), False),
        (whole_node(least=4, allocator=PLUGIN), True),
        (whole_node(least=5, allocator=PLUGIN), False),
        (NOTHING, True),
    ],
)
def test_more_than_there_is_is_not_possible(takes: Takes, *, possible: bool) -> None:
    assert takes.possible(STOCK) is possible


def test_what_is_possible_gets_its_share_when_nobody_has_any() -> None:
    for count in range(1, 7):
        for takes in (devices(count), whole_node(least=count)):
            assert sum(decide([Request(id="x", takes=takes)], STOCK)["x"].nodes.values()) >= count


def test_no_more_go_on_at_once_than_may() -> None:
    requests = [Request(id=str(number), takes=NOTHING) for number in range(5)]
    assert set(decide(requests, STOCK, at_once=3)) == {"0", "1", "2"}
    busy = [Request(id="x", takes=devices(1), share=Share(nodes={"a": 1})), Request(id="y", takes=NOTHING, share=Share(nodes={}))]
    assert set(decide([*busy, *requests], STOCK, at_once=3)) == {"0"}
    assert decide([*busy, *requests], STOCK, at_once=2) == {}


def test_what_somebody_at_work_asks_for_besides_needs_no_turn() -> None:
    busy = Request(id="x", takes=one_at_a_time("groups"), share=Share(nodes={}))
    more = Request(id="y", takes=Takes(hosts=("c",), allocator=PLUGIN))
    assert decide([busy, more], STOCK, at_once=1)["y"].nodes == {"c": 2}


def test_many_may_look_at_what_nobody_uses_meanwhile() -> None:
    looks = Takes(reads="groups", seconds=9)
    assert given(looks, looks, one_at_a_time("groups", seconds=1)) == {"0": {}, "1": {}}
    assert given(looks, having={"x": (one_at_a_time("groups"), {})}) == {}
    assert given(looks, one_at_a_time("groups"), having={"x": (looks, {})}) == {"0": {}}


def test_what_goes_in_turns_is_as_urgent_as_all_its_turns_together() -> None:
    turn = one_at_a_time("queue", seconds=4)
    requests = [Request(id=str(number), takes=takes) for number, takes in enumerate((devices(1, seconds=9), turn, turn, turn))]
    assert set(decide(requests, STOCK, at_once=1)) == {"1"}
    assert set(decide(requests[:3], STOCK, at_once=1)) == {"0"}
