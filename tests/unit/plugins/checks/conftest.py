# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observations that were recorded on a real cluster with simulated devices, well and broken in several ways; and a place to make some."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import CHECKS
from ansible_collections.ailab.conformance.plugins.module_utils._engine import judge, record
from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding, Side
from ansible_collections.ailab.conformance.plugins.module_utils._platform.identity import Identity
from ansible_collections.ailab.conformance.plugins.module_utils._platform.ledger import FileLedger
from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import Settings
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workspace import Workspace

JSON = Any
RECORDED = Path(__file__).parent / "recorded"


class Recording:
    """The facts of one side of a check, to be changed and judged."""

    def __init__(self, check: str, seen: Seen) -> None:
        self._check = check
        self.seen = seen

    def judged(self) -> Finding:
        """What the check's evaluator says."""
        return judge.side(CHECKS[self._check], self.seen)

    def edited(self, fact: str, edit: Callable[[JSON], JSON]) -> Recording:
        """The same with all facts of a name changed in place, or replaced by what the edit returns."""
        facts = []
        for item in self.seen.facts:
            data = copy.deepcopy(item.data)
            if item.name == fact:
                changed = edit(data)
                data = data if changed is None else changed
            facts.append(replace(item, data=data))
        return Recording(self._check, Seen(facts))

    def rewritten(self, start: str, edit: Callable[[str], str]) -> Recording:
        """The same with the text in all facts whose names begin so: bodies of answers, output of clients."""
        facts = []
        for item in self.seen.facts:
            texts = {key: edit(item.data[key]) for key in ("body", "stdout") if item.name.startswith(start) and key in item.data}
            facts.append(replace(item, data={**item.data, **texts}) if texts else item)
        return Recording(self._check, Seen(facts))

    def also(self, fact: str, data: JSON) -> Recording:
        """The same with one more fact at the end."""
        return Recording(self._check, Seen([*self.seen.facts, replace(self.seen.facts[-1], name=fact, request=None, data=data)]))

    def without(self, *names: str) -> Recording:
        """The same without facts of some names."""
        return Recording(self._check, Seen(item for item in self.seen.facts if item.name not in names))

    def upto(self, name: str) -> Recording:
        """What had been seen before the first fact of a name."""
        position = next(number for number, item in enumerate(self.seen.facts) if item.name == name)
        return Recording(self._check, Seen(self.seen.facts[:position]))


Sides = Mapping[Side, Recording]


def sides(state: str, check: str) -> Sides:
    """Both sides of a check as recorded in a state of the cluster."""
    path = RECORDED / state / f"{check}.jsonl"
    return {side: Recording(check, seen) for side, seen in record.parse(path.read_bytes(), where=str(path)).items()}


@pytest.fixture
def recorded() -> Callable[..., Recording]:
    """A recording by check, side and state: ``recorded("DRA-05")``."""

    def load(check: str, *, side: Side = Side.SUBJECT, state: str = "good") -> Recording:
        return sides(state, check)[side]

    return load


@pytest.fixture
def both() -> Callable[..., Sides]:
    """Both sides of a recording."""

    def load(check: str, *, state: str = "good") -> Sides:
        return sides(state, check)

    return load


@pytest.fixture
def spaces(cluster: Any, tmp_path: Path) -> Iterator[Callable[..., Workspace]]:
    """Workspaces on the test's own API server: ``spaces("ai_inference", own)``. They end with the test."""
    with contextlib.ExitStack() as stack:

        def enter(requirement: str, own: object) -> Workspace:
            settings = Settings(
                device_class="c",
                probe_image="i",
                tolerations=(),
                accelerator_label="a=b",
                accelerator_resource="r",
                namespace_prefix="ai-conformance",
                start_seconds=2.0,
                settle_seconds=0.1,
                cleanup_seconds=2.0,
                own=own,
            )
            identity = Identity(run_id="20261122T053000Z-1a2b3c", requirement=requirement)
            ledger = FileLedger(tmp_path / "ledger")
            return stack.enter_context(Workspace(cluster=cluster, identity=identity, settings=settings, ledger=ledger))

        yield enter
