# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications that are installed in a cluster.

Source: KKP API v2, /clusters/{c}/applicationinstallations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .client import Api, segment
from .wait import Look, until

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An installed application.

    Attributes:
        name: of the ApplicationInstallation.
        namespace: of the ApplicationInstallation, not of what it installs.
        deleting: whether it is on its way out.
        body: as KKP returned it.
    """

    name: str
    namespace: str
    deleting: bool
    body: Mapping[str, JSON]

    @classmethod
    def of(cls, body: JSON) -> Application:
        """The application of an answer."""
        return cls(
            name=str(body["name"]), namespace=str(body.get("namespace") or ""), deleting=bool(body.get("deletionTimestamp")), body=body
        )

    @property
    def spec(self) -> Mapping[str, JSON]:
        """Its specification."""
        return self.body.get("spec") or {}

    def condition(self, kind: str) -> Mapping[str, JSON]:
        """The condition of a type; empty where there is none. KKP returns them in any order."""
        conditions = (self.body.get("status") or {}).get("conditions") or []
        return next((dict(item) for item in conditions if item.get("type") == kind), {})

    def lacking(self) -> str:
        """What stands between it and being installed; empty for nothing."""
        for kind in ("ManifestsRetrieved", "Ready"):
            condition = self.condition(kind)
            if condition.get("status") != "True":
                said = ": ".join(str(condition[key]) for key in ("reason", "message") if condition.get(key))
                return f"{kind} is {condition.get('status') or 'not reported'}{f' ({said})' if said else ''}"
        return ""

    def as_result(self) -> dict[str, JSON]:
        """What a task returns."""
        reference = self.spec.get("applicationRef") or {}
        conditions = [self.condition(kind) for kind in ("ManifestsRetrieved", "Ready")]
        return {
            "name": self.name,
            "namespace": self.namespace,
            "application": str(reference.get("name") or ""),
            "version": str(reference.get("version") or ""),
            "target_namespace": str((self.spec.get("namespace") or {}).get("name") or ""),
            "conditions": [condition for condition in conditions if condition],
            "ready": not self.lacking(),
        }


class Applications:
    """The applications of a cluster.

    Args:
        api: KKP.
        cluster_path: of the cluster.
    """

    def __init__(self, api: Api, *, cluster_path: str) -> None:
        self._api = api
        self._path = f"{cluster_path}/applicationinstallations"

    def find(self, *, namespace: str, name: str) -> Application | None:
        """The application; None where there is none."""
        body = self._api.find(self._one(namespace, name))
        return Application.of(body) if body else None

    def create(self, body: Mapping[str, JSON]) -> Application:
        """Installs an application; KKP makes the namespace of the ApplicationInstallation where it is missing."""
        place = {"namespace": body["namespace"], "name": body["name"]}
        return self._api.create(self._path, body, look=lambda: self.find(**place), read=Application.of)

    def replace(self, body: Mapping[str, JSON]) -> Application:
        """Replaces the specification."""
        return Application.of(self._api.put(self._one(body["namespace"], body["name"]), body))

    def delete(self, application: Application) -> None:
        """Asks for its removal. KKP refuses for an application that its administrators enforce."""
        self._api.delete(self._one(application.namespace, application.name))

    def wait_ready(self, application: Application, *, seconds: float) -> Application:
        """Waits until it is installed.

        Raises:
            NotReadyInTimeError: time is up; with Helm's own words.
        """

        def look() -> Look[Application]:
            now = Application.of(self._api.get(self._one(application.namespace, application.name)))
            lacks = now.lacking()
            return Look(value=now, lacks=self._api.redactor.text(lacks))

        return until(
            look,
            what=f"application {application.name} in namespace {application.namespace}",
            expected="condition Ready",
            hint=lambda: "the events of the ApplicationInstallation, and the pods of what it installs, in the user cluster",
            clock=self._api.clock,
            seconds=seconds,
        )

    def wait_gone(self, application: Application, *, seconds: float) -> None:
        """Waits until it is removed.

        Raises:
            NotReadyInTimeError: time is up.
        """

        def look() -> Look[None]:
            left = self.find(namespace=application.namespace, name=application.name)
            return Look(value=None, lacks="it still exists" if left else "")

        until(
            look,
            what=f"removal of application {application.name} in namespace {application.namespace}",
            expected="it is gone",
            hint=lambda: "its finalizers, and the pods of what it installed, in the user cluster",
            clock=self._api.clock,
            seconds=seconds,
        )

    def _one(self, namespace: str, name: str) -> str:
        return f"{self._path}/{segment(namespace)}/{segment(name)}"
