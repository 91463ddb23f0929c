# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes are real: kubelets of their own, pods that reach each other, processes that come back."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from lab.nodes.cgroups import CgroupTree
from tests.integration.standing import NAME, POOLS, STATE, Lab
from tests.integration.workloads import Workload, pod, service

pytestmark = pytest.mark.integration

PORT = 8080


def node_processes(node: str, program: str) -> set[int]:
    """The ids of a node's processes whose program, the first word of their command line, ends so."""
    found = set()
    for pid in CgroupTree(NAME).processes(node):
        try:
            first = Path(f"/proc/{pid}/cmdline").read_text().split("\0")[0]
        except OSError:
            continue
        if first.rsplit("/", 1)[-1] == program:
            found.add(pid)
    return found


def test_every_node_is_run_by_a_kubelet_of_its_own(lab: Lab) -> None:
    nodes = lab.get("nodes")["items"]
    names = {node["metadata"]["name"] for node in nodes}
    assert names == {lab.control_plane, *map(lab.node, POOLS)}
    assert all(len(node_processes(name, "kubelet")) == 1 and node_processes(name, "containerd") for name in names)
    assert {node["status"]["nodeInfo"]["kubeletVersion"] for node in nodes} == {"v1.34.4"}
    assert len({node["status"]["addresses"][0]["address"] for node in nodes}) == len(names)


def test_a_service_reaches_a_pod_on_another_node_by_name(lab: Lab) -> None:
    server = pod(
        "web",
        f"mkdir /tmp/w; echo from-$(hostname) >/tmp/w/index.html; exec httpd -f -p {PORT} -h /tmp/w",
        node=lab.node("gpu-dra"),
        labels={"app": "web"},
    )
    client = pod("client", "sleep 600", node=lab.node("gpu-plugin"))
    with Workload(lab, server, client, service("web", port=PORT)):
        assert "web.default.svc.cluster.local" in lab.kubectl("exec", "client", "--", "nslookup", "web.default.svc.cluster.local")
        address = lab.get("service", "web")["spec"]["clusterIP"]
        request = f"printf 'GET /index.html HTTP/1.0\\r\\n\\r\\n' | nc {address} {PORT}"
        assert "from-web" in lab.kubectl("exec", "client", "--", "sh", "-c", request)


def test_no_packet_of_a_pod_leaves_this_machine(lab: Lab) -> None:
    """The router has no route for an address that is not the lab's; 192.0.2.0/24 is nobody's (RFC 5737)."""
    node = lab.node("gpu-dra")
    with Workload(lab, pod("client", "sleep 600", node=node)):
        said = lab.kubectl("exec", "client", "--", "ping", "-c", "1", "-W", "2", "198.51.100.1", expect=1)
    assert "100% packet loss" in said or "unreachable" in said.lower()
    routes = lab.cli("exec", node, "--", "ip", "route").stdout
    assert "default via 10.192.0.1" in routes


def test_pods_use_the_resource_metrics_api(lab: Lab) -> None:
    lab.kubectl("wait", "--for=condition=Available", "--timeout=90s", "apiservice/v1beta1.metrics.k8s.io")


@pytest.mark.parametrize(("pool", "program"), [("gpu-dra", "kubelet"), ("gpu-dra", "containerd"), (None, "kube-apiserver")])
def test_a_killed_process_comes_back_by_itself(lab: Lab, pool: str | None, program: str) -> None:
    node = lab.node(pool) if pool else lab.control_plane
    killed = node_processes(node, program)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while not (fresh := node_processes(node, program) - killed) or node_processes(node, program) & killed:
        assert time.monotonic() < deadline, f"{program} on {node} did not come back"
        time.sleep(0.1)
    assert fresh
    while lab.cli("kubectl", "--", "get", "--raw", f"/api/v1/nodes/{node}/proxy/healthz", expect=None).stdout != "ok":
        assert time.monotonic() < deadline, f"the kubelet of {node} does not answer"
        time.sleep(0.2)


def test_a_dead_supervisor_is_healed_by_the_next_run(lab: Lab) -> None:
    os.kill(int((STATE / "supervisord.pid").read_text()), signal.SIGKILL)
    healed = lab.play("playbooks/user_cluster.yml")
    assert healed.changed == ["lab"]
    assert {node["status"]["conditions"][-1]["status"] for node in lab.get("nodes")["items"]} == {"True"}
    assert lab.play("playbooks/user_cluster.yml").changed == []
    # All pods died with the nodes' processes, and come back by themselves; those that need one another after a back-off or two.
    lab.kubectl("wait", "--for=condition=Ready", "--timeout=180s", "pods", "--all", "--all-namespaces")
