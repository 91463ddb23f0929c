# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs are opened, sealed, cleaned up and judged again; whatever was touched is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import CHECKS, KINDS_MADE, SUITES
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ForbiddenError
from ansible_collections.ailab.conformance.plugins.module_utils._engine import snapshot
from ansible_collections.ailab.conformance.plugins.module_utils._engine.codec import dump, load, read
from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import CheckResult, Run
from ansible_collections.ailab.conformance.plugins.module_utils._engine.inputs import Opened
from ansible_collections.ailab.conformance.plugins.module_utils._engine.replay import replay
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run import clean_run, open_run, seal_run
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_directory import RunDirectory, RunDirectoryError
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Fidelity, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verification import verify
from ansible_collections.ailab.conformance.plugins.module_utils._platform.identity import RUN_ID, RUN_LABEL
from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import Settings


def test_opening_records_the_cluster(run: RunDirectory) -> None:
    opened = run.opened()
    assert RUN_ID.fullmatch(opened.run_id)
    assert run.path.name == opened.run_id
    assert opened.cluster.version["gitVersion"] == "v1.34.4"
    assert opened.settings == {"who": "a test"}
    assert {item["kind"] for item in json.loads(run.before_file.read_bytes())["objects"]} >= {"Namespace"}
    assert not run.is_sealed


def test_two_runs_never_share_a_folder(cluster: Cluster, run: RunDirectory) -> None:
    other, _ = open_run(cluster, runs=run.path.parent, spec=run.opened().spec, settings={}, component_namespaces=[], made=KINDS_MADE)
    assert other.path != run.path


def test_a_run_that_cannot_be_opened_leaves_nothing(api: Any, cluster: Cluster, tmp_path: Path, run: RunDirectory) -> None:
    api.intercept = lambda _method, path, _body: (
        (403, {"reason": "Forbidden", "message": "no"}) if path.startswith("/api/v1/nodes") else None
    )
    with pytest.raises(ForbiddenError):
        open_run(cluster, runs=tmp_path / "other", spec=run.opened().spec, settings={}, component_namespaces=[], made=KINDS_MADE)
    assert not (tmp_path / "other").exists()


def test_a_sealed_run_is_complete_and_typed(sealed: RunDirectory) -> None:
    document = read(Run, sealed.run_file)
    assert document.run_id == sealed.path.name
    assert [item.verdict for item in document.requirements] == [Verdict.PASS]
    assert document.fidelity is Fidelity.REAL
    assert document.inventory.leaked == ()
    assert document.inventory.before["Namespace"] == document.inventory.after["Namespace"]
    for check in document.requirements[0].checks:
        result = read(CheckResult, sealed.result(check))
        assert load(CheckResult, dump(result)) == result
    listed = {line.split("  ", 1)[1] for line in sealed.manifest_file.read_text().splitlines()}
    assert {"run.json", "opened.json", "ledger.jsonl", "checks/DRA-05/observations.jsonl", "requirements/dra_support.json"} <= listed
    assert "manifest.sha256" not in listed


def test_a_sealed_run_is_closed(cluster: Cluster, settings: Settings, sealed: RunDirectory) -> None:
    with pytest.raises(RunDirectoryError, match="a sealed run"):
        verify(cluster, suite=SUITES["dra_support"], settings=settings, run=sealed)
    with pytest.raises(RunDirectoryError, match="a sealed run"):
        seal_run(cluster, sealed, made=KINDS_MADE)


def test_a_replay_comes_to_the_same_bytes(sealed: RunDirectory) -> None:
    found = replay(sealed, checks=CHECKS)
    assert (found.checks, found.differences) == (len(SUITES["dra_support"].checks), ())


