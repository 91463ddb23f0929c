# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be there before a question can be asked."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError


class PreconditionError(ConformanceError):
    """Something that a check needs is not there. The check is not run; it has not failed (rule C4).

    Attributes:
        name: of the precondition, in kebab case: ``free-device``.
    """

    def __init__(self, *, name: str, what: str, found: str, expected: str, look: str) -> None:
        super().__init__(what=what, found=found, expected=expected, look=look)
        self.name = name
