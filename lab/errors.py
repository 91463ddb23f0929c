# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error that the lab shows to people."""

from __future__ import annotations


class LabError(Exception):
    """Something that the user can act on.

    Args:
        what: what the lab was doing or needs, a noun phrase.
        found: what is there instead.
        expected: what would have been right.
        see: where to look or what to do next.
    """

    def __init__(self, what: str, *, found: str, expected: str, see: str) -> None:
        self.what, self.found, self.expected, self.see = what, found, expected, see
        super().__init__(f"{what}: found {found}; expected {expected}. {see}")
