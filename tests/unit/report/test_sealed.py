# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report is made of the run that was sealed, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._report.sealed import RunDirectoryError, read

MakeRun = Callable[..., Path]


def test_a_sealed_run_is_read_whole(make_run: MakeRun) -> None:
    evidence = read(make_run())
    (requirement,) = evidence.run.requirements
    assert [check.result.id for check in evidence.of(requirement)] == list(requirement.checks)
    assert [observation.name for observation in evidence.checks["DRA-05"].observations] == ["claim", "uuid", "claim"]
    assert evidence.result("dra_support") is requirement
    assert evidence.result("gang_scheduling") is None
    assert len(evidence.manifest_sha256) == 64


def test_a_changed_file_is_named(make_run: MakeRun) -> None:
    run = make_run()
    path = run / "checks" / "DRA-05" / "observations.jsonl"
    path.write_bytes(path.read_bytes().replace(b"gpu-0", b"gpu-1"))
    with pytest.raises(
        RunDirectoryError, match=r"checks/DRA-05/observations\.jsonl was changed after the run was sealed: sha256 \w+, manifest"
    ):
        read(run)


def test_a_removed_file_is_named(make_run: MakeRun) -> None:
    run = make_run()
    (run / "checks" / "DRA-02" / "result.json").unlink()
    with pytest.raises(RunDirectoryError, match=r"checks/DRA-02/result\.json is in manifest\.sha256 but not there"):
        read(run)


def test_an_added_file_is_named(make_run: MakeRun) -> None:
    run = make_run()
    (run / "checks" / "DRA-02" / "more.json").touch()
    with pytest.raises(RunDirectoryError, match=r"checks/DRA-02/more\.json is not in manifest\.sha256"):
        read(run)


def test_a_link_is_no_evidence(make_run: MakeRun) -> None:
    run = make_run()
    (run / "run.json").rename(run.parent / "elsewhere.json")
    (run / "run.json").symlink_to(run.parent / "elsewhere.json")
    with pytest.raises(RunDirectoryError, match=r"run\.json is no plain file"):
        read(run)


def test_a_run_that_was_never_sealed_is_refused(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run()
    (run / "manifest.sha256").unlink()
    for path in (run, tmp_path / "nowhere"):
        with pytest.raises(RunDirectoryError, match=r"cannot read .*manifest\.sha256: No such file.*state: sealed"):
            read(path)


def test_a_malformed_manifest_is_told_by_its_line(make_run: MakeRun) -> None:
    run = make_run()
    (run / "manifest.sha256").write_text("nonsense\n", encoding="utf-8")
    with pytest.raises(RunDirectoryError, match=r"line 1 is 'nonsense', expected '<sha256>"):
        read(run)


def test_a_manifest_cannot_reach_outside(make_run: MakeRun) -> None:
    run = make_run()
    with (run / "manifest.sha256").open("a", encoding="utf-8") as file:
        file.write(f"{'0' * 64}  ../../etc/hostname\n")
    with pytest.raises(RunDirectoryError, match=r"etc/hostname is in manifest\.sha256 but not there"):
        read(run)


def test_documents_of_another_schema_are_refused(make_run: MakeRun, reseal: Callable[[Path], None]) -> None:
    run = make_run()
    document = json.loads((run / "run.json").read_bytes())
    (run / "run.json").write_text(json.dumps({**document, "schema": 99}), encoding="utf-8")
    reseal(run)
    with pytest.raises(RunDirectoryError, match=r"run\.json has schema 99, expected 1"):
        read(run)


def test_a_malformed_document_is_told_by_its_key(make_run: MakeRun, reseal: Callable[[Path], None]) -> None:
    run = make_run()
    path = run / "checks" / "DRA-05" / "result.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "verdict": "green"}), encoding="utf-8")
    reseal(run)
    with pytest.raises(RunDirectoryError, match=r"DRA-05/result\.json\.verdict is 'green', expected one of pass, fail"):
        read(run)


def test_a_check_without_result_is_named(make_run: MakeRun, reseal: Callable[[Path], None]) -> None:
    run = make_run()
    (run / "checks" / "DRA-05" / "result.json").unlink()
    reseal(run)
    with pytest.raises(RunDirectoryError, match=r"names the check DRA-05, but there is no .*DRA-05/result\.json"):
        read(run)


def test_a_result_of_another_check_is_refused(make_run: MakeRun, reseal: Callable[[Path], None]) -> None:
    run = make_run()
    (run / "checks" / "DRA-06" / "result.json").write_bytes((run / "checks" / "DRA-05" / "result.json").read_bytes())
    reseal(run)
    with pytest.raises(RunDirectoryError, match=r"is the result of DRA-05 of dra_support, expected DRA-06"):
        read(run)


def test_an_observation_that_is_no_json_is_told_by_its_line(make_run: MakeRun, reseal: Callable[[Path], None]) -> None:
    run = make_run()
    path = run / "checks" / "DRA-05" / "observations.jsonl"
    path.write_bytes(path.read_bytes() + b"{\n")
    reseal(run)
    with pytest.raises(RunDirectoryError, match=r"observations\.jsonl, line 4 is not JSON"):
        read(run)
