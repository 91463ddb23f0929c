# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one side of a check works with. Whatever it does is recorded; what it makes, it removes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import MERGE_PATCH
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import Deadline, timestamp

from . import kinds, manifests
from .allocators import Allocator
from .devices import allocations, is_allocated, pool_of
from .drivers import registers_driver
from .making import Making
from .manifests import Exactly
from .placing import aside
from .pods import Progress, Stage, about, claim_names, is_placed, is_ready
from .probes import NO_ACCELERATORS, Accelerators, ClaimUse, Probe, probe_pod
from .stock import NO_SHARE, NO_STOCK, Share, Stock
from .survey import Survey, survey
from .watched import Watched
from .workload import Workload

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import View
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.transport import Executed

    from .asking import Record
    from .devices import DeviceId
    from .manifests import DeviceRequest, Manifest
    from .workspace import Workspace

JSON = Any

_TROUBLE = frozenset({Stage.REFUSED, Stage.UNPREPARED, Stage.IMAGELESS})
_STARTED = frozenset({Stage.RUNNING, Stage.ENDED, Stage.ABSENT})
_PLACED = frozenset(Stage) - {Stage.PENDING, Stage.REFUSED}


class Bench(Making):
    """Made for one side of one check, closed after it: everything that a check can ask of a platform.

    Args:
        workspace: where to work.
        prefix: start of the names of what is made: ``dra-05-subject``.
        record: takes every observation.
        disruptive: whether it may change what is not ours.
        share: the accelerators that nobody else of the run uses meanwhile.
        stock: the accelerators and nodes of the run.
        occupied: waits for all accelerators of some nodes, and has them while inside.

    Attributes:
        allocator: who gives accelerators out where the check works with either.
        share: the accelerators that nobody else of the run uses meanwhile.
    """

    def __init__(
        self,
        *,
        workspace: Workspace,
        prefix: str,
        record: Record,
        disruptive: bool = False,
        share: Share = NO_SHARE,
        stock: Stock = NO_STOCK,
        occupied: Callable[[Sequence[str]], AbstractContextManager[Share]] | None = None,
    ) -> None:
        super().__init__(workspace=workspace, prefix=prefix, record=record, disruptive=disruptive)
        self.allocator = workspace.allocator
        self.share = share
        self._stock = stock
        self._occupied = occupied
        self._pods: dict[str, JSON] = {}

    @property
    def aside(self) -> JSON:
        """The affinity of pods without accelerators: out of the way of those with some, and of autoscalers."""
        return aside(plain=self._stock.plain, accelerated=self._stock.accelerated)

    @property
    def accelerated(self) -> tuple[str, ...]:
        """The nodes with accelerators that were there when the run began; empty where nobody has looked."""
        return self._stock.accelerated

    def survey(self) -> Survey:
        """The devices of the class under test, recorded in short as ``devices``.

        Raises:
            ApiError: the server refuses.
            UnreachableError: no answer.
        """
        found = survey(self.cluster, self.settings.device_class)
        self._record("devices", found.as_fact())
        return found

    def drivers(self) -> None:
        """Reads the DaemonSets that register DRA drivers, and the pods of their namespaces, recorded as ``drivers``.

        Raises:
            ApiError: the server refuses.
            UnreachableError: no answer.
        """
        found = [item for item in self.cluster.list(kinds.DAEMON_SET.collection()).items if registers_driver(item)]
        namespaces = sorted({item["metadata"]["namespace"] for item in found})
        pods = [pod for namespace in namespaces for pod in self.cluster.list(kinds.POD.collection(namespace)).items]
        self._record("drivers", {"daemon_sets": found, "pods": pods}, request=("list", kinds.DAEMON_SET.collection(), None))

    def holders(self, device: DeviceId) -> None:
        """Reads which claims have a device, recorded as ``holders``."""
        claims = self.cluster.list(kinds.RESOURCE_CLAIM.collection()).items
        having = [claim for claim in claims if any(allocation.id == device for allocation in allocations(claim))]
        self._record("holders", [f"{claim['metadata']['namespace']}/{claim['metadata']['name']}" for claim in having])

    def claim(self, role: str, request: DeviceRequest, *, space: str = "") -> ClaimUse:
        """Makes a ResourceClaim, for pods to use by name."""
        return ClaimUse(claim=self.create(role, manifests.claim(request), space=space)["metadata"]["name"])

    def template(self, role: str, request: DeviceRequest, *, space: str = "") -> ClaimUse:
        """Makes a ResourceClaimTemplate, for each pod to get a claim of its own from."""
        manifest = manifests.claim_template(request, labels=self.identity.labels)
        return ClaimUse(template=self.create(role, manifest, space=space)["metadata"]["name"])

    def accelerators(self, role: str, count: int = 1, *, space: str = "") -> Accelerators:
        """So many accelerators by the run's allocator: with DRA this makes a template, with a device plugin nothing."""
        if self.allocator is Allocator.DEVICE_PLUGIN:
            return Accelerators(resources={self.settings.accelerator_resource: count})
        return Accelerators(claim=self.template(role, Exactly(device_class=self.settings.device_class, count=count), space=space))

    def pod(self, role: str, use: ClaimUse, *, containers: Sequence[str] = ("probe",)) -> None:
        """Makes a probe pod whose containers all use the claim."""
        self.probe(role, Probe(accelerators=Accelerators(claim=use), containers=tuple(containers)))

    def probe(self, role: str, probe: Probe, *, space: str = "") -> None:
        """Makes a probe pod that nobody has a reason to refuse.

        Raises:
            ApiError: the server refuses.
        """
        self._pods[role] = self.create(f"{role}-pod", self.probe_manifest(probe), space=space)

    def probe_manifest(self, probe: Probe) -> Manifest:
        """The pod of a probe with this run's image and tolerations; one with accelerators stays on the nodes of the share."""
        plain, settings = probe.accelerators == NO_ACCELERATORS, self.settings
        within, affinity = ((), self.aside) if plain else (self.share.names, None)
        return probe_pod(probe, image=settings.probe_image, tolerations=settings.tolerations, within=within, affinity=affinity)

    def occupying(self, hosts: Sequence[str]) -> AbstractContextManager[object]:
        """Has all accelerators of a device plugin on these nodes while inside, once nobody else of the run has any there."""
        return self._occupied(hosts) if self._occupied else nullcontext()

    def know(self, role: str, pod: JSON) -> None:
        """Gives a pod that a controller made for us a role, so that it can be waited for and asked."""
        self._pods[role] = pod

    def pod_of(self, role: str) -> JSON:
        """The pod of a role as it was made."""
        return self._pods[role]

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

    def until_ready(self, pods: Sequence[JSON], *, space: str = "") -> None:
        """Waits until some pods are ready, or for as long as pods may take to start.

        Args:
            pods: as they were created.
            space: their namespace, where it is not the workspace's.

        Raises:
            ConformanceError: the server does not show them.
        """
        uids = {pod["metadata"]["uid"] for pod in pods}

        def ready(view: View) -> bool | None:
            found = {pod["metadata"]["uid"] for pod in view.all("Pod") if is_ready(pod)}
            return uids <= found or None

        self.until(ready, of=(Watched(kind=kinds.POD, space=space),), seconds=self.settings.start_seconds)

    def execute(self, role: str, command: Sequence[str], *, container: str = "probe", fact: str = "exec") -> Executed:
        """Runs a command in a pod's container, recorded as ``<fact>.<role>.<container>``.

        Raises:
            ExecError: the command did not come to an end.
        """
        path = self.path_of(role)
        done = self.cluster.execute(path, container=container, command=command, seconds=self.settings.start_seconds)
        said = {"command": list(command), "exit_code": done.exit_code, "stdout": done.stdout, "stderr": done.stderr}
        self._record(f"{fact}.{role}.{container}", said, request=("exec", path, None))
        return done

    def path_of(self, role: str) -> str:
        """Path of a pod."""
        metadata = self._pods[role]["metadata"]
        return kinds.POD.path(name=metadata["name"], namespace=metadata["namespace"])

    def pool(self, role: str, workload: Workload) -> list[JSON]:
        """The slices of the pools from which a workload got devices, and its node, recorded as ``pool.<role>``."""
        wanted = {(allocation.id.driver, allocation.id.pool) for allocation in workload.allocations}
        slices = [
            item
            for driver in sorted({driver for driver, _ in wanted})
            for item in self.cluster.list(kinds.RESOURCE_SLICE.collection(), fields=f"spec.driver={driver}").items
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
        self.workspace.remove([self.workspace.entry(pod)])
        uids = [claim["metadata"]["uid"] for claim in before.claims]

        def deallocated(view: View) -> bool | None:
            return not any(is_allocated(view.by_uid("ResourceClaim", uid)) for uid in uids) or None

        self.workspace.mirror.until(deallocated, seconds=self.settings.start_seconds)
        after = self.workspace.mirror.until(lambda view: [view.by_uid("ResourceClaim", uid) for uid in uids], seconds=0)
        self._record(f"released.{role}", {"claims": after})

    def close(self) -> None:
        """Restores what was changed here, removes what was made, and waits until it is gone and its devices are free.

        Raises:
            ConformanceError: something is left. The workspace tries again when it closes.
        """
        pods = {pod["metadata"]["uid"] for pod in self._pods.values()}

        def no_claims(view: View) -> bool:
            owners = (owner.get("uid") for claim in view.all("ResourceClaim") for owner in claim["metadata"].get("ownerReferences") or [])
            return not any(owner in pods for owner in owners)

        self.workspace.changes.restore(self._changed)
        self.workspace.remove(self._made[::-1], also=no_claims)

    def _reached(self, role: str, goal: frozenset[Stage], *, settle: float, fact: str) -> Workload:
        mirror, deadline = self.workspace.mirror, Deadline(clock=self.cluster.clock, seconds=self.settings.start_seconds)

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
        self._record(f"{fact}.{role}", final.as_fact(), request=("watch", self.path_of(role), None))
        return final

    def _nudge(self, role: str) -> None:
        """Makes the kubelet try again, recorded as ``nudge.<role>``.

        It does so at every change of a pod, and of itself not for a minute (pkg/kubelet/kuberuntime, SyncPod: a failed preparation is no
        error to back off from).
        """
        path = self.path_of(role)
        annotation = {"ai-conformance/nudged": timestamp(self.cluster.clock.now())}
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

        found = self.workspace.mirror.until(complete, seconds=self.settings.settle_seconds)
        return found or self._now(role)

    def _now(self, role: str) -> Workload:
        found = self.workspace.mirror.until(lambda view: self._workload(view, role), seconds=0)
        return found or Workload(pod=None, events=[], claims=[])

    def _workload(self, view: View, role: str) -> Workload:
        pod = view.by_uid("Pod", self._pods[role]["metadata"]["uid"])
        if pod is None:
            return Workload(pod=None, events=[], claims=[])
        space = pod["metadata"]["namespace"]
        claims: Mapping[str, JSON] = {
            claim["metadata"]["name"]: claim for claim in view.all("ResourceClaim") if claim["metadata"]["namespace"] == space
        }
        return Workload(pod=pod, events=about(pod, view.all("Event")), claims=[claims[name] for name in claim_names(pod) if name in claims])

    def _node(self, workload: Workload) -> JSON:
        name = (workload.pod or {}).get("spec", {}).get("nodeName")
        return self.cluster.get(kinds.NODE.path(name=name)) if name else None
