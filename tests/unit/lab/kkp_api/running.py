# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's KKP API over HTTP, on clusters that are only remembered: what tests of its words need, without a node."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from lab.kkp_api.calls import merged
from lab.kkp_api.identity import Identity
from lab.kkp_api.lifecycle import LifeCycle
from lab.kkp_api.places import datacenter
from lab.kkp_api.refusals import RefusalError
from lab.kkp_api.routes import ALL
from lab.kkp_api.server import server
from lab.kkp_api.services import Services
from lab.kkp_api.store import Store
from lab.kkp_api.user_cluster import UserCluster

MOMENT = "2026-01-01T00:00:00Z"
POD = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}


class ClusterInMemory:
    """An API server that stores what it is given, by path."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.up = True
        for component in ("kube-scheduler", "kube-controller-manager"):
            labels = {"tier": "control-plane", "component": component}
            self.objects[f"/api/v1/namespaces/kube-system/pods/{component}"] = {"metadata": {"name": component, "labels": labels}, **POD}

    def get(self, path: str, **_query: str) -> dict[str, Any]:
        if path not in self.objects:
            plural, name = path.split("/")[-2:]
            raise RefusalError(404, f'{plural} "{name}" not found')
        return self.objects[path]

    def find(self, path: str) -> dict[str, Any] | None:
        return self.objects.get(path)

    def items(self, path: str, *, selector: str = "") -> list[dict[str, Any]]:
        wanted = dict(pair.split("=") for pair in selector.split(",") if pair)
        group, _, plural = path.rpartition("/")
        place = re.compile(f"{re.escape(group)}(/namespaces/[^/]+)?/{plural}/[^/]+")
        found = [one for key, one in self.objects.items() if place.fullmatch(key)]
        return [one for one in found if wanted.items() <= (one["metadata"].get("labels") or {}).items()]

    def answers(self, _path: str = "/readyz") -> bool:
        return self.up

    def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path.endswith("/token"):
            return {"status": {"token": "made-up"}}
        key = f"{path}/{body['metadata']['name']}"
        if key in self.objects:
            raise RefusalError(409, f'{path.rpartition("/")[2]} "{body["metadata"]["name"]}" already exists')
        self.objects[key] = merged({"metadata": {"creationTimestamp": MOMENT, "resourceVersion": "1", "uid": key}}, body)
        return self.objects[key]

    def replace(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.objects[path] = body
        return body

    def merge(self, path: str, patch: dict[str, Any]) -> dict[str, Any]:
        path = path.removesuffix("/status")
        self.objects[path] = merged(self.get(path), patch)
        return self.objects[path]

    def apply(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.objects[path] = body
        return body

    def delete(self, path: str) -> None:
        self.objects.pop(path, None)


@dataclass
class PlatformInMemory:
    """Control planes that are made at once, or when a test lets them."""

    versions: tuple[str, ...] = ("1.33.5", "1.34.4")
    clusters: dict[str, ClusterInMemory] = field(default_factory=dict)
    serving: set[str] = field(default_factory=set)
    made: list[str] = field(default_factory=list)
    may_create: threading.Event = field(default_factory=threading.Event)
    before_create: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.may_create.set()

    def create(self, cluster: str, version: str) -> None:
        self.may_create.wait(10)
        self.before_create()
        self.made.append(f"{cluster} {version}")
        self.clusters.setdefault(cluster, ClusterInMemory())

    def delete(self, cluster: str) -> None:
        self.serving.discard(cluster)
        self.clusters.pop(cluster, None)

    def start_controllers(self, cluster: str) -> None:
        self.serving.add(cluster)

    def controllers_serve(self, cluster: str) -> bool:
        return cluster in self.serving

    def endpoint(self, cluster: str) -> str:
        return "https://10.0.0.10:6443" if cluster in self.clusters else ""

    def kubeconfig(self, cluster: str) -> str | None:
        if cluster not in self.clusters:
            return None
        named = [{"name": "x", "cluster": {"server": self.endpoint(cluster)}}]
        return yaml.safe_dump({"clusters": named, "users": [{"name": "root", "user": {"client-key-data": "a2V5"}}]})

    def infrastructure_serves(self, cluster: str) -> bool:
        return cluster in self.clusters

    def user_cluster(self, cluster: str) -> UserCluster | None:
        return cast("UserCluster | None", self.clusters.get(cluster))


@dataclass
class Answer:
    """A reply: status, headers in lower case, and the body, JSON where it is JSON."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> tuple[int, str]:
        return self.status, self.body["error"]["message"]


