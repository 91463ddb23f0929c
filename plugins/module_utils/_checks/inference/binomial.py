# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a count is what chance makes of a probability. Pure, exact, no approximation."""

from __future__ import annotations

from math import exp, lgamma, log


def p_value(hits: int, trials: int, probability: float) -> float:
    """Two-sided p-value of a number of hits: the chance of any number that is at most as likely as this one.

    Args:
        hits: how many of the trials hit, from 0 to ``trials``.
        trials: how many there were, at least 1.
        probability: of a hit, between 0 and 1.

    Raises:
        ValueError: an argument is out of its range.
    """
    if not (trials >= 1 and 0 <= hits <= trials and 0 < probability < 1):
        raise ValueError(f"{hits} hits of {trials} trials at {probability}: expected 0 to trials hits and a probability between 0 and 1")
    chances = [_chance(count, trials, probability) for count in range(trials + 1)]
    # Equal chances that were computed on different ways may differ in the last digits.
    return min(1.0, sum(chance for chance in chances if chance <= chances[hits] * (1 + 1e-7)))


def _chance(hits: int, trials: int, probability: float) -> float:
    ways = lgamma(trials + 1) - lgamma(hits + 1) - lgamma(trials - hits + 1)
    return exp(ways + hits * log(probability) + (trials - hits) * log(1 - probability))
