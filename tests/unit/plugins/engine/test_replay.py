# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a replay says: whether the files or the judgement are others, and what of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import CHECKS
from ansible_collections.ailab.conformance.plugins.module_utils._engine.replay import replay
from ansible_collections.ailab.conformance.plugins.module_utils._engine.replay_task import replay_entry
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_directory import RunDirectory

RESULT = "checks/DRA-05/result.json is not what follows from the observations: "


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda text: text.replace('"verdict": "pass"', '"verdict": "fail"'), "it says fail"),
        (lambda text: text.replace('"title": "', '"title": "once '), "it has the same verdict, but another title"),
        (lambda text: text.replace('"mandatory": true', '"mandatory": false'), "it has the same verdict, but another mandatory"),
        (lambda text: f"{text}\n", "it has the same verdict, but another layout"),
    ],
    ids=["verdict", "title", "mandatory", "layout"],
)
def test_what_an_older_version_judged_otherwise_is_told_apart_from_what_was_changed(
    sealed: RunDirectory, edit: Callable[[str], str], said: str
) -> None:
    result = sealed.result("DRA-05")
    result.write_text(edit(result.read_text()))
    found = replay(sealed, checks=CHECKS)
    assert [sentence.partition(":")[0] for sentence in found.changed] == ["checks/DRA-05/result.json was changed"]
    assert task_says(sealed).startswith(f"run {found.run_id} is not what it was sealed as: checks/DRA-05/result.json was changed")
    sealed.seal()
    found = replay(sealed, checks=CHECKS)
    assert found.changed == ()
    assert found.otherwise[0].startswith(RESULT + said)
    assert task_says(sealed).startswith(f"run {found.run_id} is as it was sealed, but this version judges it otherwise: {RESULT}")


def task_says(run: RunDirectory) -> str:
    outcome = replay_entry(CHECKS).run({"run_dir": str(run.path)}, check_mode=False)
    assert outcome.failed
    return outcome.message
