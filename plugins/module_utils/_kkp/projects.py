# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Projects. Source: KKP API v1, /projects; their status goes Inactive, Active, Terminating (sdk/apis/kubermatic/v1/project.go)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from .client import Api, segment
from .errors import AmbiguousNameError, NotReadyInTimeError
from .wait import Look, until

JSON = Any

_PATH = "/api/v1/projects"
_ID = re.compile(r"[a-z0-9]{10}")  # as KKP makes them up
ACTIVE = "Active"


class Named(Protocol):
    """Has an id, which is unique, and a name, which is not."""

    @property
    def id(self) -> str:
        """The id."""

    @property
    def name(self) -> str:
        """The name that people gave."""


N = TypeVar("N", bound=Named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project.

    Attributes:
        id: ten letters and digits.
        name: as people know it.
        status: ``Inactive``, ``Active`` or ``Terminating``.
        deleting: whether it is on its way out.
        body: as KKP returned it.
    """

    id: str
    name: str
    status: str
    deleting: bool
    body: Mapping[str, JSON]

    @classmethod
    def of(cls, body: JSON) -> Project:
        """The project of an answer."""
        status = str(body.get("status") or "")
        deleting = status == "Terminating" or bool(body.get("deletionTimestamp"))
        return cls(id=body["id"], name=body["name"], status=status, deleting=deleting, body=body)

    def as_result(self) -> dict[str, JSON]:
        """What a task returns."""
        spec = self.body.get("spec") or {}
        return {
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "labels": self.body.get("labels") or {},
            "clusters_number": self.body.get("clustersNumber") or 0,
            "allowed_operating_systems": sorted(name for name, allowed in (spec.get("allowedOperatingSystems") or {}).items() if allowed),
        }


class Projects:
    """The projects that the token's owner may see."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def all(self) -> list[Project]:
        """Every project."""
        return [Project.of(body) for body in self._api.get(_PATH) or []]

    def find(self, wanted: str) -> Project | None:
        """The project with this id or name; somebody else's, which an administrator may see, only with this id.

        Raises:
            AmbiguousNameError: several have the name.
        """
        found = by_id_or_name(self.all(), wanted, what="project")
        if found is not None or not _ID.fullmatch(wanted):
            return found
        everybodys = self._api.get(_PATH, query=[("displayAll", "true")]) or []
        return next((Project.of(body) for body in everybodys if body["id"] == wanted), None)

    def create(self, body: Mapping[str, JSON]) -> Project:
        """Makes a project. A service account must name its human owners (``users``)."""
        return self._api.create(_PATH, body, look=lambda: self.find(body["name"]), read=Project.of)

    def update(self, project: Project, body: Mapping[str, JSON]) -> Project:
        """Replaces name, labels and specification."""
        return Project.of(self._api.put(f"{_PATH}/{segment(project.id)}", body))

    def delete(self, project: Project) -> None:
        """Asks for the deletion of a project with everything in it."""
        self._api.delete(f"{_PATH}/{segment(project.id)}")

    def wait_active(self, project: Project, *, seconds: float) -> Project:
        """Waits until the project takes calls: before, KKP answers 503 to them.

        Raises:
            NotReadyInTimeError: it is being deleted, or time is up.
        """

        def look() -> Look[Project]:
            # The list shows a project at any time; the project's own path answers 403 or 503 while it is being made.
            now = self._listed(project)
            if now is None:
                return Look(value=project, lacks="it is not in the list yet")
            if now.deleting:
                raise NotReadyInTimeError(
                    what=f"project {project.name} ({project.id})", found="it is being deleted", expected=ACTIVE, look="who deletes it"
                )
            return Look(value=now, lacks="" if now.status == ACTIVE else f"status {now.status or '(none)'}")

        if project.status == ACTIVE:
            return project
        return until(
            look,
            what=f"project {project.name} ({project.id})",
            expected=f"status {ACTIVE}",
            hint=lambda: "the log of KKP's master-controller-manager",
            clock=self._api.clock,
            seconds=seconds,
        )

    def wait_gone(self, project: Project, *, seconds: float) -> None:
        """Waits until the project is gone; its clusters go first.

        Raises:
            NotReadyInTimeError: time is up.
        """

        def look() -> Look[None]:
            left = self._listed(project)
            return Look(value=None, lacks=f"status {left.status}" if left else "")

        until(
            look,
            what=f"deletion of project {project.name} ({project.id})",
            expected="the project is gone",
            hint=lambda: "the clusters of the project, which go first, and their finalizers",
            clock=self._api.clock,
            seconds=seconds,
        )

    def _listed(self, project: Project) -> Project | None:
        return self.find(project.id)


def by_id_or_name(objects: Sequence[N], wanted: str, *, what: str) -> N | None:
    """The object with this id, else the one with this name; None where there is none.

    Raises:
        AmbiguousNameError: several have the name.
    """
    for item in objects:
        if item.id == wanted:
            return item
    named = [item for item in objects if item.name == wanted]
    if len(named) > 1:
        raise AmbiguousNameError(
            what=f"{what} {wanted}",
            found=f"{len(named)} of that name: {', '.join(item.id for item in named)}",
            expected="one",
            look="the list in the KKP dashboard; name the one that is meant by its id",
        )
    return named[0] if named else None
