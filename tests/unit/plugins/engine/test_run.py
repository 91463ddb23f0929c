# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs are opened, sealed, cleaned up and judged again; whatever was touched is named."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import CHECKS, KINDS_MADE, SUITES
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError, ForbiddenError
from ansible_collections.ailab.conformance.plugins.module_utils._engine import snapshot
from ansible_collections.ailab.conformance.plugins.module_utils._engine.codec import dump, load, read
from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import CheckResult, Run
from ansible_collections.ailab.conformance.plugins.module_utils._engine.inputs import Opened
from ansible_collections.ailab.conformance.plugins.module_utils._engine.replay import replay
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run import clean_requirement, clean_run, open_run, seal_run
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_directory import RunDirectory, RunDirectoryError
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Fidelity, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verification import verify
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.identity import RUN_ID, RUN_LABEL
from ansible_collections.ailab.conformance.plugins.module_utils._platform.ledger import Change, Entry, FileLedger, Step, changes
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


def conversion_fails(plural: str) -> Callable[[str, str, Any], Any]:
    """The server's answers while the conversion webhook of a kind is down."""
    message = f"conversion webhook for {plural} failed: connection refused"
    answer = (500, {"kind": "Status", "reason": "InternalError", "message": message})
    return lambda _method, path, _body: answer if path.partition("?")[0].endswith(f"/{plural}") else None


def opened_again(cluster: Cluster, run: RunDirectory) -> RunDirectory:
    spec = run.opened().spec
    return open_run(cluster, runs=run.path.parent, spec=spec, settings={}, component_namespaces=[], made=KINDS_MADE)[0]


@pytest.mark.parametrize(
    ("kind", "down", "verdict"),
    [
        ("DeviceClass", "opened sealed", (Verdict.ERROR, "cleanup-unverified")),
        ("DeviceClass", "sealed", (Verdict.ERROR, "cleanup-unverified")),
        ("DeviceClass", "opened", (Verdict.ERROR, "cleanup-unverified")),
        ("Deployment", "opened sealed", (Verdict.PASS, "all-passed")),
        ("Deployment", "sealed", (Verdict.ERROR, "cleanup-unverified")),
        ("Deployment", "opened", (Verdict.ERROR, "cleanup-unverified")),
    ],
    ids=["made", "made, lost", "made, found", "not made", "not made, lost", "not made, found"],
)
def test_a_kind_that_cannot_be_listed_is_named_and_never_counts_as_clean(
    platform: Any, cluster: Cluster, settings: Settings, run: RunDirectory, *, kind: str, down: str, verdict: tuple[Verdict, str]
) -> None:
    platform.start()
    api, healthy = platform.api, platform.api.intercept
    failing = conversion_fails(f"{kind.lower()}es" if kind.endswith("s") else f"{kind.lower()}s")
    api.intercept = failing if "opened" in down else healthy
    again = opened_again(cluster, run)
    assert [item["kind"] for item in json.loads(again.before_file.read_bytes())["unreadable"]] == [kind] * ("opened" in down)
    api.intercept = healthy
    verify(cluster, suite=SUITES["dra_support"], settings=settings, run=again)
    api.intercept = failing if "sealed" in down else healthy
    document = seal_run(cluster, again, made=KINDS_MADE)
    (found,) = document.inventory.uncompared
    assert found.kind == kind
    assert ("conversion webhook" in found.before, "conversion webhook" in found.after) == ("opened" in down, "sealed" in down)
    assert kind not in {*document.inventory.before, *document.inventory.after}
    assert [(item.verdict, item.reason) for item in document.requirements] == [verdict]
    assert replay(again, checks=CHECKS).differences == ()


@pytest.mark.parametrize("plural", ["namespaces", "nodes", "pods"])
def test_without_the_kinds_that_every_cluster_has_no_run_is_opened(api: Any, cluster: Cluster, run: RunDirectory, plural: str) -> None:
    api.intercept = conversion_fails(plural)
    with pytest.raises(ConformanceError, match="conversion webhook"):
        opened_again(cluster, run)


def test_what_was_changed_and_not_restored_is_restored_before_the_run_is_sealed(
    api: Any, cluster: Cluster, platform: Any, settings: Settings, run: RunDirectory
) -> None:
    platform.start()
    verify(cluster, suite=SUITES["dra_support"], settings=settings, run=run)
    change = changed_by_a_killed_run(api, run)
    seal_run(cluster, run, made=KINDS_MADE)
    assert api.objects["ConfigMap", "kube-system", "theirs"]["metadata"]["annotations"] == {"key": "before"}
    assert changes(run.ledger_file) == []
    # What its owner has made of it since then stays.
    api.put("ConfigMap", "theirs", space="kube-system", metadata={"uid": change.uid, "annotations": {"key": "later"}})
    assert clean_run(cluster, run, seconds=1, dry=False).restored == ()
    assert replay(run, checks=CHECKS).differences == ()


def changed_by_a_killed_run(api: Any, run: RunDirectory, name: str = "theirs") -> Change:
    item = api.put("ConfigMap", name, space="kube-system", metadata={"annotations": {"key": "changed"}})
    path = kinds.CONFIG_MAP.path(name=name, namespace="kube-system")
    back = {"metadata": {"annotations": {"key": "before"}}}
    change = Change(requirement="dra_support", path=path, uid=item["metadata"]["uid"], restore=back)
    FileLedger(run.ledger_file).note(Step.CHANGING, change)
    return change


