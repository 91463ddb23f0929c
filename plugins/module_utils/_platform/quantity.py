# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quantities of the Kubernetes API. Source: API reference, "Quantity"."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


def parse(text: Any) -> Decimal | None:
    """The amount that a quantity stands for, exactly; None for what is no quantity.

    Args:
        text: e.g. ``80Gi``, ``1500m``, ``2e3``.
    """
    match = _QUANTITY.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    number, exponent, suffix = match.groups()
    if suffix in _BINARY:
        return Decimal(number) * (1 << _BINARY[suffix])
    if suffix:
        return Decimal(number).scaleb(_DECIMAL[suffix])
    return Decimal(number + (exponent or ""))
