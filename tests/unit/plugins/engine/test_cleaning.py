# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What killed runs have left is removed, what they have changed is restored, and nothing else is touched."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import CHECKS, KINDS_MADE, SUITES
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError, ForbiddenError
from ansible_collections.ailab.conformance.plugins.module_utils._engine.replay import replay
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run import clean_requirement, clean_run, seal_run
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_directory import RunDirectory
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verification import verify
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.identity import RUN_LABEL
from ansible_collections.ailab.conformance.plugins.module_utils._platform.ledger import Change, Entry, FileLedger, Step, changes
from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import Settings


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
