# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A line for each check while its requirement goes on. A verification here writes a result and waits until the test has read its line."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine.codec import dump
from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import CheckResult, ControlResult, SubjectResult
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import ControlKind, Fidelity, Verdict

JSON = Any

OPENS = """
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        return super().run(tmp, task_vars) | {"changed": False} | dict(self._task.args)
"""
VERIFIES = """
import json
import time
from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_directory import RunDirectory

class ActionModule(ActionBase):
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        done = super().run(tmp, task_vars) | {"changed": False}
        run, args = RunDirectory(Path(self._task.args["run_dir"])), self._task.args
        for check in args["writes"]:
            run.write(run.result(check["id"]), json.dumps(check).encode()[: args.get("bytes")])
            time.sleep(args.get("pause", 0))
        for name in args.get("waits_for", []):
            limit = time.monotonic() + 60
            while not (run.path / name).exists():
                if time.monotonic() > limit:
                    return done | {"failed": True, "msg": f"nobody has read the line of {name}"}
                time.sleep(0.02)
        return done | args["result"]
"""
ACTIONS = {"conformance_run": OPENS} | dict.fromkeys(("verify_dra_support", "verify_gang_scheduling"), VERIFIES)


def result(identifier: str, requirement: str = "dra_support", **changes: Any) -> CheckResult:
    subject = SubjectResult(verdict=Verdict.PASS, reason="good", sentence="as it should", variant={})
    control = ControlResult(
        kind=ControlKind.LIVE,
        verdict=Verdict.FAIL,
        reason="expected",
        expected_reason="expected",
        flipped=True,
        sentence="as it must",
        variant={},
    )
    passed = CheckResult(
        id=identifier,
        requirement=requirement,
        title="t",
        asks="Does it?",
        broken_looks_like="It does not.",
        mandatory=True,
        verdict=Verdict.PASS,
        reason="good",
        sentence=f"{identifier} is as it should be",
        fidelity=Fidelity.SIMULATED,
        subject=subject,
        control=control,
        started="2026-11-22T05:30:00.000Z",
        seconds=12.345,
        sources=(),
    )
    return dataclasses.replace(passed, **changes)


def verification(*results: CheckResult, run: Path, requirement: str = "dra_support", **more: Any) -> JSON:
    """The task of a requirement that writes results, waits, and returns them with its verdict."""
    shown = [{key: dump(item)[key] for key in ("id", "verdict", "seconds", "sentence")} for item in results]
    said = {"verdict": "pass", "fidelity": "simulated", "sentence": "all passed", "requirement": {"id": requirement, "seconds": 20.0}}
    task = {"run_dir": str(run), "writes": [dump(item) for item in results], "result": {**said, "checks": shown}, **more}
    return {"name": f"verify {requirement}", f"verify_{requirement}": task}


def opening(run: Path) -> JSON:
    return {"name": "open", "conformance_run": {"run_id": run.name, "run_dir": str(run), "state": "opened"}}


def plays(*tasks: JSON) -> list[JSON]:
    return [{"hosts": "all", "connection": "local", "gather_facts": False, "tasks": list(tasks)}]


