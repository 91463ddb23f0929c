# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The solution by which a platform starts gangs as a whole: which one it is, and how jobs are sent to it.

Kueue is known: it admits a Workload as a whole by quota and, where a flavor has a topology, by what its nodes really have free. Any other
solution is told by the labels and the scheduler that its jobs carry; its queues are the platform's own then.
Source: Kueue documentation, "Cluster Queue", "Topology Aware Scheduling", "Run A Kubernetes Job".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError

from .accelerators import HOST_NAME
from .kinds import Kind
from .manifests import Manifest
from .pods import condition
from .precondition import PreconditionError
from .trace import Followed

if TYPE_CHECKING:
    from .bench import Bench

JSON = Any

GROUP = "kueue.x-k8s.io"
QUEUE_LABEL = f"{GROUP}/queue-name"
ANYWHERE = f"{GROUP}/podset-unconstrained-topology"

_PLURALS = {
    "ResourceFlavor": ("resourceflavors", False),
    "ClusterQueue": ("clusterqueues", False),
    "LocalQueue": ("localqueues", True),
    "Topology": ("topologies", False),
    "Workload": ("workloads", True),
}
_VERSIONS = ("v1beta1", "v1beta2")


def _of_all_versions(*names: str) -> tuple[Kind, ...]:
    found = ((name, f"{GROUP}/{version}", *_PLURALS[name]) for version in _VERSIONS for name in names)
    return tuple(Kind(name, api, plural, namespaced=namespaced) for name, api, plural, namespaced in found)


MADE = _of_all_versions("ResourceFlavor", "ClusterQueue", "LocalQueue", "Topology")
"""What queues are made of, in the versions of Kueue that are known; a platform serves some of them."""

WORKLOADS = _of_all_versions("Workload")
"""What Kueue makes of a job."""

