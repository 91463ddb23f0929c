# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upload."""

from __future__ import annotations
from collections.abc import Sequence

from lab.images.oci import BuiltImage


def push(registry: str, images: Sequence[BuiltImage]) -> list[str]:
    return []
