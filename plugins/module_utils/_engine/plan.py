# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a piece of work needs of the accelerators, and who gets which of them. Pure.

A share is taken from one node, or is made of whole nodes: the pods of a check are kept to the nodes of its share, and on a node that is
shared only by count, no pod can take what somebody else counts on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass

from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator
from ansible_collections.ailab.conformance.plugins.module_utils._platform.stock import NO_SHARE, Share, Stock

Nodes = Mapping[str, int]
"""Accelerators by node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Takes:
    """What a piece of work needs while it runs.

    Attributes:
        most: how many accelerators it would use.
        least: how many it cannot do without.
        whole: whether it uses up nodes, so that nobody else may have an accelerator there.
        hosts: the nodes that it uses up, where it has to be these.
        allocator: who gives them out; None for the one that the run has chosen.
        lock: name of something else that only one at a time may use; empty for nothing.
        reads: name of such a thing that it only looks at: several may, but nobody may use it meanwhile. Empty for nothing.
        alone: whether nothing else of the whole run may go on beside it, because it disturbs what others rest on. It goes last.
        story: name of a scenario that several play together: who comes first takes for all. Empty for none.
        seconds: how long it typically runs; only for the order, so that a long one does not start last.
        first: whether the others rest on it; it starts before them, so that a platform that is broken there is found out there.
    """

    most: int = 0
    least: int = 0
    whole: bool = False
    hosts: tuple[str, ...] = ()
    allocator: Allocator | None = None
    lock: str = ""
    reads: str = ""
    alone: bool = False
    story: str = ""
    seconds: float = 0.0
    first: bool = False

    def possible(self, stock: Stock) -> bool:
        """Whether there are enough when nobody else has any."""
        return self.least <= sum(stock.of(self.allocator).values())


NODE_GROUPS = "node-groups"
"""Lock of who makes a group of nodes grow: who looks at all nodes would see one that comes or goes."""

NOTHING = Takes(seconds=10.0)
"""Runs whatever else runs."""


def devices(
    count: int,
    *,
    least: int | None = None,
    allocator: Allocator | None = None,
    story: str = "",
    lock: str = "",
    seconds: float = 5.0,
    first: bool = False,
) -> Takes:
    """So many accelerators, or at least so many; of one node where one has them."""
    least = count if least is None else least
    return Takes(most=count, least=least, allocator=allocator, story=story, lock=lock, seconds=seconds, first=first)


def whole_node(*, least: int = 1, allocator: Allocator | None = None, lock: str = "", seconds: float = 5.0) -> Takes:
    """All accelerators of a node that has so many, or of as many nodes as it takes: for what uses up all that there is somewhere."""
    return Takes(most=least, least=least, whole=True, allocator=allocator, lock=lock, seconds=seconds)


def one_at_a_time(lock: str, *, story: str = "", seconds: float = 5.0) -> Takes:
    """No accelerators, but nobody else who uses the same thing."""
    return Takes(lock=lock, story=story, seconds=seconds)


def alone(*, seconds: float = 5.0) -> Takes:
    """No accelerators, but nothing else of the run at the same time."""
    return Takes(alone=True, seconds=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Somebody who needs something, or has it.

    Attributes:
        id: unique in the run.
        takes: what.
        share: what it was given; None while it waits.
    """

    id: str
    takes: Takes
    share: Share | None = None


def decide(requests: Sequence[Request], stock: Stock, *, at_once: int = 0) -> dict[str, Share]:
    """Who of those that wait gets what now.

    What others rest on comes first, then the longest, then who asked first; what uses one thing in turns counts as long as all of them
    that wait for it, since that is how long it takes until the last is done. Who does not get enough keeps a node from those after it, so
    that nobody waits for ever. What takes nothing never waits, except for who is alone.

    Args:
        requests: of the whole run, in the order in which they came.
        stock: what there is when nobody has anything.
        at_once: how many may have something, or nothing but a turn, at the same time; 0 for any number. What one who has it asks for
            besides (nodes by name) does not count, or it might wait for itself.
    """
    having = [request for request in requests if request.share is not None]
    waiting = [request for request in requests if request.share is None]
    if any(request.takes.alone for request in having):
        return {}
    locked = {request.takes.lock for request in having if request.takes.lock}
    looked_at = {request.takes.reads for request in having if request.takes.reads}
    left = {allocator: dict(nodes) for allocator, nodes in stock.free.items()}
    for request in having:
        for node, count in (request.share or NO_SHARE).nodes.items():
            left[request.takes.allocator or stock.chosen][node] -= count
    given: dict[str, Share] = {}
    turns = at_once - sum(not request.takes.hosts for request in having) if at_once else len(waiting)
    queues: defaultdict[str, float] = defaultdict(float)
    for request in waiting:
        queues[request.takes.lock] += request.takes.seconds

    def urgency(request: Request) -> tuple[bool, float, float]:
        takes = request.takes
        return takes.first, queues[takes.lock] if takes.lock else takes.seconds, takes.seconds

    for request in sorted(waiting, key=urgency, reverse=True):
        takes = request.takes
        if takes.alone or takes.lock in locked | looked_at or takes.reads in locked or (turns <= 0 and not takes.hosts):
            continue
        found = _share(takes, total=stock.of(takes.allocator), left=left.get(takes.allocator or stock.chosen, {}))
        if found is not None:
            given[request.id] = found
            turns -= not takes.hosts
            locked |= {takes.lock} - {""}
            looked_at |= {takes.reads} - {""}
    lonely = next((request for request in waiting if request.takes.alone), None)
    if lonely is not None and not given and not having:
        return {lonely.id: NO_SHARE}
    return given


def _share(takes: Takes, *, total: Nodes, left: MutableMapping[str, int]) -> Share | None:
    """Takes what it needs of what is left, or keeps what it waits for."""
    if not takes.most and not takes.hosts:
        return NO_SHARE
    choices = list(_candidates(takes, total=total))
    if not choices:
        return None
    fitting = [choice for choice in choices if all(left.get(node, 0) >= count for node, count in choice.items())]
    if fitting:
        # The tightest, so that room for wider ones stays.
        share = min(fitting, key=lambda choice: (sum(left.get(node, 0) for node in choice), sorted(choice)))
    else:
        share = max(choices, key=lambda choice: sum(left.get(node, 0) for node in choice))
    for node, count in share.items():
        left[node] = left.get(node, 0) - count if fitting else 0
    return Share(nodes=dict(share)) if fitting else None


def _candidates(takes: Takes, *, total: Nodes) -> Iterator[dict[str, int]]:
    """The shares that would do, single nodes first."""
    if takes.hosts:
        yield {node: total.get(node, 0) for node in takes.hosts}
        return
    for count in range(takes.most, takes.least - 1, -1):
        enough = [node for node, number in total.items() if number >= count]
        if enough:
            yield from ({node: total[node] if takes.whole else count} for node in sorted(enough, key=lambda name: (total[name], name)))
            return
        if sum(total.values()) >= count:
            yield dict(_gathered(total, count))
            return


def _gathered(total: Nodes, count: int) -> Iterable[tuple[str, int]]:
    """Whole nodes, the largest first, until they have so many together."""
    for node in sorted(total, key=lambda name: (-total[name], name)):
        if count <= 0:
            return
        yield node, total[node]
        count -= total[node]