class Playing:
    """A playbook that goes on, and its output as it comes, through a pipe."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._kept = b""
        self.lines: list[str] = []

    def until(self, text: str, *, seconds: float = 60.0) -> str:
        """Reads lines up to one with a text; the line."""
        limit = time.monotonic() + seconds
        assert self._process.stdout is not None
        while True:
            while b"\n" in self._kept:
                line, _, self._kept = self._kept.partition(b"\n")
                self.lines.append(line.decode())
                if text in self.lines[-1]:
                    return self.lines[-1]
            assert select.select([self._process.stdout], [], [], max(0.0, limit - time.monotonic()))[0], self.lines
            more = os.read(self._process.stdout.fileno(), 4096)
            assert more, f"no line with {text!r}: {self.lines}"
            self._kept += more

    def rest(self) -> list[str]:
        """All lines, when it has ended well."""
        output, _ = self._process.communicate(timeout=120)
        self.lines += (self._kept + output).decode().splitlines()
        self._kept = b""
        assert self._process.returncode == 0, self.lines
        return self.lines


Start = Callable[..., Playing]


@pytest.fixture
def start(prepare: Callable[..., Any]) -> Iterator[Start]:
    with contextlib.ExitStack() as stack:

        def begin(what: Sequence[Mapping[str, Any]], **more: Any) -> Playing:
            command = prepare(what, actions=ACTIONS, **more)
            process = subprocess.Popen(
                command.words, cwd=command.folder, env=command.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return Playing(process)

        yield begin


@pytest.fixture
def run(tmp_path: Path) -> Path:
    path = tmp_path / "20261122T053000Z-1a2b3c"
    path.mkdir()
    return path


def with_id(lines: Sequence[str], identifier: str) -> list[str]:
    return [line for line in lines if f"{identifier}:" in line]


def test_a_line_comes_while_its_requirement_goes_on(start: Start, run: Path) -> None:
    slow = result("DRA-05", verdict=Verdict.FAIL, seconds=3.5, sentence="the pod saw another device")
    playing = start(plays(opening(run), verification(result("DRA-01"), slow, run=run, waits_for=["go-on"])))
    assert playing.until("DRA-01:") == "  dra_support DRA-01: pass in 12.3 s, DRA-01 is as it should be"
    assert playing.until("DRA-05:") == "  dra_support DRA-05: fail in 3.5 s, the pod saw another device"
    (run / "go-on").touch()
    lines = playing.rest()
    assert len(with_id(lines, "DRA-01")) == len(with_id(lines, "DRA-05")) == 1
    assert lines.index("  dra_support: pass in 20.0 s, all passed") > lines.index(with_id(lines, "DRA-05")[0])


def test_requirements_side_by_side(start: Start, run: Path) -> None:
    gang = result("GANG-04", "gang_scheduling")
    prove = {"hosts": "checks", "connection": "local", "gather_facts": False, "strategy": "free", "tasks": []}
    prove["tasks"] = [
        {**verification(result("DRA-01"), run=run, waits_for=["go-on-dra"]), "when": "inventory_hostname is search('^dra')"},
        {
            **verification(gang, run=run, requirement="gang_scheduling", waits_for=["go-on-gang"]),
            "when": "inventory_hostname is search('^gang')",
        },
    ]
    names = [f"{requirement}.lab" for requirement in ("dra_support", "gang_scheduling")]
    grow = {"name": "grow", "ansible.builtin.add_host": {"name": "{{ item }}", "groups": ["checks"]}, "loop": names}
    playing = start([*plays(opening(run), grow), prove])
    playing.until("GANG-04:")
    (run / "go-on-gang").touch()
    playing.until("gang_scheduling: pass")
    assert with_id(playing.lines, "DRA-01") == ["  dra_support DRA-01: pass in 12.3 s, DRA-01 is as it should be"]
    (run / "go-on-dra").touch()
    lines = playing.rest()
    assert with_id(lines, "GANG-04") == ["  gang_scheduling GANG-04: pass in 12.3 s, GANG-04 is as it should be"]
    assert len(with_id(lines, "DRA-01")) == 1


def test_the_same_check_on_two_clusters(start: Start, tmp_path: Path) -> None:
    tasks = [
        {"name": "open", "conformance_run": {"run_id": "{{ inventory_hostname }}", "run_dir": f"{tmp_path}/{{{{ inventory_hostname }}}}"}},
        verification(result("DRA-01"), run=tmp_path / "{{ inventory_hostname }}", waits_for=["go-on"]),
    ]
    playing = start(plays(*tasks), hosts="one,two,")
    for _ in range(2):
        playing.until("DRA-01:")
    for name in ("one", "two"):
        (tmp_path / name / "go-on").touch()
    lines = playing.rest()
    expected = [f"  dra_support on {name} DRA-01: pass in 12.3 s, DRA-01 is as it should be" for name in ("one", "two")]
    assert sorted(with_id(lines, "DRA-01")) == expected
    assert "  dra_support on two: pass in 20.0 s, all passed" in lines


def test_a_check_that_is_verified_again_has_a_line_again(start: Start, run: Path) -> None:
    again = result("DRA-01", verdict=Verdict.INCONCLUSIVE, sentence="another time")
    playing = start(plays(opening(run), verification(result("DRA-01"), run=run), verification(again, run=run, waits_for=["go-on"])))
    playing.until("DRA-01: inconclusive")
    (run / "go-on").touch()
    assert len(with_id(playing.rest(), "DRA-01")) == 2


@pytest.mark.parametrize("length", [0, 40])
def test_a_result_that_is_cut_off_is_told_when_the_task_ends(start: Start, run: Path, length: int) -> None:
    lines = start(plays(opening(run), verification(result("DRA-01"), run=run, bytes=length, pause=1))).rest()
    assert with_id(lines, "DRA-01") == ["  dra_support DRA-01: pass in 12.3 s, DRA-01 is as it should be"]
    assert not [line for line in lines if "lab_report" in line or "Traceback" in line]


@pytest.mark.parametrize("opened", [[{"run_id": "elsewhere", "run_dir": "/not/on/this/machine"}], []])
def test_a_run_that_cannot_be_followed_is_told_when_the_task_ends(start: Start, run: Path, opened: list[JSON]) -> None:
    opens = [{"name": "open", "conformance_run": each} for each in opened]
    lines = start(plays(*opens, verification(result("DRA-01"), run=run, pause=1))).rest()
    assert len(with_id(lines, "DRA-01")) == 1


def test_the_lines_can_be_switched_off(start: Start, run: Path) -> None:
    tasks = plays(opening(run), verification(result("DRA-01"), run=run, pause=1))
    lines = start(tasks, settings="[callback_lab_report]\nlive = false\n").rest()
    assert with_id(lines, "DRA-01") == []
    assert [line for line in lines if line.startswith("dra_support  pass ")]


@pytest.mark.parametrize("hidden", [True, "{{ true }}"])
def test_a_hidden_task_has_no_lines(start: Start, run: Path, hidden: object) -> None:
    lines = start(plays(opening(run), {**verification(result("DRA-01"), run=run, pause=1), "no_log": hidden})).rest()
    assert with_id(lines, "DRA-01") == []


def test_text_from_a_cluster_cannot_move_the_cursor(start: Start, run: Path) -> None:
    hostile = result("DRA-01", sentence="a\x1b[2Jb\r\nc")
    playing = start(plays(opening(run), verification(hostile, run=run, waits_for=["go-on"])))
    line = playing.until("DRA-01:")
    (run / "go-on").touch()
    assert "\x1b" not in line
    assert "\r" not in line
    assert len(with_id(playing.rest(), "DRA-01")) == 1


def test_workers_that_are_forked_while_lines_are_printed_come_to_their_end(start: Start, run: Path) -> None:
    # Whoever reads the output is slow, so that the thread is in the middle of a line whenever a worker is forked. The log has a lock, too.
    results = [result(f"DRA-{number:04}", sentence="a long line " * 160) for number in range(200)]
    names = ["dra_support", *(f"other{number}" for number in range(8))]
    busy = [
        {"name": f"busy {number}", "ansible.builtin.debug": {"msg": "hello"}, "when": "inventory_hostname != 'dra_support'"}
        for number in range(8)
    ]
    wait = {"writes": [], "run_dir": str(run), "waits_for": ["begun"], "result": {}}
    busy.insert(0, {"name": "wait", "verify_gang_scheduling": wait, "when": "inventory_hostname != 'dra_support'"})
    many = {**verification(*results, run=run, pause=0.02, waits_for=["go-on"]), "when": "inventory_hostname == 'dra_support'"}
    prove = {"hosts": ",".join(names), "connection": "local", "gather_facts": False, "strategy": "free", "tasks": [many, *busy]}
    settings = f"forks = 9\nlog_path = {run}/log\ndisplay_skipped_hosts = false\n"
    opens = {**plays({**opening(run), "run_once": True})[0], "hosts": "dra_support"}
    playing = start([opens, prove], hosts=f"{','.join(names)},", settings=settings)
    for item in results:
        playing.until(f"{item.id}:")
        (run / "begun").touch()
        time.sleep(0.005)
    (run / "go-on").touch()
    lines = playing.rest()
    assert [len(with_id(lines, item.id)) for item in results] == [1] * len(results)
    assert len([line for line in lines if '"msg": "hello"' in line]) == 64
