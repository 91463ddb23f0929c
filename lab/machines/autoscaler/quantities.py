# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amounts and durations as Kubernetes writes them."""

from __future__ import annotations

import re
from fractions import Fraction

_QUANTITY = re.compile(r"([+-]?[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?[0-9]+)?")
_BINARY = {name: Fraction(1024) ** power for power, name in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|h|m|s)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def quantity(text: str | int) -> Fraction:
    """An amount (resource.Quantity): 500m is a half, 1Ki is 1024.

    Raises:
        ValueError: it is none.
    """
    match = _QUANTITY.fullmatch(str(text))
    if not match:
        raise ValueError(f"{text!r} is no quantity such as 2, 500m or 4Gi")
    number, unit = Fraction(match[1]), match[2]
    if not unit:
        return number
    if unit in _BINARY:
        return number * _BINARY[unit]
    exponent = _DECIMAL.get(unit)
    return number * Fraction(10) ** (int(unit[1:]) if exponent is None else exponent)


def seconds(text: str) -> float:
    """A duration as Go writes it, e.g. 2m30s, in seconds.

    Raises:
        ValueError: it is none.
    """
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is no duration such as 30s or 2m30s")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
