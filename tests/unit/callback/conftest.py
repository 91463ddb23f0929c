# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real playbooks with the callback on, whose verifications are action plugins of the test."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """An ansible-playbook that can be run."""

    words: Sequence[str]
    folder: Path
    environment: Mapping[str, str]


class Prepare(Protocol):
    def __call__(
        self,
        plays: Sequence[Mapping[str, Any]],
        *,
        actions: Mapping[str, str],
        hosts: str = "localhost,",
        settings: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> Command: ...


@pytest.fixture
def prepare(tmp_path: Path, root: Path) -> Prepare:
    """Writes a playbook with action plugins beside it, by name, and a configuration."""

    def write(
        plays: Sequence[Mapping[str, Any]],
        *,
        actions: Mapping[str, str],
        hosts: str = "localhost,",
        settings: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> Command:
        (tmp_path / "action_plugins").mkdir(exist_ok=True)
        for name, source in actions.items():
            (tmp_path / "action_plugins" / f"{name}.py").write_text(source, encoding="utf-8")
        (tmp_path / "play.yml").write_text(yaml.safe_dump(list(plays)), encoding="utf-8")
        (tmp_path / "ansible.cfg").write_text(
            f"[defaults]\ncollections_path = {root}/.ansible/collections\ncallbacks_enabled = ailab.conformance.lab_report\n{settings}",
            encoding="utf-8",
        )
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "COLUMNS", "NO_COLOR"))}
        return Command(
            words=[str(Path(sys.executable).with_name("ansible-playbook")), "-i", hosts, "play.yml"],
            folder=tmp_path,
            environment={**kept, "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"), **(environment or {})},
        )

    return write
