# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check makes and changes on the cluster, and its waits for what comes of it. All of it is recorded and undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import MERGE_PATCH, successful

from . import manifests
from .asking import Asking, Record
from .watched import Watched

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Reply
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import View

    from .kinds import Kind
    from .ledger import Change, Entry
    from .manifests import Manifest
    from .workspace import Workspace

JSON = Any
T = TypeVar("T")


class Making(Asking):
    """The part of a bench that makes objects, waits and cleans up.

    Args:
        workspace: where to work.
        prefix: start of the names of what is made.
        record: takes every observation.
        disruptive: whether the check may touch what was there before it.
    """

    def __init__(self, *, workspace: Workspace, prefix: str, record: Record, disruptive: bool = False) -> None:
        super().__init__(workspace=workspace, prefix=prefix, record=record)
        self._disruptive = disruptive
        self._made: list[Entry] = []
        self._changed: list[Change] = []

    def attempt(self, role: str, manifest: Manifest, *, name: str = "", space: str = "", dry_run: bool = False) -> Reply:
        """Creates an object if the server lets it, recorded as ``create.<role>``.

        Args:
            role: its part in the check.
            manifest: what to create.
            name: where the object needs another name than its role gives it. Cluster-scoped ones get one of the run's by themselves.
            space: namespace, where it is not the workspace's.
            dry_run: let the server do everything but store it.

        Raises:
            UnreachableError: no answer.
        """
        name = name or (self.name(role) if manifest.kind.namespaced else self.unique(role))
        reply = self.workspace.attempt(manifest, name=name, space=space, dry_run=dry_run)
        if reply.ok and not dry_run:
            self._made.append(self.workspace.entry(reply.body))
        where = (space or self.namespace) if manifest.kind.namespaced else ""
        return self._answered(f"create.{role}", reply, body=self.workspace.body(manifest, name=name, where=where))

    def create(self, role: str, manifest: Manifest, *, name: str = "", space: str = "") -> JSON:
        """Creates an object that nobody has a reason to refuse.

        Raises:
            ApiError: the server refuses.
            UnreachableError: no answer.
        """
        return successful(self.attempt(role, manifest, name=name, space=space)).body

    def deposit(self, role: str, manifest: Manifest, *, space: str) -> JSON:
        """Creates an object that nobody here may read back, in a namespace of the run, and goes with it; recorded as ``create.<role>``.

        Who may list a kind in order to see its objects go may read all of them. A namespace is gone only when all that it held is.

        Args:
            role: its part in the check.
            manifest: what to create.
            space: one of the run's namespaces.

        Raises:
            PermissionError: the run has not made this namespace.
            ApiError: the server refuses.
            UnreachableError: no answer.
        """
        if not self.workspace.owns(space):
            raise PermissionError(f"{self._prefix} would leave {manifest.kind.name} {role} in {space}, which is not the run's")
        body = self.workspace.body(manifest, name=self.name(role), where=space)
        return successful(self.ask(f"create.{role}", "create", manifest.kind.collection(space), body=body)).body

    def space(self, role: str, *, level: str = "restricted", admin_access: bool = False) -> str:
        """Makes one more namespace, recorded as ``space.<role>``; its name.

        Args:
            role: its part in the check.
            level: of the pods that may run in it (Pod Security Standards).
            admin_access: whether claims in it may ask for admin access.

        Raises:
            ConformanceError: it cannot be made.
        """
        name = self.identity.unique(f"{self.settings.namespace_prefix}-{self.name(role)}")
        made = self.workspace.space(manifests.namespace(level=level, admin_access=admin_access), name=name)
        self._made.append(self.workspace.entry(made))
        self._record(f"space.{role}", made)
        return name

    def patch(self, role: str, item: JSON, kind: Kind, body: JSON, *, subresource: str = "") -> Reply:
        """Changes an object that this check has made, by a merge patch, recorded as ``patch.<role>``.

        Raises:
            KeyError: the check has not made it: see ``change``.
            UnreachableError: no answer.
        """
        self.workspace.entry(item)
        path = kind.path(name=item["metadata"]["name"], namespace=item["metadata"].get("namespace", ""))
        where = f"{path}/{subresource}" if subresource else path
        return self.ask(f"patch.{role}", "patch", where, body=body, content_type=MERGE_PATCH)

    def delete(self, role: str, items: Sequence[JSON]) -> None:
        """Deletes objects that this check has made, and waits until they are gone, recorded as ``deleted.<role>``.

        Raises:
            ConformanceError: something does not go.
        """
        entries = [self.workspace.entry(item) for item in items]
        self.workspace.remove(entries)
        self._record(f"deleted.{role}", [f"{entry.kind} {entry.name}" for entry in entries])

    def change(self, role: str, item: JSON, kind: Kind, *, patch: JSON, back: JSON) -> Reply:
        """Changes an object that was there before the run, recorded as ``change.<role>``. It is restored when the check ends.

        Args:
            role: its part in the check.
            item: the object as it was read.
            kind: of the object.
            patch: a merge patch.
            back: the merge patch that makes it what it was.

        Raises:
            PermissionError: the check is not declared disruptive.
            UnreachableError: no answer; it is restored all the same.
        """
        self._require_disruptive(f"change {kind.name} {item['metadata']['name']}")
        path = kind.path(name=item["metadata"]["name"], namespace=item["metadata"].get("namespace", ""))
        change, reply = self.workspace.changes.make(item, path=path, patch=patch, back=back)
        self._changed.append(change)
        return self._answered(f"change.{role}", reply, body=patch)

    def evict(self, role: str, item: JSON, kind: Kind) -> Reply:
        """Deletes an object that was there before the run and that its owner makes again, recorded as ``evict.<role>``.

        Raises:
            PermissionError: the check is not declared disruptive.
            UnreachableError: no answer.
        """
        metadata = item["metadata"]
        self._require_disruptive(f"delete {kind.name} {metadata['name']}")
        path = kind.path(name=metadata["name"], namespace=metadata.get("namespace", ""))
        return self.ask(f"evict.{role}", "delete", path, body=manifests.delete_options(metadata["uid"]))

    def caused(self, kind: Kind, item: JSON) -> None:
        """Takes note of an object outside the run's namespaces that a controller made because of ours: it has to be gone in the end."""
        self.workspace.caused(kind, item)

    def until(self, decide: Callable[[View], T | None], *, of: Sequence[Kind | Watched], seconds: float) -> T | None:
        """Waits for what some collections show.

        Args:
            decide: pure; None as long as it is undecided.
            of: the kinds that it looks at, in the run's namespace, or other collections.
            seconds: how long to wait.

        Returns:
            The first decision, or None at the deadline.

        Raises:
            ApiError: the server refuses to show one of them; NotFoundError where it does not serve it.
            UnreachableError: no answer.
        """
        for item in of:
            watched = item if isinstance(item, Watched) else Watched(kind=item)
            self.workspace.follow(watched.kind, space=watched.space, everywhere=watched.everywhere, labels=watched.labels)
        return self.workspace.mirror.until(decide, seconds=seconds)

    def watched(
        self,
        fact: str,
        done: Callable[[View], bool],
        *,
        of: Sequence[Kind | Watched],
        seconds: float,
        keep: Callable[[JSON], bool] = lambda _item: True,
    ) -> bool:
        """Waits, and records what the collections show then, as ``{"reached", "waited", "limit", "objects": {kind: […]}}``.

        Args:
            fact: the record's name.
            done: what is waited for; pure.
            of: the kinds that are looked at and recorded, in the run's namespace, or other collections.
            seconds: how long to wait.
            keep: which objects are recorded; pure.

        Returns:
            Whether it came to pass.
        """
        names = list(dict.fromkeys((item.kind if isinstance(item, Watched) else item).name for item in of))
        started = self.cluster.clock.monotonic()

        def shown(view: View) -> dict[str, list[JSON]]:
            return {name: [item for item in view.all(name) if keep(item)] for name in names}

        found = self.until(lambda view: shown(view) if done(view) else None, of=of, seconds=seconds)
        objects = found if found is not None else self.until(shown, of=of, seconds=0)
        waited = round(self.cluster.clock.monotonic() - started, 3)
        self._record(fact, {"reached": found is not None, "waited": waited, "limit": seconds, "objects": objects or {}})
        return found is not None

    @property
    def has_changes(self) -> bool:
        """Whether something that was there before is changed."""
        return bool(self._changed)

    def close(self) -> None:
        """Restores what was changed here, removes what was made, and waits until it is gone.

        Raises:
            ConformanceError: something is left. The workspace tries again when it closes.
        """
        self.workspace.changes.restore(self._changed)
        self.workspace.remove(self._made[::-1])

    def _require_disruptive(self, what: str) -> None:
        if not self._disruptive:
            raise PermissionError(f"{self._prefix} would {what}, which was there before the run: only a disruptive check may")
