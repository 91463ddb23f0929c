# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster uses: its workers, in KKP's units."""

from __future__ import annotations

from tests.unit.lab.kkp_api.running import Api

METRICS = "/apis/metrics.k8s.io/v1beta1"


def test_workers_are_added_up_and_the_control_plane_is_apart(api: Api) -> None:
    path = api.cluster(api.project())
    assert api.ask("GET", f"{path}/metrics").status == 404
    cluster = api.platform.clusters[path.rpartition("/")[2]]
    labels = {"cp": {"node-role.kubernetes.io/control-plane": ""}}
    for name in ("cp", "one", "two"):
        amount = {"cpu": "2", "memory": "4Gi"}
        cluster.create("/api/v1/nodes", {"metadata": {"name": name, "labels": labels.get(name, {})}, "status": {"allocatable": amount}})
        cluster.create(f"{METRICS}/nodes", {"metadata": {"name": name}, "usage": {"cpu": "500m", "memory": "1536Mi"}})
    pod = {"metadata": {"name": "etcd", "labels": {"tier": "control-plane"}}, "containers": [{"usage": {"cpu": "120m", "memory": "80Mi"}}]}
    cluster.create(f"{METRICS}/namespaces/kube-system/pods", pod)
    found = api.ask("GET", f"{path}/metrics").body
    assert found["controlPlane"] == {"cpuTotalMillicores": 120, "memoryTotalBytes": 80}
    assert found["nodes"] == {
        "cpuTotalMillicores": 1000,
        "cpuAvailableMillicores": 4000,
        "cpuUsedPercentage": 25,
        "memoryTotalBytes": 3072,
        "memoryAvailableBytes": 8192,
        "memoryUsedPercentage": 37,
    }


def test_a_cluster_without_workers_has_none(api: Api) -> None:
    answer = api.ask("GET", f"{api.cluster(api.project())}/metrics")
    assert (answer.status, answer.body["error"]["message"]) == (404, "no nodes found")