def left_by_a_killed_run(api: Any, run: RunDirectory) -> None:
    ledger, labels = FileLedger(run.ledger_file), {RUN_LABEL: run.path.name}
    known = api.put("Namespace", "known", metadata={"labels": labels})
    api.put("Pod", "inside", space="known", metadata={"labels": labels})
    api.put("DeviceClass", "unheard", metadata={"labels": labels})
    api.put("DeviceClass", "relabelled", metadata={"uid": "r", "labels": {}})
    api.put("DeviceClass", "replaced", metadata={"uid": "new", "labels": {RUN_LABEL: "another"}})
    for kind, name, uid in (
        (kinds.NAMESPACE, "known", known["metadata"]["uid"]),
        (kinds.DEVICE_CLASS, "unheard", ""),
        (kinds.DEVICE_CLASS, "relabelled", "r"),
        (kinds.DEVICE_CLASS, "replaced", "old"),
        (kinds.DEVICE_CLASS, "never-made", ""),
    ):
        entry = Entry(requirement="r", kind=kind.name, api=kind.api, plural=kind.plural, namespace="", name=name)
        ledger.note(Step.INTENT, entry)
        if uid:
            ledger.note(Step.CREATED, replace(entry, uid=uid))


def names(api: Any, kind: str) -> list[str]:
    return [item["metadata"]["name"] for item in api.of_kind(kind)]


def test_a_killed_run_is_cleaned_up_and_nothing_else_is(api: Any, cluster: Cluster, run: RunDirectory) -> None:
    left_by_a_killed_run(api, run)
    planned = clean_run(cluster, run, seconds=2, dry=True)
    assert sorted(ref.name for ref in planned.removed) == ["known", "unheard"]
    assert names(api, "Namespace") == ["known", "kube-system"]
    cleaned = clean_run(cluster, run, seconds=2, dry=False)
    assert cleaned.removed == planned.removed
    assert names(api, "Namespace") == ["kube-system"]
    assert names(api, "DeviceClass") == ["relabelled", "replaced"]
    assert clean_run(cluster, run, seconds=2, dry=False).removed == ()


def test_what_cannot_be_restored_does_not_keep_the_rest_from_being_cleaned_up(api: Any, cluster: Cluster, run: RunDirectory) -> None:
    left_by_a_killed_run(api, run)
    changed_by_a_killed_run(api, run, "sound")
    changed_by_a_killed_run(api, run, "refused")
    refusal = (403, {"kind": "Status", "reason": "Forbidden", "message": "a policy forbids it"})
    api.intercept = lambda method, path, _body: refusal if method == "PATCH" and path.endswith("/refused") else None
    with pytest.raises(ForbiddenError, match="a policy forbids it"):
        clean_run(cluster, run, seconds=2, dry=False)
    assert names(api, "Namespace") == ["kube-system"]
    assert api.objects["ConfigMap", "kube-system", "sound"]["metadata"]["annotations"] == {"key": "before"}
    assert [change.path.rpartition("/")[2] for change in changes(run.ledger_file)] == ["refused"]


def test_one_requirement_is_cleaned_up_beside_others_that_are_at_work(api: Any, cluster: Cluster, run: RunDirectory) -> None:
    left_by_a_killed_run(api, run)
    other = api.put("Namespace", "at-work", metadata={"labels": {RUN_LABEL: run.path.name}})
    entry = Entry(requirement="other", kind="Namespace", api="v1", plural="namespaces", namespace="", name="at-work")
    FileLedger(run.ledger_file).note(Step.CREATED, replace(entry, uid=other["metadata"]["uid"]))
    with run.in_use():
        cleaned = clean_requirement(cluster, run, "r", seconds=2)
    assert sorted(ref.name for ref in cleaned.removed) == ["known", "unheard"]
    assert names(api, "Namespace") == ["at-work", "kube-system"]


def test_the_leases_of_a_killed_run_go_with_it(cluster: Cluster, run: RunDirectory) -> None:
    run.leases.mkdir()
    (run.leases / "gate").touch()
    clean_run(cluster, run, seconds=1, dry=True)
    assert run.leases.exists()
    clean_run(cluster, run, seconds=1, dry=False)
    assert not run.leases.exists()


def test_what_does_not_go_is_an_error(api: Any, cluster: Cluster, run: RunDirectory) -> None:
    left_by_a_killed_run(api, run)
    api.keeps = lambda item: item["metadata"]["name"] == "unheard"
    with pytest.raises(ConformanceError, match="still there"):
        clean_run(cluster, run, seconds=0.3, dry=False)


def hold(path: str, ready: Any, done: Any) -> None:
    with RunDirectory(Path(path)).in_use():
        ready.set()
        done.wait(20)


def test_a_run_that_somebody_works_on_is_left_alone(api: Any, cluster: Cluster, run: RunDirectory) -> None:
    left_by_a_killed_run(api, run)
    context = multiprocessing.get_context("fork")
    ready, done = context.Event(), context.Event()
    process = context.Process(target=hold, args=(str(run.path), ready, done))
    process.start()
    assert ready.wait(10)
    with run.in_use():
        pass
    assert "another process" in clean_run(cluster, run, seconds=1, dry=False).skipped
    process.kill()
    process.join()
    assert clean_run(cluster, run, seconds=2, dry=False).skipped == ""


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
