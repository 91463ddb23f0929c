# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The namespaces of a requirement's run, its mirror, and the list of all that the run has made and changed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Reply, successful
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError, NotFoundError, UnreachableError
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import Mirror, Source, View

from . import kinds
from .allocators import Allocator
from .ledger import Entry, Ledger, Step
from .manifests import Manifest, namespace
from .removal import delete, find
from .stories import Stories
from .undo import Changes

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster

    from .identity import Identity
    from .kinds import Kind
    from .settings import Settings

JSON = Any

_LIFE_SECONDS = 7200.0
_SHOWN_SECONDS = 5.0
_EXPLAINED_BY: Mapping[str, tuple[Kind, ...]] = {"Pod": (kinds.EVENT, kinds.RESOURCE_CLAIM)}
"""What is mirrored beside a kind, where it is served: why its objects do not go on."""


class LeftBehindError(ConformanceError):
    """Something that was deleted is still there at the deadline."""


class Workspace:
    """A context manager: entering makes the namespace, leaving restores what was changed, removes all that was made and waits for it.

    Args:
        cluster: the API server.
        identity: whose namespace.
        settings: durations and names.
        ledger: where creations and changes are noted first.
        allocator: of the accelerators for checks that work with either.

    Attributes:
        leaked: after leaving: what could not be removed, or not be seen to be gone.
        problem: after leaving: why the clean-up could not be verified; None when it could.
        changes: of objects that were there before.
        stories: scenarios that several checks look at.
    """

    def __init__(
        self, *, cluster: Cluster, identity: Identity, settings: Settings, ledger: Ledger, allocator: Allocator = Allocator.DRA
    ) -> None:
        self.allocator = allocator
        self.cluster = cluster
        self.identity = identity
        self.settings = settings
        self.namespace = identity.unique(f"{settings.namespace_prefix}-{identity.requirement}")
        self.leaked: tuple[Entry, ...] = ()
        self.problem: ConformanceError | None = None
        self.stories = Stories()
        self.changes = Changes(cluster=cluster, ledger=ledger, requirement=identity.requirement)
        self._ledger = ledger
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str, str, str], Entry] = {}
        self._caused: list[Entry] = []
        self._spaces = {self.namespace}
        self.mirror = Mirror(cluster, {kinds.NAMESPACE.name: self._source(kinds.NAMESPACE, "")}, seconds=_LIFE_SECONDS)

    def __enter__(self) -> Self:
        self.mirror.__enter__()
        try:
            self.create(namespace(), name=self.namespace)
            self.await_service_account(self.namespace)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        for step in (self.changes.restore, self._remove_all, self._await_caused):
            try:
                step()
            except LeftBehindError:
                pass  # what is left is what the lists still hold
            except ConformanceError as failure:
                self.problem = self.problem or failure
        self.leaked = (*self._made.values(), *self._caused)
        self.mirror.__exit__(kind, problem, trace)

    def follow(self, kind: Kind, *, space: str = "", everywhere: bool = False, labels: str = "") -> None:
        """Mirrors a kind from now on.

        Args:
            kind: of objects.
            space: in this namespace, not in the workspace's.
            everywhere: in all namespaces.
            labels: a label selector.

        Raises:
            ApiError: the server refuses to show it; NotFoundError where it does not serve it.
            UnreachableError: no answer.
        """
        source = Source(path=kind.collection("" if everywhere else space or self.namespace), labels=labels)
        self.mirror.follow(kind.name, source, seconds=self.settings.start_seconds)

    def create(self, manifest: Manifest, *, name: str) -> JSON:
        """Creates an object, noted before and after.

        Raises:
            ApiError: the server refuses it.
            UnreachableError: no answer; whether it exists is not known, and it stays on the list of what is to be removed.
        """
        return successful(self.attempt(manifest, name=name)).body

    def attempt(self, manifest: Manifest, *, name: str, space: str = "", dry_run: bool = False) -> Reply:
        """Creates an object, if the server lets it, and returns whatever the server says.

        Args:
            manifest: what to create.
            name: its name.
            space: namespace, where it is not the workspace's.
            dry_run: let the server do everything but store it.

        Raises:
            ApiError: the server does not show objects of this kind, so that none could be seen to go.
            UnreachableError: no answer.
        """
        kind = manifest.kind
        where = (space or self.namespace) if kind.namespaced else ""
        body = self.body(manifest, name=name, where=where)
        if dry_run:
            return self.cluster.call("create", kind.collection(where), query=[("dryRun", "All")], body=body)
        self._follow_made(kind, where)
        entry = Entry(requirement=self.identity.requirement, kind=kind.name, api=kind.api, plural=kind.plural, namespace=where, name=name)
        self._note(Step.INTENT, entry)
        reply = self.cluster.call("create", kind.collection(where), body=body)
        if reply.ok:
            self._created(replace(entry, uid=reply.body["metadata"]["uid"]))
        elif reply.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            self._note(Step.GONE, entry)
        return reply

    def space(self, manifest: Manifest, *, name: str) -> JSON:
        """Makes one more namespace, ready for pods.

        Raises:
            ConformanceError: it cannot be made.
        """
        made = self.create(manifest, name=name)
        self._spaces.add(name)
        self.await_service_account(name)
        return made

    def owns(self, space: str) -> bool:
        """Whether a namespace is one that the run has made."""
        return space in self._spaces

    def body(self, manifest: Manifest, *, name: str, where: str) -> JSON:
        """The whole object as it is sent."""
        metadata = {
            "name": name,
            "labels": {**self.identity.labels, **manifest.labels},
            **({"namespace": where} if where else {}),
            **({"annotations": dict(manifest.annotations)} if manifest.annotations else {}),
        }
        return {"apiVersion": manifest.kind.api, "kind": manifest.kind.name, "metadata": metadata, **manifest.fields}

    def entry(self, item: JSON) -> Entry:
        """The list's entry of an object."""
        metadata = item["metadata"]
        return self._made[item["kind"], item["apiVersion"], metadata.get("namespace", ""), metadata["name"]]

    def caused(self, kind: Kind, item: JSON) -> None:
        """Takes note of an object that somebody's controller made because of ours, and that it has to remove with ours.

        Raises:
            ApiError: the server refuses to show such objects.
        """
        metadata = item["metadata"]
        where = metadata.get("namespace", "")
        source = Source(path=kind.collection(where), fields=f"metadata.name={metadata['name']}")
        self.mirror.follow(kind.name, source, seconds=self.settings.start_seconds)
        self._caused.append(
            Entry(
                requirement=self.identity.requirement,
                kind=kind.name,
                api=kind.api,
                plural=kind.plural,
                namespace=where,
                name=metadata["name"],
                uid=metadata["uid"],
            )
        )

    def remove(self, entries: list[Entry], *, also: Callable[[View], bool] = lambda _: True) -> None:
        """Deletes objects of the list and waits until they are gone.

        Args:
            entries: what to delete. What the list does not hold any more is left alone.
            also: what the mirror must show besides, before the removal counts as done.

        Raises:
            LeftBehindError: something is still there at the deadline.
            ConformanceError: the server refuses or does not answer.
        """
        with self._lock:
            ours = [entry for entry in entries if entry.key in self._made]
        if not ours:
            return
        uids = self._delete_all(ours)

        def there(view: View) -> list[Entry]:
            return [entry for entry in ours if any(view.by_uid(entry.kind, uid) for uid in uids[entry])]

        def gone(view: View) -> bool | None:
            return (not there(view) and also(view)) or None

        done = self.mirror.until(gone, seconds=self.settings.cleanup_seconds)
        left = [] if done else self.mirror.until(there, seconds=0) or []
        for entry in ours:
            if entry not in left:
                self._note(Step.GONE, entry)
        if not done:
            raise self._left_behind(ours, count=len(left))

    def await_service_account(self, space: str) -> None:
        """Pods are refused until kube-controller-manager has made the namespace's ServiceAccount.

        Raises:
            ConformanceError: it does not come.
        """
        self.follow(kinds.SERVICE_ACCOUNT, space=space)

        def made(view: View) -> bool | None:
            accounts = (account["metadata"] for account in view.all("ServiceAccount"))
            return any((account["namespace"], account["name"]) == (space, "default") for account in accounts) or None

        if self.mirror.until(made, seconds=self.settings.start_seconds) is None:
            raise ConformanceError(
                what=f"preparing namespace {space}",
                found=f"no ServiceAccount default after {self.settings.start_seconds:g} s",
                expected="the one that kube-controller-manager makes for a new namespace",
                look="whether kube-controller-manager runs",
            )

    def _source(self, kind: Kind, where: str) -> Source:
        """Where objects of a kind that we make are seen: all of a namespace of ours, what carries our label elsewhere."""
        return Source(path=kind.collection(where), labels="" if where in self._spaces else self.identity.selector)

    def _follow_made(self, kind: Kind, where: str) -> None:
        self.mirror.follow(kind.name, self._source(kind, where), seconds=self.settings.start_seconds)
        for other in _EXPLAINED_BY.get(kind.name, ()):
            with contextlib.suppress(NotFoundError):
                self.mirror.follow(other.name, self._source(other, where), seconds=self.settings.start_seconds)

    def _created(self, entry: Entry) -> None:
        """Notes a creation, and waits until the mirror shows it: what it has never shown could not be seen to go."""
        self._note(Step.CREATED, entry)
        self.mirror.until(lambda view: view.by_uid(entry.kind, entry.uid), seconds=_SHOWN_SECONDS)

    def _delete_all(self, ours: Sequence[Entry]) -> dict[Entry, set[str]]:
        """Asks for the deletion of objects; the UIDs to wait for.

        Raises:
            ConformanceError: the server refuses one, or does not answer. The others were tried.
        """
        problems: list[ConformanceError] = []
        uids: dict[Entry, set[str]] = {}
        for entry in ours:
            try:
                uids[entry] = {entry.uid, *self._delete(entry)}
            except UnreachableError as problem:
                problems.append(problem)
                break
            except ConformanceError as problem:
                problems.append(problem)
        if problems:
            raise problems[0]
        return uids

    def _delete(self, entry: Entry) -> set[str]:
        """Asks for an object's deletion; the UID to wait for."""
        found = find(self.cluster, entry, run_id=self.identity.run_id)
        if found is None:
            return set()
        uid = str(found["metadata"]["uid"])
        delete(self.cluster, entry, uid=uid)
        return {uid}

    def _remove_all(self) -> None:
        """Removes what was made, the newest first."""
        self.remove(list(reversed(self._made.values())))

    def _await_caused(self) -> None:
        """Waits until controllers have removed what they made because of ours."""

        def left(view: View) -> list[Entry]:
            return [entry for entry in self._caused if view.by_uid(entry.kind, entry.uid)]

        if self._caused:
            self.mirror.until(lambda view: not left(view) or None, seconds=self.settings.cleanup_seconds)
            self._caused = self.mirror.until(left, seconds=0) or []

    def _left_behind(self, ours: Sequence[Entry], *, count: int) -> LeftBehindError:
        return LeftBehindError(
            what=f"removing {', '.join(f'{entry.kind} {entry.name}' for entry in ours)}",
            found=f"{count} of them, or their claims, still there after {self.settings.cleanup_seconds:g} s",
            expected="their absence",
            look="their finalizers, and the kubelet or controller that has to remove them",
        )

    def _note(self, step: Step, entry: Entry) -> None:
        self._ledger.note(step, entry)
        with self._lock:
            if step is Step.GONE:
                self._made.pop(entry.key, None)
            else:
                self._made[entry.key] = entry
