# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run proves about a requirement, and about itself."""

from __future__ import annotations

from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import Requirement

from .escape import one_line
from .sealed import Evidence


def unverified(requirement: Requirement, source: Evidence) -> str | None:
    """Why a requirement may not be called implemented after this run; None when it may.

    A requirement is implemented when its verdict is pass, every check that the checklist's coverage names as mandatory is among the
    passed ones with a control that flipped, and the clean-up left nothing (design section 4.2).
    """
    result = source.result(requirement.id)
    if result is None:
        return "not verified in this run"
    if result.verdict is not Verdict.PASS:
        return f"the verdict is {result.verdict}"
    if result.leaked:
        return f"the clean-up left objects behind: {len(result.leaked)}"
    if requirement.coverage is None:
        return "this release of the collection does not know which checks decide it"
    checks = source.of(result)
    unflipped = [check.result.id for check in checks if check.result.mandatory and not check.result.control.flipped]
    if unflipped:
        return f"no negative control flipped for {', '.join(unflipped)}"
    passed = {check.result.id for check in checks if check.result.verdict is Verdict.PASS}
    missing = [identifier for identifier in requirement.coverage.mandatory if identifier not in passed]
    return f"not fully verified, without a passed check {', '.join(missing)}" if missing else None


def server_version(source: Evidence) -> str:
    """The API server's version as it names itself, e.g. ``v1.34.4``."""
    return one_line(str(source.run.cluster.version.get("gitVersion", "unknown")))
