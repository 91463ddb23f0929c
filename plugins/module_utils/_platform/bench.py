# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one side of a check works with. Whatever it does is recorded; what it makes, it removes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import JSON_TYPE, MERGE_PATCH, successful
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import Deadline, timestamp

from . import kinds, manifests
from .devices import allocations, is_allocated, pool_of
from .drivers import registers_driver
from .pods import Progress, Stage, about, claim_names, is_placed
from .survey import Survey, survey
from .workload import Workload

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Reply
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import View

    from .devices import DeviceId
    from .kinds import Kind
    from .ledger import Entry
    from .manifests import ClaimUse, DeviceRequest, Manifest
    from .workspace import Workspace

JSON = Any

_TROUBLE = frozenset({Stage.REFUSED, Stage.UNPREPARED, Stage.IMAGELESS})
_STARTED = frozenset({Stage.RUNNING, Stage.ENDED, Stage.ABSENT})
_PLACED = frozenset(Stage) - {Stage.PENDING, Stage.REFUSED}


class Record(Protocol):
    """Where observations go."""

    def __call__(self, name: str, data: JSON, *, request: tuple[str, str, JSON] | None = None) -> None:
        """Takes a fact, and the call (verb, path, body) that it answers."""


class Bench:
    """Made for one side of one check, closed after it.

    Args:
        workspace: where to work.
        prefix: start of the names of what is made: ``dra-05-subject``.
        record: takes every observation.
    """

    def __init__(self, *, workspace: Workspace, prefix: str, record: Record) -> None:
        self.settings = workspace.settings
        self.identity = workspace.identity
        self.namespace = workspace.namespace
        self._workspace = workspace
        self._cluster = workspace.cluster
        self._prefix = prefix
        self._record = record
        self._made: list[Entry] = []
        self._pods: dict[str, JSON] = {}

    def name(self, role: str) -> str:
        """The name of an object by the part that it plays in the check."""
        return f"{self._prefix}-{role}"

    def ask(self, fact: str, verb: str, path: str, *, body: JSON = None, content_type: str = JSON_TYPE) -> Reply:
        """One request, recorded as ``{"status", "body"}`` whatever the answer.

        Raises:
            UnreachableError: no answer.
        """
        return self._answered(fact, self._cluster.call(verb, path, body=body, content_type=content_type), body=body)

    def listing(self, fact: str, kind: Kind, *, labels: str = "", fields: str = "") -> list[JSON]:
        """All objects of a kind, recorded.

        Raises:
            ApiError: the server refuses.
            UnreachableError: no answer.
        """
        items = self._cluster.list(kind.collection(), labels=labels, fields=fields).items
        self._record(fact, items, request=("list", kind.collection(), None))
        return items

    def note(self, fact: str, data: JSON) -> None:
        """Records something that was chosen or computed here."""
        self._record(fact, data)

    def survey(self) -> Survey:
        """The devices of the class under test, recorded in short as ``devices``.

        Raises:
            ApiError: the server refuses.
            UnreachableError: no answer.
        """
        found = survey(self._cluster, self.settings.device_class)
        self._record("devices", found.as_fact())
        return found

    def drivers(self) -> None:
        """Reads the DaemonSets that register DRA drivers, and the pods of their namespaces, recorded as ``drivers``.

        Raises:
            ApiError: the server refuses.
            UnreachableError: no answer.
        """
        found = [item for item in self._cluster.list(kinds.DAEMON_SET.collection()).items if registers_driver(item)]
        namespaces = sorted({item["metadata"]["namespace"] for item in found})
        pods = [pod for namespace in namespaces for pod in self._cluster.list(kinds.POD.collection(namespace)).items]
        self._record("drivers", {"daemon_sets": found, "pods": pods}, request=("list", kinds.DAEMON_SET.collection(), None))

    def holders(self, device: DeviceId) -> None:
        """Reads which claims have a device, recorded as ``holders``."""
        claims = self._cluster.list(kinds.RESOURCE_CLAIM.collection()).items
        having = [claim for claim in claims if any(allocation.id == device for allocation in allocations(claim))]
        self._record("holders", [f"{claim['metadata']['namespace']}/{claim['metadata']['name']}" for claim in having])

    def attempt(self, role: str, manifest: Manifest, *, name: str = "", space: str = "", dry_run: bool = False) -> Reply:
        """Creates an object if the server lets it, recorded as ``create.<role>``.

        Args:
            role: its part in the check.
            manifest: what to create.
            name: where the object needs another name than its role gives it.
            space: namespace, where it is not the workspace's.
            dry_run: let the server do everything but store it.

        Raises:
            UnreachableError: no answer.
        """
        name = name or self.name(role)
        reply = self._workspace.attempt(manifest, name=name, space=space, dry_run=dry_run)
        if reply.ok and not dry_run:
            self._made.append(self._workspace.entry(reply.body))
        where = (space or self.namespace) if manifest.kind.namespaced else ""
        return self._answered(f"create.{role}", reply, body=self._workspace.body(manifest, name=name, where=where))

    def create(self, role: str, manifest: Manifest, *, name: str = "") -> JSON:
        """Creates an object that nobody has a reason to refuse.

        Raises:
            ApiError: the server refuses.
            UnreachableError: no answer.
        """
        return successful(self.attempt(role, manifest, name=name)).body

    def claim(self, role: str, request: DeviceRequest) -> ClaimUse:
        """Makes a ResourceClaim, for pods to use by name."""
        return manifests.ClaimUse(claim=self.create(role, manifests.claim(request))["metadata"]["name"])

    def template(self, role: str, request: DeviceRequest) -> ClaimUse:
        """Makes a ResourceClaimTemplate, for each pod to get a claim of its own from."""
        manifest = manifests.claim_template(request, labels=self.identity.labels)
        return manifests.ClaimUse(template=self.create(role, manifest)["metadata"]["name"])

    def pod(self, role: str, use: ClaimUse, *, containers: Sequence[str] = ("probe",)) -> None:
        """Makes a probe pod whose containers all use the claim."""
        manifest = manifests.probe_pod(
            image=self.settings.probe_image, use=use, containers=containers, tolerations=self.settings.tolerations
        )
        self._pods[role] = self.create(f"{role}-pod", manifest)

    def placed(self, role: str, *, settle: float | None = None, fact: str = "workload") -> Workload:
        """Waits for the scheduler's decision about a pod, recorded as ``<fact>.<role>``.

        Args:
            role: of the pod.
            settle: seconds for which a refusal must stand before it counts; the settling time of the settings when not given.
            fact: first part of the record's name.
        """
        return self._reached(role, _PLACED, settle=self.settings.settle_seconds if settle is None else settle, fact=fact)

    def running(self, role: str, *, settle: float | None = None) -> Workload:
        """Waits until a pod runs, or until the platform has said why it does not, recorded as ``workload.<role>``.

        Args:
            role: of the pod.
            settle: seconds for which trouble must stand before it counts; the settling time of the settings when not given.
        """
        return self._reached(role, _STARTED, settle=self.settings.settle_seconds if settle is None else settle, fact="workload")

    def execute(self, role: str, command: Sequence[str], *, container: str = "probe") -> None:
        """Runs a command in a pod's container, recorded as ``exec.<role>.<container>``.

        Raises:
            ExecError: the command did not come to an end.
        """
        path = kinds.POD.path(name=self._pods[role]["metadata"]["name"], namespace=self.namespace)
        done = self._cluster.execute(path, container=container, command=command, seconds=self.settings.start_seconds)
        fact = {"command": list(command), "exit_code": done.exit_code, "stdout": done.stdout, "stderr": done.stderr}
        self._record(f"exec.{role}.{container}", fact, request=("exec", path, None))

    def pool(self, role: str, workload: Workload) -> list[JSON]:
        """The slices of the pools from which a workload got devices, and its node, recorded as ``pool.<role>``."""
        wanted = {(allocation.id.driver, allocation.id.pool) for allocation in workload.allocations}
        slices = [
            item
            for driver in sorted({driver for driver, _ in wanted})
            for item in self._cluster.list(kinds.RESOURCE_SLICE.collection(), fields=f"spec.driver={driver}").items
            if pool_of(item) in wanted
        ]
        self._record(f"pool.{role}", {"slices": slices, "node": self._node(workload)})
        return slices

    def release(self, role: str) -> None:
        """Deletes a pod and waits until its claims are not allocated any more, recorded as ``released.<role>``.

        Raises:
            ConformanceError: the pod does not go.
        """
        before = self._now(role)
        pod = self._pods[role]
        self._workspace.remove([self._workspace.entry(pod)])
        uids = [claim["metadata"]["uid"] for claim in before.claims]

        def deallocated(view: View) -> bool | None:
            return not any(is_allocated(view.by_uid("ResourceClaim", uid)) for uid in uids) or None

        self._workspace.mirror.until(deallocated, seconds=self.settings.start_seconds)
        after = self._workspace.mirror.until(lambda view: [view.by_uid("ResourceClaim", uid) for uid in uids], seconds=0)
        self._record(f"released.{role}", {"claims": after})

    def close(self) -> None:
        """Removes what was made here, and waits until it is gone and its devices are free.

        Raises:
            ConformanceError: something is left. The workspace tries again when it closes.
        """
        pods = {pod["metadata"]["uid"] for pod in self._pods.values()}

        def no_claims(view: View) -> bool:
            owners = (owner.get("uid") for claim in view.all("ResourceClaim") for owner in claim["metadata"].get("ownerReferences") or [])
            return not any(owner in pods for owner in owners)

        self._workspace.remove(self._made, also=no_claims)

    def _answered(self, fact: str, reply: Reply, *, body: JSON) -> Reply:
        self._record(fact, {"status": reply.status, "body": reply.body}, request=(reply.verb, reply.path, body))
        return reply

    def _reached(self, role: str, goal: frozenset[Stage], *, settle: float, fact: str) -> Workload:
        mirror, deadline = self._workspace.mirror, Deadline(clock=self._cluster.clock, seconds=self.settings.start_seconds)

        def notable(view: View) -> Workload | None:
            workload = self._workload(view, role)
            return workload if workload.progress.stage in goal | _TROUBLE else None

        while (reached := mirror.until(notable, seconds=deadline.left())) is not None:
            progress = reached.progress
            if progress.stage in goal:
                break
            if progress.stage is Stage.UNPREPARED and not progress.lasting:
                self._nudge(role)
            changed = mirror.until(self._left(role, progress), seconds=min(settle, deadline.left()))
            if changed is None and progress.lasting:
                break
        final = self._with_claims(role)
        self._record(f"{fact}.{role}", final.as_fact(), request=("watch", kinds.POD.collection(self.namespace), None))
        return final

    def _nudge(self, role: str) -> None:
        """Makes the kubelet try again, recorded as ``nudge.<role>``.

        It does so at every change of a pod, and of itself not for a minute (pkg/kubelet/kuberuntime, SyncPod: a failed preparation is no
        error to back off from).
        """
        path = kinds.POD.path(name=self._pods[role]["metadata"]["name"], namespace=self.namespace)
        annotation = {"ai-conformance/nudged": timestamp(self._cluster.clock.now())}
        self.ask(f"nudge.{role}", "patch", path, body={"metadata": {"annotations": annotation}}, content_type=MERGE_PATCH)

    def _left(self, role: str, progress: Progress) -> Callable[[View], bool | None]:
        """Whether a pod is not where it was any more; more words for the same trouble are no change."""

        def changed(view: View) -> bool | None:
            now = self._workload(view, role).progress
            return (now.stage, now.lasting) != (progress.stage, progress.lasting) or None

        return changed

    def _with_claims(self, role: str) -> Workload:
        """The workload as it is, with its claims as they are once the pod is placed: the watches of two kinds do not keep step."""

        def complete(view: View) -> Workload | None:
            workload = self._workload(view, role)
            if workload.pod is None or not is_placed(workload.pod):
                return workload
            wanted = len(workload.pod["spec"].get("resourceClaims") or [])
            return workload if sum(is_allocated(claim) for claim in workload.claims) == wanted else None

        found = self._workspace.mirror.until(complete, seconds=self.settings.settle_seconds)
        return found or self._now(role)

    def _now(self, role: str) -> Workload:
        found = self._workspace.mirror.until(lambda view: self._workload(view, role), seconds=0)
        return found or Workload(pod=None, events=[], claims=[])

    def _workload(self, view: View, role: str) -> Workload:
        pod = view.by_uid("Pod", self._pods[role]["metadata"]["uid"])
        if pod is None:
            return Workload(pod=None, events=[], claims=[])
        claims: Mapping[str, JSON] = {claim["metadata"]["name"]: claim for claim in view.all("ResourceClaim")}
        return Workload(pod=pod, events=about(pod, view.all("Event")), claims=[claims[name] for name in claim_names(pod) if name in claims])

    def _node(self, workload: Workload) -> JSON:
        name = (workload.pod or {}).get("spec", {}).get("nodeName")
        return self._cluster.get(kinds.NODE.path(name=name)) if name else None
