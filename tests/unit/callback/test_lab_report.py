# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback in real plays, fed by an action plugin that answers as a verification does."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Play = Callable[..., str]

ACTION = """
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        return super().run(tmp, task_vars) | {"changed": False} | dict(self._task.args)
"""

PASSED = {
    "verdict": "pass",
    "fidelity": "simulated",
    "requirement": {"id": "dra_support", "seconds": 12.345},
    "sentence": "2 of 2 checks passed, and both controls failed",
    "checks": [
        {"id": "DRA-01", "verdict": "pass", "seconds": 0.25, "sentence": "four resources are served"},
        {"id": "DRA-05", "verdict": "pass", "seconds": 3.5, "sentence": "the pod saw the device that was allocated"},
    ],
}
REPORTED = {
    "report": "report/index.html",
    "kubernetes_version": "v1.34",
    "rehearsal": True,
    "requirements": [
        {"requirement": "dra_support", "verdict": "pass", "fidelity": "simulated", "seconds": 12.3, "sentence": "from the report"},
        {"requirement": "ai_inference", "verdict": None, "fidelity": None, "seconds": None, "sentence": "not verified in this run"},
    ],
}


@pytest.fixture
def play(prepare: Callable[..., Any]) -> Play:
    """Runs tasks with the callback on and returns the output from the first line that is the callback's, or all of it.

    The output of the verification's own tasks is left out: the stdout callback prints nothing but its recap here.
    """

    def run(*tasks: Mapping[str, Any], hosts: str = "localhost,", settings: str = "", **environment: str) -> str:
        named = [{"name": f"task {n}", "ignore_errors": True, **task} for n, task in enumerate(tasks)]
        plays = [{"hosts": "all", "connection": "local", "gather_facts": False, "tasks": named}]
        actions = dict.fromkeys(("verify_dra_support", "verify_gang_scheduling", "conformance_report"), ACTION)
        command = prepare(plays, actions=actions, hosts=hosts, settings=settings, environment=environment)
        done = subprocess.run(command.words, cwd=command.folder, env=command.environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert b"lab_report" not in done.stderr, done.stderr
        return done.stdout.decode()

    return run


def after_recap(output: str) -> list[str]:
    """What stands below the stdout callback's recap."""
    lines = output.split("PLAY RECAP", 1)[1].splitlines()[2:]
    return [line for line in lines if line]


def test_the_table_and_the_report_stand_below_the_recap(play: Play) -> None:
    assert after_recap(play({"verify_dra_support": PASSED}, {"conformance_report": REPORTED})) == [
        "requirement  verdict  fidelity   seconds  in one sentence",
        "───────────  ───────  ─────────  ───────  ──────────────────────────────────────────────",
        "dra_support  pass     simulated     12.3  2 of 2 checks passed, and both controls failed",
        "The rehearsal for v1.34 is written: report/index.html",
    ]


def test_every_check_has_its_line_when_its_task_has_ended(play: Play) -> None:
    output = play({"verify_dra_support": PASSED}, {"ansible.builtin.debug": {"msg": "next task"}})
    lines = output.split("next task", 1)[0].splitlines()
    assert "  dra_support DRA-01: pass in 0.2 s, four resources are served" in lines
    assert "  dra_support DRA-05: pass in 3.5 s, the pod saw the device that was allocated" in lines
    assert "  dra_support: pass in 12.3 s, 2 of 2 checks passed, and both controls failed" in lines


@pytest.mark.parametrize(("check_mode", "why"), [(True, "in check mode nothing is made"), (False, "not asked for")])
def test_withheld_checks_are_named(play: Play, *, check_mode: bool, why: str) -> None:
    withheld = {**PASSED, "verdict": "not_run", "withheld": ["DRA-05", "DRA-06"]}
    lines = play({"verify_dra_support": withheld, "check_mode": check_mode}).splitlines()
    assert f"  dra_support DRA-05, DRA-06: withheld, {why}" in lines
    assert not [line for line in play({"verify_dra_support": {**PASSED, "withheld": []}}).splitlines() if "withheld" in line]


def test_the_lines_can_be_switched_off(play: Play) -> None:
    output = play({"verify_dra_support": PASSED}, settings="[callback_lab_report]\nlive = false\n")
    assert "DRA-01:" not in output
    assert "dra_support  pass " in output


def test_a_verdict_that_was_not_accepted_is_in_the_table(play: Play) -> None:
    failed = {**PASSED, "verdict": "fail", "failed": True, "msg": "not accepted", "sentence": "DRA-05: the pod saw another device"}
    table = after_recap(play({"verify_dra_support": failed}))
    assert table[2].split() == ["dra_support", "fail", "simulated", "12.3", "DRA-05:", "the", "pod", "saw", "another", "device"]


def test_a_verification_that_broke_is_an_error_with_its_message(play: Play) -> None:
    table = after_recap(play({"verify_gang_scheduling": {"failed": True, "msg": "no kubeconfig at /nowhere"}}))
    assert table[2] == "gang_scheduling  error    -               -  no kubeconfig at /nowhere"


def test_several_clusters_are_told_apart(play: Play) -> None:
    table = after_recap(play({"verify_dra_support": PASSED}, hosts="one,two,"))[2:]
    assert [line.split("  ")[0] for line in table if line.startswith("dra_support")] == ["dra_support on one", "dra_support on two"]


def test_a_report_alone_brings_its_own_rows(play: Play) -> None:
    table = after_recap(play({"conformance_report": REPORTED}))
    assert table[2].endswith("from the report")
    assert not [line for line in table if "ai_inference" in line]


def test_reports_of_several_clusters_are_told_apart(play: Play) -> None:
    table = after_recap(play({"conformance_report": REPORTED}, hosts="one,two,"))[2:]
    assert [line.split("  ")[0] for line in table if line.startswith("dra_support")] == ["dra_support on one", "dra_support on two"]
    assert [line for line in table if line.startswith("The rehearsal")] == ["The rehearsal for v1.34 is written: report/index.html"] * 2


def test_the_table_has_the_order_of_the_checklist(play: Play) -> None:
    def verified(requirement: str) -> dict[str, Any]:
        return {**PASSED, "requirement": {"id": requirement, "seconds": 1.0}}

    finished = ({"verify_gang_scheduling": verified("gang_scheduling")}, {"verify_dra_support": verified("dra_support")})
    assert [line.split()[0] for line in after_recap(play(*finished))[2:]] == ["gang_scheduling", "dra_support"]
    listed = {
        **REPORTED,
        "requirements": [{**REPORTED["requirements"][0], "requirement": name} for name in ("dra_support", "gang_scheduling")],
    }
    table = after_recap(play(*finished, {"conformance_report": listed}))
    assert [line.split()[0] for line in table[2:4]] == ["dra_support", "gang_scheduling"]
    assert "from the report" not in " ".join(table)


def test_a_play_without_verification_prints_nothing_more(play: Play) -> None:
    assert after_recap(play({"ansible.builtin.debug": {"msg": "hello"}}, {"verify_dra_support": {"skipped": True}})) == []


def test_a_hidden_result_stays_hidden(play: Play) -> None:
    output = play({"verify_dra_support": PASSED, "no_log": True})
    assert "four resources" not in output
    assert after_recap(output) == []


def test_a_narrow_terminal_gets_no_long_line(play: Play) -> None:
    output = play({"verify_dra_support": PASSED}, COLUMNS="40")
    assert after_recap(output)[:3] == ["dra_support", "    pass (simulated, 12.3 s)", "    2 of 2 checks passed, and both"]
    assert "  dra_support DRA-05: pass in 3.5 s,\n    the pod saw the device that was\n    allocated\n" in output


def test_colour_is_used_only_where_ansible_uses_it(play: Play) -> None:
    assert "\x1b[" not in play({"verify_dra_support": PASSED})
    assert "\x1b[0;32mpass   \x1b[0m" in play({"verify_dra_support": PASSED}, ANSIBLE_FORCE_COLOR="1")


def test_a_log_file_gets_the_table_without_colour(play: Play, tmp_path: Path) -> None:
    play({"verify_dra_support": PASSED}, ANSIBLE_FORCE_COLOR="1", ANSIBLE_LOG_PATH=str(tmp_path / "log"))
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert "dra_support  pass     simulated     12.3" in log
    assert "\x1b[" not in log


def test_an_output_without_unicode_gets_ascii(play: Play) -> None:
    output = play({"verify_dra_support": {**PASSED, "sentence": "Kueue – see"}}, PYTHONIOENCODING="ascii:strict")
    lines = after_recap(output)
    assert lines[1].startswith("-----------  -------")
    assert lines[2].endswith("Kueue \\u2013 see")


def test_text_from_a_cluster_cannot_move_the_cursor(play: Play) -> None:
    hostile = {**PASSED, "sentence": "\x1b[2J\x1b[1;1Hall passed\r\n", "checks": [{**PASSED["checks"][0], "sentence": "a\x1b[2Jb"}]}
    lines = [line for line in play({"verify_dra_support": hostile}).splitlines() if "DRA-01" in line or line.startswith("dra_support")]
    assert lines
    assert not any("\x1b" in line for line in lines)
