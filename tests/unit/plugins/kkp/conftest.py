# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A KKP for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.plugins.kkp.harness import Bench, bench


@pytest.fixture
def user() -> Iterator[Bench]:
    """Somebody who uses a KKP of the test's own."""
    with bench() as standing:
        yield standing
