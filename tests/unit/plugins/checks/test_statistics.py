# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exact binomial test, and what a client's output is taken for."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.inference.binomial import p_value
from ansible_collections.ailab.conformance.plugins.module_utils._checks.inference.prompts import Reply
from ansible_collections.ailab.conformance.plugins.module_utils._checks.inference.traffic import Answers


def exact(hits: int, trials: int, probability: Fraction) -> float:
    """The definition, in fractions."""
    chances = [math.comb(trials, count) * probability**count * (1 - probability) ** (trials - count) for count in range(trials + 1)]
    return float(sum(chance for chance in chances if chance <= chances[hits]))


@pytest.mark.parametrize(("hits", "trials"), [(0, 1), (1, 1), (2, 10), (0, 20), (7, 20), (100, 500), (70, 500), (131, 500)])
def test_p_values_are_those_of_the_definition(hits: int, trials: int) -> None:
    assert p_value(hits, trials, 0.2) == pytest.approx(exact(hits, trials, Fraction(1, 5)), rel=1e-6)


def test_what_is_most_likely_is_certain() -> None:
    assert p_value(100, 500, 0.2) == pytest.approx(1.0)


def test_five_hundred_requests_tell_80_20_from_its_neighbours() -> None:
    assert min(p_value(hits, 500, 0.2) for hits in range(72, 130)) > 0.001
    assert max(p_value(hits, 500, 0.2) for hits in (50, 150, 250, 400, 0, 500)) < 0.001


def test_ten_requests_tell_nothing() -> None:
    assert min(p_value(hits, 10, 0.2) for hits in (1, 2, 3, 4)) > 0.05


@pytest.mark.parametrize(("hits", "trials", "probability"), [(-1, 10, 0.2), (11, 10, 0.2), (0, 0, 0.2), (1, 10, 0.0), (1, 10, 1.0)])
def test_impossible_arguments_are_refused(hits: int, trials: int, probability: float) -> None:
    with pytest.raises(ValueError, match="expected"):
        p_value(hits, trials, probability)


def test_answers_are_counted_by_status_and_text() -> None:
    answers = Answers.read({"stdout": "v1 200\nv2 200\nv1 200\nno healthy upstream 503\n 000\n", "ended": True})
    assert answers is not None
    assert (answers.total, answers.good, answers.of("v1"), answers.status(503), answers.status(0)) == (5, 3, 2, 1, 1)
    assert "2 x 200 v1" in str(answers)


@pytest.mark.parametrize("fact", [None, {}, "v1 200", {"stdout": "v1 200\n"}, {"stdout": "v1 200\n", "ended": False}, {"ended": True}, []])
def test_a_client_that_did_not_end_has_sent_nothing(fact: object) -> None:
    assert Answers.read(fact) is None


def test_a_reply_of_a_stream() -> None:
    text = 'data: {"model":"alpha"}\n\ndata: {"model":"alpha"}\n\ndata: [DONE]\n\n\nANSWERED 200 0.050 1.250\n'
    assert Reply.read({"stdout": text}) == Reply(status=200, model="alpha", events=3, first=0.05, total=1.25)


@pytest.mark.parametrize("fact", [None, {}, [], {"stdout": None}, {"stdout": "data: x"}, "text"])
def test_no_reply_is_an_empty_one(fact: object) -> None:
    assert Reply.read(fact) == Reply()
