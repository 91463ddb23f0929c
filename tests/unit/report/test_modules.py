# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``conformance_report`` and ``product_lint`` as a playbook uses them, run by the real ansible-playbook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Fidelity, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._report.arguments import LINT_ARGUMENTS, REPORT_ARGUMENTS
from ansible_collections.ailab.conformance.plugins.modules import conformance_report, product_lint

MakeRun = Callable[..., Path]
Play = Callable[..., list[dict[str, Any]]]
REPORT, LINT = "ailab.conformance.conformance_report", "ailab.conformance.product_lint"


@pytest.fixture
def play(tmp_path: Path, root: Path) -> Play:
    """Runs tasks in one play and returns their results in order; a failed task does not end the play."""

    def run(*tasks: Mapping[str, Any], options: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        playbook, settings = tmp_path / "play.yml", tmp_path / "ansible.cfg"
        settings.write_text(
            f"[defaults]\ncollections_path = {root}/.ansible/collections\nstdout_callback = ansible.posix.json\nnocolor = true\n",
            encoding="utf-8",
        )
        named = [{"name": f"task {n}", "ignore_errors": True, **task} for n, task in enumerate(tasks)]
        playbook.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": named}]), encoding="utf-8")
        done = subprocess.run(
            [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", *options, str(playbook)],
            cwd=root,
            env={**os.environ, "ANSIBLE_CONFIG": str(settings)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        output = json.loads(done.stdout)
        return [task["hosts"]["localhost"] for task in output["plays"][0]["tasks"]]

    return run


def test_a_report_is_written_once_and_then_left_alone(make_run: MakeRun, play: Play, tmp_path: Path) -> None:
    task = {REPORT: {"run_dir": str(make_run()), "dest": str(tmp_path / "report")}}
    checked, first, second = play({**task, "check_mode": True}, task, task, options=("--diff",))
    assert checked["changed"]
    assert [file["path"] for file in checked["files"]] == [file["path"] for file in first["files"]]
    assert first["changed"]
    assert not second["changed"]
    assert second["diff"] == []
    assert {diff["before"] for diff in checked["diff"]} == {""}
    assert first["diff"][0]["after"] == (tmp_path / "report" / "PRODUCT.yaml").read_text(encoding="utf-8")
    assert first["rehearsal"]
    assert first["report"] == str(tmp_path / "report" / "index.html")
    assert [row["verdict"] for row in first["requirements"] if row["requirement"] == "dra_support"] == ["pass"]
    assert "R1" in {finding["rule"] for finding in first["findings"]}


def test_check_mode_writes_nothing(make_run: MakeRun, play: Play, tmp_path: Path) -> None:
    play({REPORT: {"run_dir": str(make_run()), "dest": str(tmp_path / "report")}}, options=("--check",))
    assert not (tmp_path / "report").exists()


def test_what_cannot_be_reported_is_refused_with_the_reason(make_run: MakeRun, play: Play, tmp_path: Path) -> None:
    good, bad, dest = make_run(), make_run(), tmp_path / "report"
    (bad / "checks" / "DRA-05" / "result.json").write_bytes(b"{}")

    def report(**arguments: Any) -> Mapping[str, Any]:
        return {REPORT: {"run_dir": str(good), "dest": str(dest), **arguments}}

    results = play(
        report(run_dir=str(bad)),
        report(dest=str(good / "report")),
        report(target="submission"),
        report(kubernetes_version="v1.32"),
        report(product={"vendor": "x"}),
        report(product={"website_url": "works"}),
        report(requirements=[{"id": "dra_support"}, {"id": "dra_support"}]),
        report(run_dir=str(tmp_path / "nowhere")),
    )
    reasons = [
        "checks/DRA-05/result.json was changed: its sha256 is",
        "lies in the run directory, which must stay as it was sealed",
        "has fidelity simulated, and a submission needs real",
        "there is no checklist for Kubernetes 'v1.32'",
        "Unsupported parameters",
        "product.website_url is 'works', expected an address",
        "requirements names dra_support twice",
        "conformance_run with state sealed",
    ]
    for result, reason in zip(results, reasons, strict=True):
        assert result["failed"]
        assert result["msg"].count(reason) == 1, result["msg"]
    assert not dest.exists()


def test_somebodys_file_stays_unless_forced(make_run: MakeRun, play: Play, tmp_path: Path) -> None:
    dest = tmp_path / "report"
    dest.mkdir()
    (dest / "PRODUCT.yaml").write_text("mine\n", encoding="utf-8")
    task = {"run_dir": str(make_run(fidelity=Fidelity.REAL)), "dest": str(dest)}
    refused, forced = play({REPORT: task}, {REPORT: {**task, "force": True}})
    assert "PRODUCT.yaml was not written by a report" in refused["msg"]
    assert forced["changed"]


def test_the_linter_fails_unless_its_findings_are_accepted(make_run: MakeRun, play: Play, tmp_path: Path) -> None:
    dest = tmp_path / "report"
    _, strict, lenient, absent = play(
        {REPORT: {"run_dir": str(make_run()), "dest": str(dest)}},
        {LINT: {"paths": [str(dest)]}},
        {LINT: {"paths": [str(dest / "PRODUCT.yaml")], "accept": ["R1", "A3", "A9"]}},
        {LINT: {"paths": [str(tmp_path / "nowhere")]}},
    )
    assert strict["failed"]
    assert "error R1 spec.accelerators.dra_support.notes: found the mark 'REHEARSAL, NOT A SUBMISSION'" in strict["msg"]
    assert not lenient.get("failed", False)
    assert {finding["rule"] for finding in lenient["findings"] if finding["accepted"]} == {"R1", "A3", "A9"}
    assert not strict["changed"]
    assert "expected a PRODUCT.yaml or its folder" in absent["msg"]


def test_a_run_is_compared_with_the_one_before_it(make_run: MakeRun, play: Play, tmp_path: Path) -> None:
    runs, dest = tmp_path / "all", tmp_path / "report"
    now, before = make_run(verdicts={"DRA-05": Verdict.FAIL}), make_run()
    runs.mkdir()
    before.rename(runs / "20261121T053000Z-9f8e7d")
    before = runs / "20261121T053000Z-9f8e7d"
    task = {"run_dir": str(now), "dest": str(dest)}
    named, alone, both, damaged, merged, no_day = play(
        {REPORT: {**task, "compare_with": str(before)}},
        {REPORT: task},
        {REPORT: {**task, "compare_with": str(before), "compare_in": str(runs)}},
        {REPORT: {**task, "compare_with": str(tmp_path / "nowhere")}},
        {REPORT: {**task, "merged": "2025-11-01"}},
        {REPORT: {**task, "merged": "last autumn"}},
    )
    assert named["compared_with"] == "20261122T053000Z-1a2b3c"
    assert named["no_longer_proven"] == ["dra_support"]
    assert str(dest / "comparison.md") in {file["path"] for file in named["files"]}
    assert (alone["compared_with"], alone["no_longer_proven"]) == (None, [])
    assert alone["removed"] == [str(dest / "comparison.md")]
    assert "mutually exclusive" in both["msg"]
    assert "nowhere" in damaged["msg"]
    assert merged["certified_until"] == "2026-11-01"
    assert "certified until 2026-11-01" in (dest / "PRODUCT.md").read_text(encoding="utf-8")
    assert "expected the day of the merge as YYYY-MM-DD" in no_day["msg"]


def test_the_linter_watches_over_a_certificate(make_run: MakeRun, play: Play, tmp_path: Path) -> None:
    dest, accepted = tmp_path / "report", ["R1", "A3", "A9"]
    today = datetime.now(UTC).date()
    old, fresh = today.replace(year=today.year - 2, day=1), today.replace(day=1)
    _, ended, holds = play(
        {REPORT: {"run_dir": str(make_run()), "dest": str(dest)}},
        {LINT: {"paths": [str(dest)], "accept": accepted, "merged": str(old)}},
        {LINT: {"paths": [str(dest)], "accept": accepted, "merged": str(fresh)}},
    )
    assert "error V1 the certificate: found a merge on" in ended["msg"]
    assert not holds.get("failed", False)
    assert holds["certificate"]["expires"] == str(fresh.replace(year=fresh.year + 1))
    assert holds["certificate"]["days_left"] > 300


def documented(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a documentation in the form of an argument spec."""
    kept = ("type", "required", "choices", "default", "elements")
    return {
        name: {key: option[key] for key in kept if key in option}
        | ({"options": documented(option["suboptions"])} if "suboptions" in option else {})
        for name, option in options.items()
    }


@pytest.mark.parametrize(("module", "arguments"), [(conformance_report, REPORT_ARGUMENTS), (product_lint, LINT_ARGUMENTS)])
def test_documentation_and_arguments_agree(module: Any, arguments: Mapping[str, Any]) -> None:
    assert documented(yaml.safe_load(module.DOCUMENTATION)["options"]) == arguments


@pytest.mark.parametrize(("module", "arguments"), [(conformance_report, REPORT_ARGUMENTS), (product_lint, LINT_ARGUMENTS)])
def test_examples_use_what_is_documented(module: Any, arguments: Mapping[str, Any]) -> None:
    for task in yaml.safe_load(module.EXAMPLES):
        assert set(task[f"ailab.conformance.{module.__name__.rpartition('.')[2]}"]) <= set(arguments)


def test_every_returned_key_is_documented(make_run: MakeRun, play: Play, tmp_path: Path) -> None:
    reported, linted = play(
        {REPORT: {"run_dir": str(make_run()), "dest": str(tmp_path / "report")}},
        {LINT: {"paths": [str(tmp_path / "report")]}},
    )
    common = {"changed", "failed", "msg", "action", "diff", "exception"}
    for module, result in ((conformance_report, reported), (product_lint, linted)):
        returned = yaml.safe_load(module.RETURN)
        keys = {key for key in result if not key.startswith("_")} - common
        assert keys == set(returned)
        for name in ("requirements", "findings"):
            if "contains" in returned.get(name, {}):
                assert set(returned[name]["contains"]) == set(result[name][0])
