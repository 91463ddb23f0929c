# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release comes, stays what it is, changes, and is taken back where it does not become ready."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.action.helm_release import HOOK_SECONDS
from ansible_collections.ailab.conformance.plugins.module_utils._charts.install import NotReadyError, present
from ansible_collections.ailab.conformance.plugins.module_utils._charts.manifest import Object, objects
from ansible_collections.ailab.conformance.plugins.module_utils._charts.ownership import OwnershipError
from ansible_collections.ailab.conformance.plugins.module_utils._charts.program import Chart, ChartError
from ansible_collections.ailab.conformance.plugins.module_utils._charts.release import FINGERPRINT
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._ready.task import READY_SPEC
from ansible_collections.ailab.conformance.plugins.module_utils._ready.wait import HOPELESS_SECONDS

from tests.unit.plugins.charts.workshop import CHART, CONTROLLER, OWNER, ROLE, Workshop, order, release_secret

JSON = Any
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


def run(cluster: Cluster, workshop: Workshop, chart: Path, *, check_mode: bool = False, **changes: JSON) -> JSON:
    return present(cluster, order(chart, **changes), helm=workshop, hand=workshop, check_mode=check_mode)


def names(api: Any) -> set[tuple[str, str]]:
    return {(kind, name) for kind, _, name in api.objects}


def changes(api: Any) -> list[str]:
    return [method for method, _ in api.requests if method in CHANGING]


def test_a_release_is_made_with_its_namespace_and_crds(api: Any, cluster: Cluster, workshop: Workshop, chart: Path) -> None:
    outcome = run(cluster, workshop, chart)
    assert (outcome.changed, outcome.values["release"]["status"]) == (True, "deployed")
    assert {entry["after_header"] for entry in outcome.values["diff"]} == {
        "ClusterRole.rbac.authorization.k8s.io queue-manager",
        "Deployment.apps controller",
        "CustomResourceDefinition.apiextensions.k8s.io widgets.example.com",
    }
    (crd,) = api.of_kind("CustomResourceDefinition")
    assert crd["metadata"]["labels"]["ailab.conformance/release"] == "queue-system.queue"
    (secret,) = api.of_kind("Secret")
    assert secret["metadata"]["annotations"][FINGERPRINT]


def test_the_same_again_renders_nothing_and_changes_nothing(api: Any, cluster: Cluster, workshop: Workshop, chart: Path) -> None:
    run(cluster, workshop, chart)
    workshop.done.clear()
    asked = len(changes(api))
    assert not run(cluster, workshop, chart).changed
    assert (workshop.done, len(changes(api))) == ([], asked)


@pytest.mark.parametrize("changed", [{"values": {"replicas": 2}}, {"registry": "registry.example.com"}])
def test_other_values_or_another_registry_are_an_upgrade(
    api: Any, cluster: Cluster, workshop: Workshop, chart: Path, changed: dict[str, JSON]
) -> None:
    run(cluster, workshop, chart)
    assert run(cluster, workshop, chart, **changed).values["release"]["revision"] == 2
    assert not run(cluster, workshop, chart, **changed).changed
    (deployment,) = api.of_kind("Deployment")
    image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image.startswith("registry.example.com/registry.k8s.io/") == ("registry" in changed)


def test_another_content_of_the_chart_is_an_upgrade(cluster: Cluster, workshop: Workshop, chart: Path) -> None:
    run(cluster, workshop, chart)
    (chart / "values.yaml").write_text("replicas: 2\n")
    assert run(cluster, workshop, chart).changed


def test_what_somebody_removed_comes_back(api: Any, cluster: Cluster, workshop: Workshop, chart: Path) -> None:
    run(cluster, workshop, chart)
    api.remove("ClusterRole", "queue-manager")
    assert run(cluster, workshop, chart).changed
    assert ("ClusterRole", "queue-manager") in names(api)


def test_check_mode_shows_and_changes_nothing(api: Any, cluster: Cluster, workshop: Workshop, chart: Path) -> None:
    outcome = run(cluster, workshop, chart, check_mode=True)
    assert (outcome.changed, len(outcome.values["diff"]), changes(api)) == (True, 3, [])


def refused(api: Any, cluster: Cluster, workshop: Workshop, chart: Path, **changed: JSON) -> str:
    with pytest.raises(OwnershipError) as caught:
        run(cluster, workshop, chart, **changed)
    assert changes(api) == []
    assert "set" not in workshop.done
    return caught.value.found


