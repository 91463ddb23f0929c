# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report is made of the run that was sealed, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._report.sealed import EvidenceError, read

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
        EvidenceError, match=r"not as it was sealed: checks/DRA-05/observations\.jsonl was changed: its sha256 is \w+, the manifest has"
    ):
        read(run)


def test_a_removed_file_is_named(make_run: MakeRun) -> None:
    run = make_run()
    (run / "checks" / "DRA-02" / "result.json").unlink()
    with pytest.raises(EvidenceError, match=r"checks/DRA-02/result\.json was removed"):
        read(run)


def test_an_added_file_is_named(make_run: MakeRun) -> None:
    run = make_run()
    (run / "checks" / "DRA-02" / "more.json").touch()
    with pytest.raises(EvidenceError, match=r"checks/DRA-02/more\.json was added"):
        read(run)


def test_a_run_that_was_never_sealed_is_refused(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run()
    (run / "manifest.sha256").unlink()
    for path in (run, tmp_path / "nowhere"):
        with pytest.raises(EvidenceError, match=r"no manifest .*conformance_run with state sealed"):
            read(path)


def test_a_malformed_manifest_is_no_seal(make_run: MakeRun) -> None:
    run = make_run()
    (run / "manifest.sha256").write_text("nonsense\n", encoding="utf-8")
    with pytest.raises(EvidenceError, match="no manifest"):
        read(run)


def test_a_manifest_cannot_reach_outside(make_run: MakeRun) -> None:
    run = make_run()
    with (run / "manifest.sha256").open("a", encoding="utf-8") as file:
        file.write(f"{'0' * 64}  ../../etc/hostname\n")
    with pytest.raises(EvidenceError, match=r"etc/hostname was removed"):
        read(run)


def test_documents_of_another_schema_are_refused(make_run: MakeRun, reseal: Callable[[Path], None]) -> None:
    run = make_run()
    document = json.loads((run / "run.json").read_bytes())
    (run / "run.json").write_text(json.dumps({**document, "schema": 99}), encoding="utf-8")
    reseal(run)
    with pytest.raises(EvidenceError, match=r"run\.json has schema 99, expected 1"):
        read(run)


def test_a_malformed_document_is_told_by_its_key(make_run: MakeRun, reseal: Callable[[Path], None]) -> None:
    run = make_run()
    path = run / "checks" / "DRA-05" / "result.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "verdict": "green"}), encoding="utf-8")
    reseal(run)
    with pytest.raises(EvidenceError, match=r"DRA-05/result\.json\.verdict is 'green', expected one of pass, fail"):
        read(run)


def test_a_check_without_result_is_named(make_run: MakeRun, reseal: Callable[[Path], None]) -> None:
    run = make_run()
    (run / "checks" / "DRA-05" / "result.json").unlink()
    reseal(run)
    with pytest.raises(EvidenceError, match=r"names the check DRA-05, but there is no .*DRA-05/result\.json"):
        read(run)


def test_a_result_of_another_check_is_refused(make_run: MakeRun, reseal: Callable[[Path], None]) -> None:
    run = make_run()
    (run / "checks" / "DRA-06" / "result.json").write_bytes((run / "checks" / "DRA-05" / "result.json").read_bytes())
    reseal(run)
    with pytest.raises(EvidenceError, match=r"is the result of DRA-05 of dra_support, expected DRA-06"):
        read(run)


def test_an_observation_that_is_no_json_is_told_by_its_line(make_run: MakeRun, reseal: Callable[[Path], None]) -> None:
    run = make_run()
    path = run / "checks" / "DRA-05" / "observations.jsonl"
    path.write_bytes(path.read_bytes() + b"{\n")
    reseal(run)
    with pytest.raises(EvidenceError, match=r"observations\.jsonl, line 4 is not JSON"):
        read(run)
