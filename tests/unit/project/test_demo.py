# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recording that `make demo` replays: whole, passed, judged the same by this version, and fit to be shown."""

from __future__ import annotations

import gzip
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import CHECKS, SUITES
from ansible_collections.ailab.conformance.plugins.module_utils._engine.replay import replay
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run import compose
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_directory import RunDirectory

from tests.loading import loaded

ROOM = ("Makefile", "ansible.cfg", ".ansible", "docs", "inventories", "playbooks")


@pytest.fixture(scope="module")
def recorder(root: Path) -> ModuleType:
    return loaded(root / "scripts/record_demo.py")


@pytest.fixture(scope="module")
def archive(root: Path) -> Path:
    path = root / "demo/recording.tar.gz"
    if not path.is_file():
        pytest.fail(
            "found no demo/recording.tar.gz, expected a recorded run: `make record-demo` after `make verify` on the lab", pytrace=False
        )
    return path


@pytest.fixture
def recorded(archive: Path, tmp_path: Path) -> RunDirectory:
    """The recorded run, unpacked."""
    (tmp_path / "recorded").mkdir()
    subprocess.run(["tar", "-xzf", archive, "-C", tmp_path / "recorded"], check=True)
    (run,) = (tmp_path / "recorded").iterdir()
    return RunDirectory(run)


@pytest.fixture
def room(root: Path, tmp_path: Path) -> Path:
    """A place that looks like the checkout to `make demo`, so that it writes there."""
    place = tmp_path / "room"
    place.mkdir()
    for name in ROOM:
        (place / name).symlink_to(root / name)
    return place


def make_demo(place: Path, archive: Path) -> subprocess.CompletedProcess[str]:
    """`make demo` after its set-up, called from elsewhere."""
    (place / "demo").mkdir()
    shutil.copy(archive, place / "demo/recording.tar.gz")
    # ARGS is what `make test` was given on its command line, and hands on.
    others = ("ANSIBLE_", "ARGS", "COLUMNS", "KUBECONFIG", "MAKE")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(others)}
    command = ["make", f"--directory={place}", "--old-file=setup-packages", f"BIN={Path(sys.executable).parent}", "demo"]
    elsewhere = place.parent
    return subprocess.run(
        command, cwd=elsewhere, env={**kept, "HOME": str(elsewhere), "PWD": str(elsewhere)}, capture_output=True, text=True, check=False
    )


def test_the_recorded_run_passed_whole_and_is_judged_the_same(recorded: RunDirectory) -> None:
    found = replay(recorded, checks=CHECKS)
    assert found.differences == (), "`make record-demo`: evaluators or documents are not those of the recording"
    verdicts = {item["id"]: item["verdict"] for item in json.loads(recorded.run_file.read_bytes())["requirements"]}
    assert verdicts == dict.fromkeys(SUITES, "pass")


def test_the_recording_is_what_the_recorder_makes_of_the_run(recorder: ModuleType, archive: Path, recorded: RunDirectory) -> None:
    made = recorder.recording(recorded, private=recorder.private_texts())
    # Compression may differ between versions of zlib, what is compressed may not.
    assert gzip.decompress(made) == gzip.decompress(archive.read_bytes())
    assert recorder.recording(recorded, private=[]) == made


def test_a_changed_observation_is_named_whichever_it_is(recorded: RunDirectory) -> None:
    places = sorted(recorded.checks.glob("*/observations.jsonl"))
    assert len(places) > 50
    for place in places:
        content = place.read_bytes()
        (at,) = re.findall(rb'"at":"(\d{4}-[^"]+)"', content)[-1:]
        first, _, last = content.rpartition(at)
        place.write_bytes(first + at.replace(b"20", b"21", 1) + last)
    differences = replay(recorded, checks=CHECKS).differences
    for place in places:
        name = place.relative_to(recorded.path).as_posix()
        assert any(sentence.startswith(f"{name} was changed") for sentence in differences), name
        assert any(sentence.startswith(f"{name} line ") for sentence in differences), name