def test_an_object_of_another_release_is_left_alone(api: Any, cluster: Cluster, workshop: Workshop, chart: Path) -> None:
    theirs = {"meta.helm.sh/release-name": "other", "meta.helm.sh/release-namespace": "theirs"}
    api.put("ClusterRole", "queue-manager", metadata={"annotations": theirs})
    assert refused(api, cluster, workshop, chart) == "ClusterRole queue-manager, which belongs to Helm release theirs/other"


def test_a_crd_of_somebody_else_is_left_alone_or_used(api: Any, cluster: Cluster, workshop: Workshop, chart: Path) -> None:
    api.put("CustomResourceDefinition", "widgets.example.com", metadata={"labels": {"app.kubernetes.io/managed-by": "them"}})
    assert refused(api, cluster, workshop, chart) == "CustomResourceDefinition widgets.example.com, which belongs to them"
    assert run(cluster, workshop, chart, manage_crds=False).changed
    (crd,) = api.of_kind("CustomResourceDefinition")
    assert crd["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "them"}


def test_a_namespace_of_somebody_else_is_left_alone_or_shared(api: Any, cluster: Cluster, workshop: Workshop, chart: Path) -> None:
    api.put("Namespace", OWNER.namespace)
    api.put("ConfigMap", "theirs", space=OWNER.namespace)
    assert refused(api, cluster, workshop, chart) == "Namespace queue-system, which belongs to ConfigMap/theirs"
    assert run(cluster, workshop, chart, shared_namespace=True).changed


def test_an_empty_namespace_may_be_used(api: Any, cluster: Cluster, workshop: Workshop, chart: Path) -> None:
    api.put("Namespace", OWNER.namespace)
    api.put("ConfigMap", "kube-root-ca.crt", space=OWNER.namespace)
    assert run(cluster, workshop, chart).changed


def test_a_release_of_somebody_else_is_left_alone_or_adopted(api: Any, cluster: Cluster, workshop: Workshop, chart: Path) -> None:
    api.put("Namespace", OWNER.namespace)
    api.put("Secret", "sh.helm.release.v1.queue.v1", space=OWNER.namespace, **release_secret(manifest=""))
    workshop.revision = 1
    assert refused(api, cluster, workshop, chart).startswith("Helm release queue, revision 1, which this collection did not make")
    assert run(cluster, workshop, chart, adopt=True).changed


def hopeless(api: Any) -> None:
    waiting = {"reason": "ErrImagePull", "message": "no such tag"}
    containers = [{"name": "manager", "image": "registry.k8s.io/queue:v1", "state": {"waiting": waiting}}]
    pod = {"spec": {"nodeName": "a"}, "status": {"containerStatuses": containers}}
    api.put("Pod", "controller-x", space=OWNER.namespace, metadata={"labels": {"app": "queue"}}, **pod)


def test_an_image_that_cannot_be_had_is_named_and_all_is_as_before(api: Any, cluster: Cluster, workshop: Workshop, chart: Path) -> None:
    before = names(api)
    workshop.comes_up = False
    hopeless(api)
    with pytest.raises(NotReadyError, match="image registry.k8s.io/queue:v1 of container manager cannot be had") as caught:
        run(cluster, workshop, chart, seconds=60.0)
    assert "given up" in caught.value.found
    assert "the release was removed" in caught.value.expected
    assert names(api) == before


def test_an_image_that_cannot_be_had_is_named_within_a_minute() -> None:
    """Pods have been hopeless for this long, or Helm has waited for its hooks for that long."""
    assert READY_SPEC["hopeless_seconds"]["default"] == HOPELESS_SECONDS
    assert max(HOPELESS_SECONDS, HOOK_SECONDS) < 60


def test_a_quota_that_is_too_small_is_named_and_all_is_as_before(
    api: Any, cluster: Cluster, workshop: Workshop, chart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = names(api)
    refusal = 'pods "controller-x" is forbidden: exceeded quota: small'
    made = workshop.put

    def refused(item: Object, **more: JSON) -> None:
        made(item, **more)
        if item.kind == "Deployment":
            condition = {"type": "ReplicaFailure", "status": "True", "message": refusal}
            fields = {key: value for key, value in item.definition.items() if key not in {"kind", "apiVersion", "metadata"}}
            marks = api.objects["Deployment", OWNER.namespace, item.name]["metadata"]
            api.put("Deployment", item.name, space=OWNER.namespace, metadata=marks, **fields, status={"conditions": [condition]})

    monkeypatch.setattr(workshop, "put", refused)
    with pytest.raises(NotReadyError, match="given up, because waiting does not help: .*exceeded quota: small"):
        run(cluster, workshop, chart, seconds=60.0)
    assert names(api) == before


def test_what_does_not_come_up_in_time_is_removed_again(api: Any, cluster: Cluster, workshop: Workshop, chart: Path) -> None:
    before = names(api)
    workshop.comes_up = False
    with pytest.raises(NotReadyError, match="0 of 1 pods are available"):
        run(cluster, workshop, chart, seconds=0.5)
    assert names(api) == before


def test_a_failed_upgrade_is_rolled_back(cluster: Cluster, workshop: Workshop, chart: Path) -> None:
    run(cluster, workshop, chart)
    workshop.comes_up = False
    with pytest.raises(NotReadyError, match="the release was rolled back"):
        run(cluster, workshop, chart, values={"replicas": 2}, seconds=0.5)
    assert workshop.done[-1] == "rollback queue-system/queue 1"
    workshop.comes_up = True
    workshop.put(objects(CONTROLLER)[0])
    assert not run(cluster, workshop, chart).changed


def test_pods_of_a_hook_say_why_helm_failed(api: Any, cluster: Cluster, workshop: Workshop, chart: Path) -> None:
    workshop.breaks = "a hook that failed"
    hopeless(api)
    with pytest.raises(NotReadyError, match="a hook that failed; pod controller-x: image"):
        run(cluster, workshop, chart)


def test_a_webhook_without_endpoints_that_refuses_the_chart_is_named_and_all_is_as_before(
    api: Any, cluster: Cluster, workshop: Workshop, chart: Path
) -> None:
    before = names(api)
    workshop.breaks = 'failed calling webhook "vdeployment.kb.io": no endpoints available for service "queue-webhook-service"'
    with pytest.raises(NotReadyError, match='no endpoints available for service "queue-webhook-service".*the release was removed'):
        run(cluster, workshop, chart)
    assert names(api) == before


def test_webhooks_must_answer(api: Any, cluster: Cluster, workshop: Workshop, chart: Path) -> None:
    crds = api.intercept
    answers = [500, 500, 201]

    def webhook(method: str, path: str, body: Any) -> Any:
        if "dryRun" in path:
            code = answers.pop(0)
            return code, body if code == 201 else {"kind": "Status", "message": "failed calling webhook"}
        return crds(method, path, body)

    api.intercept = webhook
    probe = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "probe-", "namespace": "default"}}
    assert run(cluster, workshop, chart, dry_runs=[probe]).changed
    assert answers == []


