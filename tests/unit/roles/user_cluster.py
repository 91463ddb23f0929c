# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user cluster of a KKP of the tests, in which its applications are objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.unit.plugins.api_server import ApiServer
from tests.unit.plugins.kkp.fake_kkp import FakeKkp

JSON = Any


def kubeconfig(api: ApiServer, directory: Path) -> Path:
    """A file that opens a server of the tests."""
    named = {"clusters": "cluster", "users": "user", "contexts": "context"}
    bodies = {"cluster": {"server": api.address}, "user": {}, "context": {"cluster": "cluster", "user": "user"}}
    content = {plural: [{"name": name, name: bodies[name]}] for plural, name in named.items()}
    path = directory / "kubeconfig"
    path.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", "current-context": "context", **content}))
    return path


class UserCluster:
    """An API server that shows what KKP was asked to install.

    Attributes:
        api: the server.
        says: what is wrong with every installation; empty for nothing.
        waiting: for what the pod of an installation waits; empty where it is ready.
    """

    def __init__(self, api: ApiServer, kkp: FakeKkp) -> None:
        self.api, self.kkp = api, kkp
        self.says = ""
        self.waiting: JSON = {}
        api.intercept = self._look

    def _look(self, _method: str, path: str, _body: JSON) -> None:
        if "applicationinstallations" not in path:
            return
        with self.api.changed:
            wanted = {key: body for key, body in self.kkp.state.get("applications", {}).items() if "deletionTimestamp" not in body}
            there = {(item["metadata"]["namespace"], item["metadata"]["name"]) for item in self.api.of_kind("ApplicationInstallation")}
            for space, name in there - wanted.keys():
                self.api.remove("ApplicationInstallation", name, space=space)
                self.api.remove("Pod", f"{name}-x", space=space)
            for space, name in wanted.keys() - there:
                container = {"name": "manager", "image": f"registry.example.com/{name}:v1", "state": {"waiting": self.waiting}}
                ready_too = {"type": "Ready", "status": "False" if self.waiting else "True"}
                status = {"conditions": [ready_too], "containerStatuses": [container]}
                self.api.put("Pod", f"{name}-x", space=space, spec={}, status=status)
                self.api.put("ApplicationInstallation", name, space=space, status={"conditions": self._conditions()})

    def _conditions(self) -> JSON:
        """What KKP says of an installation. Helm waits for the pods: while one waits for something, KKP has no word of Ready."""
        found = {"ManifestsRetrieved": {"status": "True"}}
        if self.says:
            return {**found, "Ready": {"status": "False", "reason": "InstallationFailed", "message": self.says}}
        return found if self.waiting else {**found, "Ready": {"status": "True", "reason": "InstallationSuccessful"}}
