# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An API for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.lab.kkp_api.running import Api, running


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """A running API with a preset."""
    with running(tmp_path) as found:
        found.preset()
        yield found
