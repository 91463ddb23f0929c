# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What evaluators of every requirement say in the same words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding, Verdict

_UUID = re.compile(r"UUID:\s*([A-Za-z0-9][A-Za-z0-9-]*)")


def inconclusive(reason: str, sentence: str) -> Finding:
    """The observations do not decide."""
    return Finding(Verdict.INCONCLUSIVE, reason, sentence)


def failure(reason: str, sentence: str) -> Finding:
    """The platform is not as it should be."""
    return Finding(Verdict.FAIL, reason, sentence)


def success(reason: str, sentence: str) -> Finding:
    """The platform is as it should be."""
    return Finding(Verdict.PASS, reason, sentence)


def not_run(reason: str, sentence: str) -> Finding:
    """Something that the question needs is not there."""
    return Finding(Verdict.NOT_RUN, reason, sentence)


def listed(names: Iterable[str]) -> str:
    """Names for a sentence; ``none`` when there are none."""
    return ", ".join(names) or "none"


def counted(number: int, noun: str) -> str:
    """How many of a thing for a sentence: ``1 node``, ``2 nodes``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def uuids_in(text: str) -> list[str]:
    """The UUIDs in the output of ``nvidia-smi -L``, in its order."""
    return _UUID.findall(text)
