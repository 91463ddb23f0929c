# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An API server and nodes in memory, which can be killed at any change."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address
from typing import Any

from lab.machines.kube import JSON, Kube, KubeError
from lab.machines.names import NODES
from lab.machines.provider import ProvidedNode

_STAMP = "2026-01-01T00:00:00Z"


class KilledError(BaseException):
    """The controller was killed here."""


class Fuse:
    """Burns down with each change, and then kills: before the change, or after it."""

    def __init__(self, changes: int | None = None, *, after: bool = False) -> None:
        self._left = changes
        self._after = after

    def around(self) -> bool:
        """True where the change is to be made and followed by death."""
        if self._left is None:
            return False
        self._left -= 1
        if self._left >= 0:
            return False
        if not self._after:
            raise KilledError
        return True


class FakeKube(Kube):
    """The verbs that the controllers use, with finalizers, versions and subresources."""

    def __init__(self) -> None:
        self.objects: dict[str, JSON] = {}
        self.fuse = Fuse()
        self._version = 0

    def get(self, path: str) -> JSON:
        return copy.deepcopy(self._found(path))

    def list(self, path: str, **_: str) -> Sequence[JSON]:
        wanted = path.rsplit("/", 1)
        return [
            copy.deepcopy(item)
            for key, item in self.objects.items()
            if key.rsplit("/", 1)[0] == path
            or ("/namespaces/" not in path and key.startswith(wanted[0]) and key.split("/")[-2] == wanted[1])
        ]

    def create(self, path: str, body: Mapping[str, Any]) -> JSON:
        key = f"{path}/{body['metadata']['name']}"
        if path.endswith("/events"):
            return dict(body)
        if key in self.objects:
            raise KubeError(409, "AlreadyExists", key)
        dies = self.fuse.around()
        item = copy.deepcopy(dict(body))
        item["metadata"] |= {
            "uid": f"uid-{self._next()}",
            "creationTimestamp": _STAMP,
            "generation": 1,
            "resourceVersion": str(self._version),
        }
        self.objects[key] = item
        if dies:
            raise KilledError
        return item

    def close(self) -> None:
        pass

    def patch(self, path: str, body: Mapping[str, Any]) -> JSON:
        key = path.removesuffix("/status").removesuffix("/scale")
        item = self._found(key)
        wanted = (body.get("metadata") or {}).get("resourceVersion")
        if wanted and wanted != item["metadata"]["resourceVersion"]:
            raise KubeError(409, "Conflict", key)
        dies = self.fuse.around()
        _merge(item, body)
        item["metadata"]["resourceVersion"] = str(self._next())
        self._collect(key)
        if dies:
            raise KilledError
        return item

    def delete(self, path: str, **options: Any) -> None:
        item = self.objects.get(path)
        uid = (options.get("preconditions") or {}).get("uid")
        if item is None:
            return
        if uid and uid != item["metadata"]["uid"]:
            raise KubeError(409, "Conflict", path)
        dies = self.fuse.around()
        item["metadata"]["deletionTimestamp"] = _STAMP
        self._collect(path)
        if dies:
            raise KilledError

    def collect_owners(self) -> None:
        """What the cluster's garbage collector does: owners that wait for their dependents go when there are none."""
        for key, item in list(self.objects.items()):
            meta = item["metadata"]
            owned = any(o["uid"] == meta["uid"] for other in self.objects.values() for o in other["metadata"].get("ownerReferences", ()))
            if "deletionTimestamp" in meta and "foregroundDeletion" in meta.get("finalizers", ()) and not owned:
                meta["finalizers"].remove("foregroundDeletion")
                self._collect(key)

    def _collect(self, key: str) -> None:
        meta = self.objects[key]["metadata"]
        if "deletionTimestamp" in meta and not meta.get("finalizers"):
            del self.objects[key]

    def _found(self, path: str) -> JSON:
        if path not in self.objects:
            raise KubeError(404, "NotFound", path)
        return self.objects[path]

    def _next(self) -> int:
        self._version += 1
        return self._version


class FakeNodes:
    """Nodes that are ready at once; killed half way they are there and not finished, and refuse to be made over."""

    def __init__(self, kube: FakeKube) -> None:
        self.kube = kube
        self.finished: dict[str, bool] = {}
        self.made: list[str] = []
        self.led: dict[IPv4Address, str] = {}

    def create(self, machine_name: str, labels: Mapping[str, str], taints: Sequence[str]) -> ProvidedNode:
        if not self.exists(machine_name):
            assert machine_name not in self.finished, "a half made node has to be taken away first"
            self.finished[machine_name] = False
            ready = {"type": "Ready", "status": "True", "lastTransitionTime": _STAMP}
            meta = {"name": machine_name, "labels": dict(labels)}
            node = {"metadata": meta, "spec": {"taints": list(taints)}, "status": {"conditions": [ready]}}
            self.kube.create(NODES.path(), node)
            dies = self.kube.fuse.around()
            self.finished[machine_name] = True
            self.made.append(machine_name)
            if dies:
                raise KilledError
        return ProvidedNode(machine_name, f"fake://{machine_name}")

    def delete(self, node_name: str) -> None:
        self.kube.delete(NODES.path(node_name))
        self.finished.pop(node_name, None)

    def exists(self, node_name: str) -> bool:
        return self.finished.get(node_name, False)

    def lead(self, addresses: Mapping[IPv4Address, str]) -> None:
        self.led = dict(addresses)


def _merge(item: JSON, body: Mapping[str, Any]) -> None:
    for key, value in body.items():
        if value is None:
            item.pop(key, None)
        elif isinstance(value, Mapping):
            if not isinstance(item.get(key), dict):
                item[key] = {}
            _merge(item[key], value)
        else:
            item[key] = copy.deepcopy(value)
