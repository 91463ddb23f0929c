# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of several roles need."""

from __future__ import annotations

import shutil

import pytest

from lab.images.builder import Builder
from lab.images.catalog import PLATFORM
from lab.settings import Settings


@pytest.fixture(scope="session")
def helm() -> str:
    """Helm as the lab has built it, or of this machine."""
    built = Builder(cache=Settings().cache_dir, progress=lambda _: None).made(PLATFORM).programs.get("helm")
    found = str(built) if built and built.is_file() else shutil.which("helm")
    if found is None:
        pytest.skip("no helm: the lab builds it with the platform")
    return found
