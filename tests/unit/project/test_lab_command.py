# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab of a few lines stands in for the real one: what counts is what is said on which stream, and the exit status."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._lab.command import Answer, LabCommandError, arguments, call


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "lab").mkdir()
    return tmp_path


def run(project: Path, program: str, *, stdin: object = None) -> tuple[Answer, list[str]]:
    (project / "lab" / "__main__.py").write_text(f"import json, sys\n{program}")
    shown: list[str] = []
    return call(arguments(["up"], check=False), project_dir=project, stdin=stdin, progress=shown.append), shown


def test_the_command_is_asked_for_json() -> None:
    assert arguments(["up", "--cluster", "lab"], check=False) == [sys.executable, "-m", "lab", "up", "--cluster", "lab", "--json"]


def test_check_mode_becomes_an_option() -> None:
    assert arguments(["down"], check=True)[-1] == "--check"


def test_the_last_line_of_stdout_is_the_answer(project: Path) -> None:
    answer, _ = run(project, """print("for people"); print(json.dumps({"changed": True, "cluster": "lab"})); print()""")
    assert answer.result() == {"changed": True, "answer": {"changed": True, "cluster": "lab"}, "progress": []}


def test_progress_comes_line_by_line_and_stays_in_the_result(project: Path) -> None:
    answer, shown = run(project, """print("one", file=sys.stderr); print("two", file=sys.stderr); print("{}")""")
    assert shown == ["one", "two"]
    assert answer.result()["progress"] == ["one", "two"]


def test_standard_input_is_json(project: Path) -> None:
    pools = [{"name": "gpu", "replicas": 2}]
    answer, _ = run(project, """print(json.dumps({"read": json.load(sys.stdin)}))""", stdin=pools)
    assert answer.document["read"] == pools


def test_a_large_input_that_nobody_reads_does_not_block(project: Path) -> None:
    answer, _ = run(project, """print("{}")""", stdin="x" * 1_000_000)
    assert answer.result()["changed"] is False


def test_more_progress_and_output_than_a_pipe_holds_does_not_block(project: Path) -> None:
    answer, shown = run(project, """print("y" * 200_000); print("x\\n" * 100_000, file=sys.stderr); print("{}")""")
    assert len(shown) == 100_001
    assert answer.document == {}


def test_a_refusal_fails_with_the_labs_own_words(project: Path) -> None:
    answer, _ = run(project, """print(json.dumps({"failed": True, "msg": "the user: found uid 1000, expected root"})); sys.exit(1)""")
    assert answer.result()["failed"] is True
    assert answer.result()["msg"] == "the user: found uid 1000, expected root"


def test_a_bad_status_is_a_failure_whatever_the_answer_says(project: Path) -> None:
    answer, _ = run(project, """print(json.dumps({"changed": True})); sys.exit(3)""")
    assert "ended with status 3" in answer.result()["msg"]


def test_a_crash_shows_the_end_of_what_it_said(project: Path) -> None:
    with pytest.raises(LabCommandError, match=r"(?s)`python -m lab up --json` ended with status 1.*ZeroDivisionError"):
        run(project, "1 / 0")


@pytest.mark.parametrize("line", ["", "[1, 2]", "not json", "null"])
def test_an_answer_that_is_no_object_is_none(project: Path, line: str) -> None:
    with pytest.raises(LabCommandError, match="expected 0 and a JSON object as the last line of stdout"):
        run(project, f"print({json.dumps(line)})")


def test_a_directory_without_a_lab_is_told(tmp_path: Path) -> None:
    with pytest.raises(LabCommandError, match="found no package 'lab'"):
        call(arguments(["up"], check=False), project_dir=tmp_path, progress=print)


def test_an_interrupted_task_takes_the_command_with_it(project: Path) -> None:
    (project / "lab" / "__main__.py").write_text("import sys, time\nprint('begun', file=sys.stderr, flush=True)\ntime.sleep(600)")

    def interrupted(line: str) -> None:
        raise KeyboardInterrupt(line)

    with pytest.raises(KeyboardInterrupt, match="begun"):
        call(arguments(["up"], check=False), project_dir=project, progress=interrupted)