def test_a_webhook_that_never_answers_is_told(api: Any, cluster: Cluster, workshop: Workshop, chart: Path) -> None:
    crds = api.intercept

    def webhook(method: str, path: str, body: Any) -> Any:
        silent = 500, {"kind": "Status", "message": "failed calling webhook: connection refused"}
        return silent if "dryRun" in path else crds(method, path, body)

    api.intercept = webhook
    probe = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "probe-", "namespace": "default"}}
    with pytest.raises(NotReadyError, match="a dry run of ConfigMap probe-: HTTP 500: failed calling webhook: connection refused"):
        run(cluster, workshop, chart, dry_runs=[probe], seconds=1.0)


def test_an_interrupted_installation_begins_anew(api: Any, cluster: Cluster, workshop: Workshop, chart: Path) -> None:
    api.put("Namespace", OWNER.namespace, metadata={"labels": OWNER.labels})
    pending = release_secret(manifest=ROLE + "---\n" + CONTROLLER, status="pending-install")
    api.put("Secret", "sh.helm.release.v1.queue.v1", space=OWNER.namespace, **pending)
    assert run(cluster, workshop, chart).values["release"]["status"] == "deployed"
    assert workshop.done == ["template", "remove queue-system.queue", "set"]


@pytest.mark.parametrize(("version", "found"), [("2.0.0", "version 1.0.0"), ("", None)])
def test_a_folder_must_hold_the_version_that_is_asked_for(chart: Path, version: str, found: str | None) -> None:
    wanted = Chart(ref=str(chart), repository="", version=version)
    if found is None:
        assert wanted.identity().startswith("sha256:")
        return
    with pytest.raises(ChartError) as caught:
        wanted.identity()
    assert caught.value.found == found


def test_a_folder_without_a_chart_is_told(tmp_path: Path) -> None:
    with pytest.raises(ChartError, match="no Chart.yaml with a version"):
        Chart(ref=str(tmp_path), repository="", version="").identity()


def test_the_manifest_of_the_tests_has_all_three_sorts() -> None:
    assert CHART.count("---") == 3
