# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The namespace of a requirement's run, its mirror, and the list of all that the run has made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Reply, successful
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError, UnreachableError
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import Mirror, Source, View

from . import kinds
from .ledger import Entry, Ledger, Step
from .manifests import Manifest, namespace
from .removal import delete, find

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster

    from .identity import Identity
    from .settings import Settings

JSON = Any

_LIFE_SECONDS = 3600.0
_SHOWN_SECONDS = 5.0
_MIRRORED = (kinds.POD, kinds.EVENT, kinds.RESOURCE_CLAIM, kinds.RESOURCE_CLAIM_TEMPLATE, kinds.SERVICE_ACCOUNT)


class LeftBehindError(ConformanceError):
    """Something that was deleted is still there at the deadline."""


class Workspace:
    """A context manager: entering makes the namespace, leaving removes all that has been made and waits until it is gone.

    Args:
        cluster: the API server.
        identity: whose namespace.
        settings: durations and names.
        ledger: where creations are noted first.

    Attributes:
        leaked: after leaving: what could not be removed, or not be seen to be gone.
        problem: after leaving: why the clean-up could not be verified; None when it could.
    """

    def __init__(self, *, cluster: Cluster, identity: Identity, settings: Settings, ledger: Ledger) -> None:
        self.cluster = cluster
        self.identity = identity
        self.settings = settings
        self.namespace = identity.unique(f"{settings.namespace_prefix}-{identity.requirement}")
        self.leaked: tuple[Entry, ...] = ()
        self.problem: ConformanceError | None = None
        self._ledger = ledger
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str, str], Entry] = {}
        ours = {kind.name: Source(path=kind.collection(), labels=identity.selector) for kind in (kinds.NAMESPACE, kinds.DEVICE_CLASS)}
        inside = {kind.name: Source(path=kind.collection(self.namespace)) for kind in _MIRRORED}
        self.mirror = Mirror(cluster, {**ours, **inside}, seconds=_LIFE_SECONDS)

    def __enter__(self) -> Self:
        self.mirror.__enter__()
        try:
            self.create(namespace(), name=self.namespace)
            self._await_service_account()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self.remove(list(self._made.values()))
        except LeftBehindError:
            pass  # what is left is what the list still holds
        except ConformanceError as failure:
            self.problem = failure
        self.leaked = tuple(self._made.values())
        self.mirror.__exit__(kind, problem, trace)

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
            UnreachableError: no answer.
        """
        where = (space or self.namespace) if manifest.kind.namespaced else ""
        body = self.body(manifest, name=name, where=where)
        if dry_run:
            return self.cluster.call("create", manifest.kind.collection(where), query=[("dryRun", "All")], body=body)
        entry = Entry(requirement=self.identity.requirement, kind=manifest.kind.name, namespace=where, name=name)
        self._note(Step.INTENT, entry)
        reply = self.cluster.call("create", manifest.kind.collection(where), body=body)
        if reply.ok:
            self._created(replace(entry, uid=reply.body["metadata"]["uid"]))
        elif reply.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            self._note(Step.GONE, entry)
        return reply

    def body(self, manifest: Manifest, *, name: str, where: str) -> JSON:
        """The whole object as it is sent."""
        metadata = {"name": name, "labels": {**self.identity.labels, **manifest.labels}, **({"namespace": where} if where else {})}
        return {"apiVersion": manifest.kind.api, "kind": manifest.kind.name, "metadata": metadata, **manifest.fields}

    def entry(self, item: JSON) -> Entry:
        """The list's entry of an object."""
        metadata = item["metadata"]
        return self._made[item["kind"], metadata.get("namespace", ""), metadata["name"]]

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
            ours = [entry for entry in entries if (entry.kind, entry.namespace, entry.name) in self._made]
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
            raise LeftBehindError(
                what=f"removing {', '.join(f'{entry.kind} {entry.name}' for entry in ours)}",
                found=f"{len(left)} of them, or their claims, still there after {self.settings.cleanup_seconds:g} s",
                expected="their absence",
                look="their finalizers, and the kubelet or controller that has to remove them",
            )

    def _created(self, entry: Entry) -> None:
        """Notes a creation, and waits until the mirror shows it: what it has never shown could not be seen to go."""
        self._note(Step.CREATED, entry)
        if entry.namespace in {"", self.namespace}:
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
        delete(self.cluster, found)
        return {found["metadata"]["uid"]}

    def _await_service_account(self) -> None:
        """Pods are refused until kube-controller-manager has made the namespace's ServiceAccount."""

        def made(view: View) -> bool | None:
            return any(account["metadata"]["name"] == "default" for account in view.all("ServiceAccount")) or None

        if self.mirror.until(made, seconds=self.settings.start_seconds) is None:
            raise ConformanceError(
                what=f"preparing namespace {self.namespace}",
                found=f"no ServiceAccount default after {self.settings.start_seconds:g} s",
                expected="the one that kube-controller-manager makes for a new namespace",
                look="whether kube-controller-manager runs",
            )

    def _note(self, step: Step, entry: Entry) -> None:
        self._ledger.note(step, entry)
        key = (entry.kind, entry.namespace, entry.name)
        with self._lock:
            if step is Step.GONE:
                self._made.pop(key, None)
            else:
                self._made[key] = entry