@dataclass
class Api:
    """A running API."""

    services: Services
    platform: PlatformInMemory
    port: int
    admin: str
    told: list[tuple[str, str, Answer]] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, *, token: str | None = None, **headers: str) -> Answer:
        """Send a request, as the administrator if nothing else is said; an empty token sends none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        token = self.admin if token is None else token
        sent = {**({"Authorization": f"Bearer {token}"} if token else {}), **headers}
        content = body if isinstance(body, str | None) else json.dumps(body)
        try:
            connection.request(method, path, body=content, headers=sent)
            reply = connection.getresponse()
            answer = Answer(reply.status, {key.lower(): value for key, value in reply.getheaders()}, reply.read().decode())
        finally:
            connection.close()
        self.told.append((method, path, answer))
        return answer

    def until(self, decided: Callable[[], bool], seconds: float = 5.0) -> None:
        """Wait for what the life cycle brings about."""
        end = time.monotonic() + seconds
        while not decided():
            assert time.monotonic() < end, "it did not come about"
            time.sleep(0.02)

    def user(self, email: str, **more: Any) -> str:
        """A person's token."""
        return str(self.ask("POST", "/lab/users", {"email": email, **more}).body["token"])

    def project(self, name: str = "demo", *, token: str | None = None) -> str:
        """The id of a new, active project."""
        key = self.ask("POST", "/api/v1/projects", {"name": name}, token=token).body["id"]
        self.until(lambda: self.ask("GET", f"/api/v1/projects/{key}").body["status"] == "Active")
        return str(key)

    def preset(self, name: str = "lab") -> None:
        """A preset with credentials."""
        spec = {"openstack": {"username": "lab", "password": "not-shown", "network": "net"}}
        assert self.ask("POST", "/api/v2/providers/openstack/presets", {"name": name, "spec": spec}).status == 200

    def order(self, project: str, name: str = "one", *, token: str | None = None, **more: Any) -> Answer:
        """Ask for a cluster."""
        return self.ask("POST", f"/api/v2/projects/{project}/clusters", {"cluster": wanted(name), **more}, token=token)

    def cluster(self, project: str, name: str = "one", **more: Any) -> str:
        """The path of a new cluster whose components are all up."""
        path = f"/api/v2/projects/{project}/clusters/{self.order(project, name, **more).body['id']}"
        self.until(lambda: set(self.ask("GET", f"{path}/health").body.values()) == {"HealthStatusUp"})
        return path


def wanted(name: str = "one") -> dict[str, Any]:
    """A cluster as a request has it."""
    return {"name": name, "credential": "lab", "spec": {"version": "1.34.4", "cloud": {"dc": "lab", "openstack": {}}}}


def pool(name: str = "gpu", **spec: Any) -> dict[str, Any]:
    """A machine deployment as a request has it."""
    template = {
        "cloud": {"openstack": {"flavor": "lab.gpu-2", "image": "lab-node"}},
        "operatingSystem": {"ubuntu": {"distUpgradeOnBoot": False}},
        "versions": {"kubelet": "1.34.4"},
        "labels": {"ailab.conformance/gpu-pool": "dra"},
        "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
    }
    return {"name": name, "spec": {"replicas": 1, "template": template, **spec}}


@contextmanager
def running(directory: Path, platform: PlatformInMemory | None = None) -> Iterator[Api]:
    """An API on the state in this directory, as a start of the daemon makes it."""
    platform = platform or PlatformInMemory()
    store = Store(directory / "state.sqlite")
    services = Services(store=store, identity=Identity(store, directory), platform=platform, settled=0.05)
    life = LifeCycle(services)
    services.wake = life.wake
    store.put("datacenter", services.datacenter, datacenter(services))
    life.start()
    serving = server(services, ALL, host="127.0.0.1", port=0)
    thread = threading.Thread(target=serving.run)
    thread.start()
    try:
        while not serving.started:
            time.sleep(0.01)
        port = serving.servers[0].sockets[0].getsockname()[1]
        yield Api(services=services, platform=platform, port=port, admin=(directory / "admin.token").read_text())
    finally:
        serving.should_exit = True
        platform.may_create.set()
        thread.join()
        life.stop()
        store.close()
