# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quantities as the API writes them, and what is none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._platform.quantity import parse


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", 0),
        ("80Gi", 80 * 1024**3),
        ("85899345920", 80 * 1024**3),
        ("1.5Ki", 1536),
        ("2k", 2000),
        ("1500m", Decimal("1.5")),
        ("2e3", 2000),
        ("1E", 10**18),
        (".5", Decimal("0.5")),
        ("-1", -1),
        ("1Ei", 2**60),
    ],
)
def test_a_quantity_is_exact(text: str, amount: int | Decimal) -> None:
    assert parse(text) == amount


@pytest.mark.parametrize("text", ["", "Gi", "1 Gi", "1gi", "1Kii", "0x10", "much", None, 80, [], {}, "1e", "NaN", "Infinity"])
def test_anything_else_is_none(text: Any) -> None:
    assert parse(text) is None