@pytest.mark.slow
def test_make_demo_writes_the_report_and_shows_the_verdicts_of_the_recording(room: Path, archive: Path, recorded: RunDirectory) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = make_demo(room, archive)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 10
    run = json.loads(recorded.run_file.read_bytes())
    for requirement in run["requirements"]:
        row = next(line for line in done.stdout.splitlines() if line.startswith(f"{requirement['id']} "))
        assert row.split()[1:4] == [requirement["verdict"], requirement["fidelity"], f"{requirement['seconds']:.1f}"]
    assert f"The rehearsal for v1.34 is written: {room}/reports/demo/index.html" in done.stdout
    assert re.search(r"Playbook run took .* seconds", done.stdout)
    said = " ".join(done.stdout.split())
    tool = run["tool"]
    assert f"Recorded {run['started'].partition('.')[0]}Z by {tool['name']} {tool['version']} on Kubernetes v1.34" in said
    page = (room / "reports/demo/index.html").read_text(encoding="utf-8")
    assert run["started"] in page
    assert f"{tool['name']} {tool['version']}" in page
    for path in re.findall(r"docs/[\w./]+", said):
        assert (room / path.rstrip(".")).exists(), path


@pytest.mark.slow
def test_make_demo_names_what_is_not_as_it_was_recorded(room: Path, recorded: RunDirectory, tmp_path: Path) -> None:
    path = recorded.result("DRA-01")
    path.write_text(path.read_text(encoding="utf-8").replace('"pass"', '"fail"'), encoding="utf-8")
    forged = tmp_path / "forged.tar.gz"
    with tarfile.open(forged, "w:gz") as packed:
        packed.add(recorded.path, recorded.path.name)
    done = make_demo(room, forged)
    assert done.returncode != 0
    assert "checks/DRA-01/result.json was changed" in " ".join(done.stdout.split())
    assert not (room / "reports").exists()


@pytest.fixture
def small(tmp_path: Path) -> RunDirectory:
    """A sealed run of all requirements, none of which has a check."""
    run = RunDirectory(tmp_path / "runs/20261122T053000Z-1a2b3c")
    write(run, "opened.json", OPENED)
    write(run, "inventory/before.json", {"at": "2026-11-22T05:30:00.000Z", "objects": []})
    write(run, "inventory/after.json", {"at": "2026-11-22T05:30:30.000Z", "objects": []})
    run.ledger_file.touch()
    for identifier in SUITES:
        write(run, f"inventory/{identifier}.json", {})
        write(run, f"requirements/{identifier}.json", {**NOTHING, "id": identifier})
    return resealed(run)


OPENED = {
    "schema": 1,
    "run_id": "20261122T053000Z-1a2b3c",
    "started": "2026-11-22T05:30:00.000Z",
    "tool": {"name": "ailab.conformance", "version": "0.1.0"},
    "spec": {"kubernetes_version": "v1.34", "file": "AIConformance-1.34.yaml", "sha256": "0" * 64},
    "cluster": {"fingerprint": "sha256:00", "version": {"gitVersion": "v1.34.4"}, "nodes": [], "components": []},
    "settings": {},
}
NOTHING = {
    "category": "accelerators",
    "level": "MUST",
    "verdict": "not_run",
    "reason": "no-checks",
    "sentence": "",
    "fidelity": "real",
    "seconds": 0.0,
    "checks": [],
    "controls": {"total": 0, "flipped": 0},
}


def write(run: RunDirectory, name: str, value: Any) -> None:
    run.write(run.path / name, json.dumps(value).encode())


def resealed(run: RunDirectory) -> RunDirectory:
    document = compose(run)
    for requirement in document.requirements:
        run.write_document(run.requirement(requirement.id), requirement)
    run.write_document(run.run_file, document)
    run.seal()
    return run


def refusal(recorder: ModuleType, run: RunDirectory, *, private: tuple[str, ...] = ("vm7", "/srv/checkout")) -> str:
    with pytest.raises(recorder.RefusedError) as refused:
        recorder.recording(run, private=private)
    return str(refused.value)


def test_a_run_without_proof_is_refused_for_each_requirement_and_nothing_else(recorder: ModuleType, small: RunDirectory) -> None:
    assert [line.partition(": ")[2].split(" (")[0] for line in refusal(recorder, small).splitlines()] == [
        f"{identifier} came out as not_run" for identifier in sorted(SUITES)
    ]