_AMPLE = {"cpu": "10k", "memory": "100Ti"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a job carries so that the solution takes care of it.

    Attributes:
        labels: of the job and its pods.
        annotations: of its pods.
        scheduler: schedulerName of its pods; empty for the default one.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    scheduler: str = ""


NO_TICKET = Ticket()
"""For a job that nobody holds back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much a queue admits at one time.

    Attributes:
        quota: resource → quantity; processor and memory that are not named are ample.
        node_labels: of the nodes whose free resources count; empty where only the quota does.
    """

    quota: Mapping[str, str]
    node_labels: Mapping[str, str] = field(default_factory=dict)


class GivenSolution:
    """A solution that the options describe.

    Args:
        ticket: what its jobs carry.
    """

    name = "given"
    has_quota = False

    def __init__(self, ticket: Ticket) -> None:
        self._ticket = ticket

    def queue(self, _bench: Bench, _role: str, _room: Room) -> Ticket:
        """The ticket to the platform's own queue, however much it admits."""
        return self._ticket

    def await_word(self, _bench: Bench, _job: JSON, *, seconds: float) -> None:
        """Waits for nothing: when this solution has decided is not known.

        Args:
            seconds: how long another solution would be waited for.
        """

    def workloads(self, _bench: Bench, _fact: str, _job: JSON) -> None:
        """Records nothing: what this solution thinks of a job is not known."""


class Kueue:
    """Kueue, through objects of the run.

    Args:
        kinds: by name, with the version in which each is served.
    """

    name = "kueue"
    has_quota = True

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self.kinds = kinds

    def queue(self, bench: Bench, role: str, room: Room) -> Ticket:
        """Makes a queue, and waits until it admits.

        Raises:
            ApiError: the server or a webhook refuses one of its objects.
            ConformanceError: it does not become active.
        """
        by_nodes = bool(room.node_labels) and "Topology" in self.kinds
        name = bench.identity.unique(bench.name(role))
        if by_nodes:
            levels = {"spec": {"levels": [{"nodeLabel": HOST_NAME}]}}
            bench.create(f"{role}.topology", Manifest(kind=self.kinds["Topology"], fields=levels, labels={}), name=name)
        flavor = {"nodeLabels": dict(room.node_labels), **({"topologyName": name} if by_nodes else {})} if room.node_labels else {}
        bench.create(f"{role}.flavor", Manifest(kind=self.kinds["ResourceFlavor"], fields={"spec": flavor}, labels={}), name=name)
        bench.create(
            f"{role}.cluster", Manifest(kind=self.kinds["ClusterQueue"], fields=_cluster_queue(bench, name, room), labels={}), name=name
        )
        local = Manifest(kind=self.kinds["LocalQueue"], fields={"spec": {"clusterQueue": name}}, labels={})
        self._active(bench, bench.create(f"{role}.local", local, name=name))
        return Ticket(labels={QUEUE_LABEL: name}, annotations={ANYWHERE: "true"} if by_nodes else {})

    def await_word(self, bench: Bench, job: JSON, *, seconds: float) -> None:
        """Waits until Kueue has admitted a job, or has said why it does not: it may have other gangs to start first.

        Args:
            bench: the way to the cluster.
            job: as it was made.
            seconds: how long to wait.
        """

        def has_word(found: list[JSON]) -> bool | None:
            reserved = [condition(item, "QuotaReserved") for item in found if _is_of(item, job)]
            return any(word.get("status") == "True" or word.get("message") for word in reserved) or None

        with Followed(bench.cluster, self.kinds["Workload"].collection(bench.namespace)) as workloads:
            workloads.until(has_word, seconds=seconds)

    def workloads(self, bench: Bench, fact: str, job: JSON) -> None:
        """Records the Workloads that stand for a job: what Kueue thinks of it."""
        found = bench.cluster.list(self.kinds["Workload"].collection(bench.namespace)).items
        bench.note(fact, [item for item in found if _is_of(item, job)])

    def _active(self, bench: Bench, queue: JSON) -> None:
        name, seconds = queue["metadata"]["name"], bench.settings.start_seconds
        path = self.kinds["LocalQueue"].collection(bench.namespace)
        with Followed(bench.cluster, path, fields=f"metadata.name={name}") as watched:

            def active(queues: list[JSON]) -> bool | None:
                return any(condition(item, "Active").get("status") == "True" for item in queues) or None

            if watched.until(active, seconds=seconds) is None:
                last: JSON = next(iter(watched.objects.values()), {})
                raise ConformanceError(
                    what=f"waiting for LocalQueue {name}",
                    found=f"not active after {seconds:g} s: {condition(last, 'Active').get('message') or 'no word from Kueue'}",
                    expected="condition Active with status True",
                    look="whether Kueue's controller runs",
                )


Solution = Kueue | GivenSolution


def discover(bench: Bench, *, given: Ticket) -> Solution:
    """The platform's solution.

    Args:
        bench: the way to the cluster.
        given: what the options say jobs carry; empty for a solution that is known here.

    Raises:
        PreconditionError: there is none that is known, and none is described.
        ConformanceError: the cluster cannot be asked.
    """
    if given != NO_TICKET:
        return GivenSolution(given)
    reply = bench.ask("solution", "get", f"/apis/{GROUP}")
    if reply.status != HTTPStatus.OK:
        raise PreconditionError(
            name="gang-solution",
            what="looking for a solution for gang scheduling",
            found=f"the API group {GROUP} is not served, and the options describe no other solution",
            expected="Kueue, or the labels and the scheduler of the jobs of another solution",
            look="kubectl get apiservices, and the options gang_labels and gang_scheduler",
        )
    versions = [str(version["groupVersion"]) for version in reply.body.get("versions") or []]
    preferred = str((reply.body.get("preferredVersion") or {}).get("groupVersion") or "")
    return Kueue(_served(bench, sorted(versions, key=lambda version: version != preferred)))


def _served(bench: Bench, versions: list[str]) -> dict[str, Kind]:
    """The kinds of the solution, each in the first version that serves it."""
    found: dict[str, Kind] = {}
    for version in versions:
        listed = bench.cluster.get(f"/apis/{version}")
        served = {str(resource["name"]) for resource in listed.get("resources") or []}
        for name, (plural, namespaced) in _PLURALS.items():
            if plural in served:
                found.setdefault(name, Kind(name, version, plural, namespaced=namespaced))
    return found


def _cluster_queue(bench: Bench, flavor: str, room: Room) -> JSON:
    quota = {**_AMPLE, **room.quota}
    resources = [{"name": name, "nominalQuota": amount} for name, amount in quota.items()]
    group = {"coveredResources": list(quota), "flavors": [{"name": flavor, "resources": resources}]}
    here = {"matchLabels": {"kubernetes.io/metadata.name": bench.namespace}}
    return {"spec": {"namespaceSelector": here, "resourceGroups": [group]}}


def _is_of(workload: JSON, job: JSON) -> bool:
    return any(owner.get("uid") == job["metadata"]["uid"] for owner in workload["metadata"].get("ownerReferences") or [])
