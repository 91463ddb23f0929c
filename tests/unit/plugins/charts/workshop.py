# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Helm of a few lines: it renders what it is given, and keeps releases in Secrets as the real one does."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._charts.install import Order
from ansible_collections.ailab.conformance.plugins.module_utils._charts.manifest import Object, objects
from ansible_collections.ailab.conformance.plugins.module_utils._charts.ownership import Owner
from ansible_collections.ailab.conformance.plugins.module_utils._charts.post_renderer import rendered
from ansible_collections.ailab.conformance.plugins.module_utils._charts.program import Chart, HelmError
from ansible_collections.ailab.conformance.plugins.module_utils._charts.release import release_of

JSON = Any

OWNER = Owner(release="queue", namespace="queue-system")
ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: queue-manager}\n"
CONTROLLER = """apiVersion: apps/v1
kind: Deployment
metadata: {name: controller}
spec:
  selector: {matchLabels: {app: queue}}
  template:
    metadata: {labels: {app: queue}}
    spec:
      containers:
        - name: manager
          image: registry.k8s.io/queue:v1
"""
CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {kind: Widget, plural: widgets}
  versions: [{name: v1, served: true, storage: true}]
"""
CHART = f"---\n{CRD}---\n{ROLE}---\n{CONTROLLER}"


def order(chart: Path, **changes: JSON) -> Order:
    """An order of the chart in a folder."""
    usual: dict[str, JSON] = {
        "owner": OWNER,
        "chart": Chart(ref=str(chart), repository="", version=""),
        "values": {},
        "registry": "",
        "manage_crds": True,
        "namespace_labels": {},
        "shared_namespace": False,
        "adopt": False,
        "seconds": 5.0,
        "hopeless_seconds": 0.2,
        "objects": (),
        "dry_runs": (),
    }
    return Order(**{**usual, **changes})


def release_secret(*, manifest: str, revision: int = 1, status: str = "deployed", owner: Owner = OWNER) -> JSON:
    """Fields of the Secret that Helm keeps a release in."""
    chart = {"metadata": {"name": "queue", "version": "1.0.0"}}
    document = {"name": owner.release, "version": revision, "info": {"status": status}, "chart": chart, "manifest": manifest}
    packed = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(document).encode())))
    labels = {"owner": "helm", "name": owner.release, "status": status, "version": str(revision)}
    return {"metadata": {"labels": labels}, "data": {"release": packed.decode()}}


class Workshop:
    """Helm and the hand in one, on a server of the tests.

    Attributes:
        text: what the chart renders to.
        done: what was asked for, in order.
        comes_up: whether the pods of Deployments do.
        breaks: whether Helm fails when it installs, in what words.
    """

    def __init__(self, api: JSON, *, text: str = CHART) -> None:
        self.api, self.text = api, text
        self.done: list[str] = []
        self.comes_up, self.breaks = True, ""
        self.revision = 0

    def template(self, _chart: Chart, **_: JSON) -> str:
        self.done.append("template")
        return self.text

    def rollback(self, *, name: str, namespace: str, revision: int) -> None:
        self.done.append(f"rollback {namespace}/{name} {revision}")
        former = self.api.objects["Secret", namespace, f"sh.helm.release.v1.{name}.v{revision}"]
        self.revision += 1
        manifest = release_of(former).manifest
        for item in objects(manifest):
            self.put(item)
        secret = release_secret(manifest=manifest, revision=self.revision)
        self.api.put("Secret", f"sh.helm.release.v1.{name}.v{self.revision}", space=namespace, **secret)

    def set(self, wanted: Order) -> None:
        self.done.append("set")
        if self.breaks:
            raise HelmError(what="Helm", found=self.breaks, expected="an end without error", look="helm history")
        manifest = rendered(self.text, registry=wanted.registry)
        for item in objects(manifest):
            self.put(item)
        self.revision += 1
        space = wanted.owner.namespace
        secret = release_secret(manifest=manifest, revision=self.revision)
        self.api.put("Secret", f"sh.helm.release.v1.{wanted.owner.release}.v{self.revision}", space=space, **secret)

    def remove(self, owner: Owner, *, seconds: float) -> None:
        self.done.append(f"remove {owner}")
        assert seconds > 0
        for kind, space, name in list(self.api.objects):
            item = self.api.objects.get((kind, space, name))
            if item and (owner.is_helms(item) or name.startswith(f"sh.helm.release.v1.{owner.release}.")):
                self.api.remove(kind, name, space=space)

    def put(self, item: Object, *, owner: Owner = OWNER) -> None:
        """An object with Helm's marks; the controller of a Deployment is at work at once."""
        fields: dict[str, JSON] = {key: value for key, value in item.definition.items() if key not in {"kind", "apiVersion", "metadata"}}
        if item.kind == "Deployment":
            ready = 1 if self.comes_up else 0
            fields["status"] = {"observedGeneration": 0, "updatedReplicas": 1, "availableReplicas": ready}
        marks: Mapping[str, JSON] = {
            "labels": {"app.kubernetes.io/managed-by": "Helm"},
            "annotations": {"meta.helm.sh/release-name": owner.release, "meta.helm.sh/release-namespace": owner.namespace},
        }
        namespaced = item.kind not in {"ClusterRole", "Namespace"}
        self.api.put(item.kind, item.name, space=owner.namespace if namespaced else "", metadata=marks, **fields)
