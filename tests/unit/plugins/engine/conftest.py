# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A platform with two devices on one node, made of the test's API server: scheduler, kubelet, driver and controllers in a few lines.

It exists to be broken: every fault is one that a real platform could have.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import KINDS_MADE, SUITES
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import SpecRef
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run import open_run, seal_run
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_directory import RunDirectory
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verification import verify
from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import Settings

JSON = Any
GI = 1024**3
MEMORY = 80 * GI
CLASS = "gpu.nvidia.com"
VERBS = ["create", "get", "list", "watch", "update", "patch", "delete"]
FAULTS = {
    "no-class",
    "driver-stopped",
    "driver-gone",
    "other-device-prepared",
    "all-devices-visible",
    "nothing-visible",
    "selectors-ignored",
    "classes-ignored",
    "given-twice",
    "never-released",
    "nothing-shared",
    "always-the-first-alternative",
    "always-the-last-alternative",
    "alternatives-dropped",
    "admin-access-for-all",
    "any-class-stored",
    "changes-lost",
    "no-uuid",
    "beta-api-only",
    "claims-refused",
    "slow-authorizer",
}


class Platform:
    """The cluster behind the API server.

    Attributes:
        faults: what is wrong with it; from FAULTS.
    """

    def __init__(self, api: Any) -> None:
        self.api = api
        self.faults: set[str] = set()
        self.seen: dict[str, list[str]] = {}
        self.tries: dict[str, int] = {}
        api.created = self._created
        api.intercept = self._intercept
        api.put("Node", "node", metadata={"labels": {"nvidia.com/gpu.present": "true"}}, status={"allocatable": {}})
        volumes = [{"hostPath": {"path": "/var/lib/kubelet/plugins_registry"}}, {"hostPath": {"path": "/var/run/cdi"}}]
        fields = {"spec": {"template": {"spec": {"volumes": volumes}}}}
        self.daemon_set = api.put("DaemonSet", "driver", space="driver", **fields)

    def start(self) -> None:
        """Publishes what the faults leave of the devices and the driver."""
        if "no-class" not in self.faults:
            self.api.put("DeviceClass", CLASS, spec={"selectors": [{"cel": {"expression": f"device.driver == '{CLASS}'"}}]})
        if "driver-gone" not in self.faults:
            self.api.put("ResourceSlice", "slice", spec=self._slice())
        if not self.faults & {"driver-gone", "driver-stopped"}:
            owner = [{"uid": self.daemon_set["metadata"]["uid"]}]
            conditions = [{"type": "Ready", "status": "True"}]
            self.api.put(
                "Pod",
                "driver-x",
                space="driver",
                metadata={"ownerReferences": owner},
                spec={"nodeName": "node"},
                status={"conditions": conditions},
            )

    def execute(self, path: str, *, container: str, command: Any, seconds: float) -> SimpleNamespace:
        """What a probe sees."""
        assert container
        assert seconds > 0
        assert list(command) == ["nvidia-smi", "-L"]
        uuids = self.seen[path.rpartition("/")[2]]
        lines = [f"GPU {number}: X (UUID: {uuid})" for number, uuid in enumerate(uuids)]
        return SimpleNamespace(exit_code=0 if lines else 6, stdout="\n".join(lines), stderr="" if lines else "No devices found")

    def _slice(self) -> JSON:
        attributes = {"productName": {"string": "X"}, "driverVersion": {"version": "1.2.3"}}
        named = "no-uuid" not in self.faults
        devices = [
            {
                "name": f"gpu-{number}",
                "attributes": {**attributes, **({"uuid": {"string": f"GPU-{number}"}} if named else {})},
                "capacity": {"memory": {"value": "80Gi"}},
            }
            for number in (0, 1)
        ]
        return {"driver": CLASS, "nodeName": "node", "pool": {"name": "node", "generation": 1, "resourceSliceCount": 1}, "devices": devices}

    # The API server's part

    def _intercept(self, method: str, path: str, body: JSON) -> Any:
        if path.startswith("/apis/resource.k8s.io") and path.count("/") <= 3 and method == "GET":
            return self._discovery(path)
        if method == "PATCH" and "/pods/" in path:
            self._start(self.api.objects["Pod", path.split("/")[4], path.rpartition("/")[2]])
            return None
        if method in {"PATCH", "PUT"} and "changes-lost" in self.faults:
            return 200, body
        if method != "POST" or not body:
            return None
        if path.startswith("/apis/resource.k8s.io/v1/deviceclasses") and "any-class-stored" not in self.faults:
            wrong = body["spec"]["selectors"][0]["cel"]["expression"].endswith("== ")
            return self._invalid("spec.selectors[0].cel.expression") if wrong else None
        return self._claim(path, body) if "/resourceclaims" in path else None

    def _claim(self, path: str, body: JSON) -> Any:
        request = body["spec"]["devices"]["requests"][0]
        if "claims-refused" in self.faults:
            return 403, {"kind": "Status", "reason": "Forbidden", "message": "a policy forbids claims"}
        if "firstAvailable" in request and "alternatives-dropped" in self.faults:
            return self._invalid("spec.devices.requests[0]")
        space = path.split("/")[5]
        labelled = self.api.objects["Namespace", "", space]["metadata"]["labels"].get("resource.kubernetes.io/admin-access")
        if (request.get("exactly") or {}).get("adminAccess") and not labelled and "admin-access-for-all" not in self.faults:
            return self._invalid("spec.devices.requests[0].adminAccess")
        return None

    @staticmethod
    def _invalid(field: str) -> Any:
        return 422, {"kind": "Status", "reason": "Invalid", "message": f"{field} is invalid", "details": {"causes": [{"field": field}]}}

    def _discovery(self, path: str) -> Any:
        if path.endswith("/v1"):
            names = ("deviceclasses", "resourceclaims", "resourceclaimtemplates", "resourceslices")
            served = "beta-api-only" not in self.faults
            return (200, {"resources": [{"name": name, "verbs": VERBS} for name in names]}) if served else (404, {"code": 404})
        return 200, {"kind": "APIGroup", "versions": [{"version": "v1"}]}

    # Scheduler, kubelet, driver, controllers

    def _created(self, item: JSON) -> None:
        if item["kind"] == "Namespace":
            self.api.put("ServiceAccount", "default", space=item["metadata"]["name"])
        if item["kind"] == "Pod":
            self._schedule(item)

    def schedule_all(self) -> None:
        """Looks again at every pod that is waiting, as a scheduler does when something has changed."""
        for pod in self.api.of_kind("Pod"):
            if not pod["spec"].get("nodeName"):
                self._schedule(pod)

    def _schedule(self, pod: JSON) -> None:
        _space, _name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        claim, statuses = self._claim_of(pod)
        result = self._allocation(claim)
        if isinstance(result, str):
            conditions = [
                {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": f"0/1 nodes are available: {result}"}
            ]
            self._put(pod, status={"phase": "Pending", "conditions": conditions, "resourceClaimStatuses": statuses})
            return
        self._put(claim, status={"allocation": {"devices": {"results": [result]}}})
        status: JSON = {"phase": "Pending", "resourceClaimStatuses": statuses, "containerStatuses": []}
        self._put(pod, spec={**pod["spec"], "nodeName": "node"}, status=status)
        self._start(pod)

    def _start(self, pod: JSON) -> None:
        """The kubelet's part, tried once, and again whenever the pod changes."""
        space, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        pod = self.api.objects["Pod", space, name]
        claim, _ = self._claim_of(pod)
        device = claim["status"]["allocation"]["devices"]["results"][0]["device"]
        tries = self.tries[name] = self.tries.get(name, 0) + 1
        if self.faults & {"driver-stopped", "driver-gone"} or ("slow-authorizer" in self.faults and tries == 1):
            about = {"involvedObject": {"uid": pod["metadata"]["uid"]}, "message": f"DRA driver {CLASS} is not registered"}
            self.api.put("Event", f"{name}.1", space=space, type="Warning", reason="FailedPrepareDynamicResources", count=tries, **about)
            return
        self.seen[name] = self._visible(int(device.removeprefix("gpu-")), name)
        running = [{"state": {"running": {}}} for _ in pod["spec"]["containers"]]
        self._put(pod, status={**pod["status"], "phase": "Running", "containerStatuses": running})

    def _claim_of(self, pod: JSON) -> tuple[JSON, JSON]:
        space, use = pod["metadata"]["namespace"], pod["spec"]["resourceClaims"][0]
        if "resourceClaimName" in use:
            return self.api.objects["ResourceClaim", space, use["resourceClaimName"]], []
        made = f"{pod['metadata']['name']}-made"
        if ("ResourceClaim", space, made) not in self.api.objects:
            template = self.api.objects["ResourceClaimTemplate", space, use["resourceClaimTemplateName"]]
            owner = [{"uid": pod["metadata"]["uid"]}]
            labels = template["spec"]["metadata"]["labels"]
            self.api.put(
                "ResourceClaim", made, space=space, metadata={"labels": labels, "ownerReferences": owner}, spec=template["spec"]["spec"]
            )
        return self.api.objects["ResourceClaim", space, made], [{"name": use["name"], "resourceClaimName": made}]

    def _allocation(self, claim: JSON) -> JSON | str:
        """An allocation's result, or why there is none."""
        had = (claim.get("status") or {}).get("allocation")
        if had:
            return "cannot share the claim" if "nothing-shared" in self.faults else had["devices"]["results"][0]
        request = claim["spec"]["devices"]["requests"][0]
        options = [(f"gpu/{option['name']}", option) for option in request.get("firstAvailable") or []] or [("gpu", request["exactly"])]
        if "always-the-first-alternative" in self.faults:
            options = options[:1]
        if "always-the-last-alternative" in self.faults:
            options = options[-1:]
        for name, option in options:
            known = ("DeviceClass", "", option["deviceClassName"]) in self.api.objects
            if not known and "classes-ignored" not in self.faults:
                return f"request gpu: device class {option['deviceClassName']} does not exist."
            for number in (0, 1):
                if self._is_free(number) and self._matches(number, option):
                    return {"request": name, "driver": CLASS, "pool": "node", "device": f"gpu-{number}"}
        return "1 cannot allocate all claims."

    def _is_free(self, number: int) -> bool:
        if "given-twice" in self.faults:
            return True
        claims = [claim for claim in self.api.of_kind("ResourceClaim") if (claim.get("status") or {}).get("allocation")]
        taken = {claim["status"]["allocation"]["devices"]["results"][0]["device"] for claim in claims}
        return f"gpu-{number}" not in taken

    def _matches(self, number: int, option: JSON) -> bool:
        expressions = " ".join(selector["cel"]["expression"] for selector in option.get("selectors") or [])
        if "selectors-ignored" in self.faults:
            return True
        wanted = re.search(r'quantity\("(\d+)"\)', expressions)
        uuid = re.search(r'\.uuid == "([^"]+)"', expressions)
        return (wanted is None or int(wanted[1]) <= MEMORY) and (uuid is None or uuid[1] == f"GPU-{number}")

    def _visible(self, number: int, name: str) -> list[str]:
        if "all-devices-visible" in self.faults:
            return ["GPU-0", "GPU-1"]
        if "nothing-visible" in self.faults:
            return []
        if "nothing-shared-inside" in self.faults and "second" in name:
            return [f"GPU-{1 - number}"]
        return [f"GPU-{1 - number}" if "other-device-prepared" in self.faults else f"GPU-{number}"]

    def removed(self, pod: JSON) -> None:
        """Frees the claims of a pod that is gone, and lets those that wait have another try."""
        for use in pod["spec"]["resourceClaims"]:
            claim = self.api.objects.get(("ResourceClaim", pod["metadata"]["namespace"], use.get("resourceClaimName", "")))
            users = [other for other in self.api.of_kind("Pod") if use in (other["spec"].get("resourceClaims") or [])]
            if claim and not users and "never-released" not in self.faults:
                self._put(claim, status={})
        self.schedule_all()

    def _put(self, item: JSON, **fields: JSON) -> None:
        old = {key: value for key, value in item.items() if key not in {"kind", "apiVersion", "metadata"}}
        self.api.put(item["kind"], item["metadata"]["name"], space=item["metadata"].get("namespace", ""), **{**old, **fields})


def attached(api: Any, cluster: Cluster) -> Platform:
    """A healthy platform behind a server, not started yet."""
    made = Platform(api)
    remove = api.remove

    def removing(kind: str, name: str, *, space: str = "") -> None:
        item = api.objects[kind, space, name]
        remove(kind, name, space=space)
        if kind == "Pod" and item["spec"].get("resourceClaims"):
            made.removed(item)

    api.remove = removing
    cluster.execute = made.execute
    return made


def short() -> Settings:
    """Short times."""
    return Settings(
        device_class=CLASS,
        probe_image="i",
        tolerations=(),
        accelerator_label="nvidia.com/gpu.present=true",
        accelerator_resource="nvidia.com/gpu",
        namespace_prefix="ai-conformance",
        start_seconds=1.5,
        settle_seconds=0.2,
        cleanup_seconds=2.0,
    )


def opened(cluster: Cluster, runs: Path) -> RunDirectory:
    """A new run."""
    spec = SpecRef(kubernetes_version="v1.34", file="AIConformance-1.34.yaml", sha256="0" * 64)
    return open_run(cluster, runs=runs, spec=spec, settings={"who": "a test"}, component_namespaces=["kube-system"], made=KINDS_MADE)[0]


@pytest.fixture
def platform(api: Any, cluster: Cluster) -> Platform:
    """The test's own platform."""
    return attached(api, cluster)


@pytest.fixture
def settings() -> Settings:
    """Short times."""
    return short()


@pytest.fixture
def run(cluster: Cluster, tmp_path: Path) -> RunDirectory:
    """An open run on the test's own cluster."""
    return opened(cluster, tmp_path / "runs")


@pytest.fixture(scope="module")
def passed(module_api: Any, module_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A sealed run in which everything passed, to be copied and not to be touched."""
    attached(module_api, module_cluster).start()
    run = opened(module_cluster, tmp_path_factory.mktemp("passed"))
    verify(module_cluster, suite=SUITES["dra_support"], settings=short(), run=run)
    seal_run(module_cluster, run, made=KINDS_MADE)
    return run


@pytest.fixture
def sealed(passed: RunDirectory, tmp_path: Path) -> RunDirectory:
    """A sealed run of the test's own."""
    return RunDirectory(shutil.copytree(passed.path, tmp_path / passed.path.name))