def test_a_run_that_is_not_sealed_is_refused(recorder: ModuleType, small: RunDirectory) -> None:
    small.manifest_file.unlink()
    assert "expected a sealed run" in refusal(recorder, small)


def test_a_run_that_lacks_a_requirement_is_refused(recorder: ModuleType, small: RunDirectory) -> None:
    small.requirement("gang_scheduling").unlink()
    small.clean_up("gang_scheduling").unlink()
    assert "gang_scheduling was not verified" in refusal(recorder, resealed(small))


def test_a_run_that_was_changed_is_refused(recorder: ModuleType, small: RunDirectory) -> None:
    small.run_file.write_bytes(small.run_file.read_bytes().replace(b"not_run", b"pass"))
    assert "run.json was changed" in refusal(recorder, small)
    small.seal()
    assert "run.json is not what follows from the observations" in refusal(recorder, small)


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"api_token": "hunter2"}, "a secret"),
        ({"log": "Authorization: Bearer abc.def"}, "a secret"),
        ({"object": {"kind": "Secret", "data": {"x": "eA=="}}}, "a secret"),
        ({"text": "current-context: admin"}, "a piece of a kubeconfig"),
        ({"text": "client-certificate-data: LS0t"}, "a piece of a kubeconfig"),
        ({"file": '{"apiVersion": "v1", "kind": "Config"}'}, "a piece of a kubeconfig"),
        ({"path": "/home/somebody/x"}, "a place or the name of this machine"),
        ({"path": "/srv/checkout/playbooks"}, "a place or the name of this machine"),
        ({"host": "made on vm7"}, "a place or the name of this machine"),
    ],
)
def test_what_must_not_be_published_is_refused(recorder: ModuleType, small: RunDirectory, settings: Any, found: str) -> None:
    write(small, "opened.json", {**OPENED, "settings": settings})
    said = refusal(recorder, resealed(small))
    assert f"opened.json: found {found}" in said
    assert f"run.json: found {found}" in said
    assert not any(str(value) in said for value in settings.values())


@pytest.mark.parametrize("harmless", ["kind: ConfigMap", "/var/lib/kubelet/plugins", "vm77", "/srv/checkouts", "tokens"])
def test_what_everybody_may_read_is_not_refused(recorder: ModuleType, small: RunDirectory, harmless: str) -> None:
    write(small, "opened.json", {**OPENED, "settings": {"text": harmless}})
    assert "opened.json: found" not in refusal(recorder, resealed(small))


def test_a_recording_that_is_too_large_is_refused(
    recorder: ModuleType, recorded: RunDirectory, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "_MOST_BYTES", archive.stat().st_size // 2)
    assert "bytes when packed, expected at most" in refusal(recorder, recorded, private=())


def test_the_newest_sealed_run_with_all_requirements_is_taken(recorder: ModuleType, small: RunDirectory, capsys: Any) -> None:
    runs = small.path.parent
    unsealed, partial = (RunDirectory(runs / f"{name}-1a2b3c") for name in ("20261123T053000Z", "20261124T053000Z"))
    for later in (unsealed, partial):
        shutil.copytree(small.path, later.path)
    unsealed.manifest_file.unlink()
    partial.requirement("dra_support").unlink()
    assert recorder.newest(runs).path == small.path
    shutil.rmtree(small.path)
    with pytest.raises(recorder.RefusedError, match="found 1 sealed runs .* none with all 9 requirements"):
        recorder.newest(runs)
    target = runs / "recording.tar.gz"
    assert recorder.main([str(unsealed.path), f"--to={target}"]) == 1
    assert "expected a sealed run" in capsys.readouterr().err
    assert not target.exists()


def test_the_command_writes_the_archive_and_tells_its_size(
    recorder: ModuleType, recorded: RunDirectory, archive: Path, tmp_path: Path, capsys: Any
) -> None:
    target = tmp_path / "new/recording.tar.gz"
    assert recorder.main([str(recorded.path), f"--to={target}"]) == 0
    assert gzip.decompress(target.read_bytes()) == gzip.decompress(archive.read_bytes())
    assert f"{target.stat().st_size:,} bytes, run {recorded.path.name}" in capsys.readouterr().out