def edit(name: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    def apply(run: Path) -> None:
        path = run / name
        text = change(path.read_text())
        assert text != path.read_text()
        path.write_text(text)

    return apply


@pytest.mark.parametrize(
    ("tamper", "named"),
    [
        (edit("checks/DRA-05/observations.jsonl", lambda text: text.replace("GPU-0", "GPU-1")), "checks/DRA-05/observations.jsonl line"),
        (
            edit("checks/DRA-05/observations.jsonl", lambda text: text.replace("GPU-0", "GPU-1")),
            "checks/DRA-05/observations.jsonl was changed",
        ),
        (edit("checks/DRA-06/result.json", lambda text: text.replace('"pass"', '"fail"')), "checks/DRA-06/result.json is not what follows"),
        (
            edit("requirements/dra_support.json", lambda text: text.replace("8 mandatory", "9 mandatory")),
            "requirements/dra_support.json is not what follows",
        ),
        (edit("run.json", lambda text: text.replace('"fidelity": "real"', '"fidelity": "simulated"', 1)), "run.json is not what follows"),
        (edit("opened.json", lambda text: text.replace("v1.34.4", "v1.34.5")), "opened.json was changed"),
        (edit("inventory/after.json", lambda text: text + " "), "inventory/after.json was changed"),
        (edit("ledger.jsonl", lambda text: text.rpartition('{"')[0]), "ledger.jsonl was changed"),
        (lambda run: (run / "checks/DRA-09/result.json").unlink(), "checks/DRA-09/result.json was removed"),
        (lambda run: shutil.rmtree(run / "checks/DRA-09"), "checks/DRA-09/observations.jsonl was removed"),
        (lambda run: (run / "extra.txt").write_text("x"), "extra.txt was added"),
        (
            lambda run: shutil.copytree(run / "checks/DRA-09", run / "checks/DRA-99"),
            "checks/DRA-99: this version of the collection has no such check",
        ),
    ],
)
def test_whatever_is_touched_is_named(sealed: RunDirectory, tamper: Callable[[Path], None], named: str) -> None:
    tamper(sealed.path)
    differences = replay(sealed, checks=CHECKS).differences
    assert any(named in sentence for sentence in differences), differences


def test_a_forged_observation_with_a_fresh_digest_and_manifest_still_changes_the_verdict(sealed: RunDirectory) -> None:
    result = sealed.result("DRA-05")
    result.write_text(result.read_text().replace('"verdict": "pass"', '"verdict": "fail"'))
    sealed.seal()
    differences = replay(sealed, checks=CHECKS).differences
    assert any("it says fail" in sentence and "the observations say pass" in sentence for sentence in differences)


def test_a_replay_of_an_open_run_says_so(run: RunDirectory) -> None:
    with pytest.raises(RunDirectoryError, match="no manifest"):
        replay(run, checks=CHECKS)


def test_a_folder_that_is_no_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="No such file"):
        RunDirectory(tmp_path).opened()
    with pytest.raises(RunDirectoryError, match="No such file"), RunDirectory(tmp_path / "none").in_use():
        pytest.fail("it was used")


def test_another_cluster_is_refused(api: Any, cluster: Cluster, settings: Settings, run: RunDirectory) -> None:
    api.objects["Namespace", "", "kube-system"]["metadata"]["uid"] = "another"
    with pytest.raises(RunDirectoryError, match="fingerprint"):
        verify(cluster, suite=SUITES["dra_support"], settings=settings, run=run)


def test_what_is_left_when_the_run_is_sealed_fails_its_requirement(
    api: Any, cluster: Cluster, platform: Any, settings: Settings, run: RunDirectory
) -> None:
    platform.start()
    verified = verify(cluster, suite=SUITES["dra_support"], settings=settings, run=run)
    assert verified.requirement.verdict is Verdict.PASS
    api.put("Namespace", "left", metadata={"labels": {RUN_LABEL: run.path.name}})
    api.put("Namespace", "theirs")
    document = seal_run(cluster, run, made=KINDS_MADE)
    assert [item.name for item in document.inventory.leaked] == ["left"]
    assert (document.requirements[0].verdict, document.requirements[0].reason) == (Verdict.FAIL, "cleanup")
    assert replay(run, checks=CHECKS).differences == ()


def test_runs_of_another_cluster_and_broken_ones_are_named_and_left_alone(api: Any, cluster: Cluster, run: RunDirectory) -> None:
    api.objects["Namespace", "", "kube-system"]["metadata"]["uid"] = "another"
    assert "fingerprint" in clean_run(cluster, run, seconds=1, dry=False).skipped
    run.opened_file.write_text("{")
    assert "not JSON" in clean_run(cluster, run, seconds=1, dry=False).skipped


def test_an_older_schema_is_refused(run: RunDirectory) -> None:
    document = json.loads(run.opened_file.read_bytes())
    run.opened_file.write_text(json.dumps({**document, "schema": 0}))
    with pytest.raises(RunDirectoryError, match="schema 0"):
        run.opened()


def test_components_are_what_really_runs() -> None:
    def pod(name: str, owner: Any, image: str, labels: Any = None) -> Any:
        owners = [{**owner, "controller": True}] if owner else []
        metadata = {"namespace": "kube-system", "name": name, "ownerReferences": owners, "labels": labels or {}}
        return {"metadata": metadata, "status": {"containerStatuses": [{"image": image, "imageID": f"sha256:{image}"}]}}

    found = snapshot.components(
        [
            pod("dns-5f-a", {"kind": "ReplicaSet", "name": "dns-5f"}, "dns:1", {"pod-template-hash": "5f"}),
            pod("dns-5f-b", {"kind": "ReplicaSet", "name": "dns-5f"}, "dns:1", {"pod-template-hash": "5f"}),
            pod("etcd-node-a", {"kind": "Node", "name": "node-a"}, "etcd:3"),
            pod("proxy-x", {"kind": "DaemonSet", "name": "proxy"}, "proxy:1"),
            pod("alone", None, "x:1"),
            {"metadata": {"namespace": "kube-system", "name": "starting"}},
        ]
    )
    assert [(item.kind, item.name, [ref.image for ref in item.images]) for item in found] == [
        ("DaemonSet", "proxy", ["proxy:1"]),
        ("Deployment", "dns", ["dns:1"]),
        ("Node", "etcd", ["etcd:3"]),
        ("Pod", "alone", ["x:1"]),
    ]


def test_opened_is_typed(run: RunDirectory) -> None:
    opened = read(Opened, run.opened_file)
    assert load(Opened, dump(opened)) == opened
