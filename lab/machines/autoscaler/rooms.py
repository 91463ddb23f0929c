# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Room on nodes: what is free on those that are there, and on one more of a group; and whether a pod fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from lab.machines.autoscaler.devices import Device, DeviceRequest
from lab.machines.autoscaler.quantities import quantity
from lab.machines.kube import JSON


@dataclass(frozen=True, slots=True)
class Demand:
    """What a pod needs of a node.

    Attributes:
        key: namespace/name.
        resources: of all its containers, and one of ``pods``.
        devices: of its claims that hold none yet.
        undecided: why the stand-in cannot say whether it fits anywhere.
    """

    key: str
    pod: JSON
    resources: Mapping[str, Fraction]
    devices: tuple[DeviceRequest, ...] = ()
    undecided: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    """A node, or one that could be: what it is and what is free on it.

    Attributes:
        node: its name; empty for one that is not there yet.
        group: the node group that it belongs to; empty where to none.
        claims: whose devices were already taken from it.
    """

    node: str
    group: str
    labels: Mapping[str, str]
    taints: Sequence[JSON]
    free: Mapping[str, Fraction]
    devices: tuple[Device, ...] = ()
    claims: frozenset[str] = field(default_factory=frozenset)

    def refusal(self, demand: Demand) -> str:
        """Why a pod does not fit, in the scheduler's words; empty where it does."""
        spec = demand.pod["spec"]
        if any(not _tolerated(taint, spec.get("tolerations") or ()) for taint in self.taints if taint["effect"] != "PreferNoSchedule"):
            return "node(s) had untolerated taint(s)"
        if not _selected(spec, self.labels):
            return "node(s) didn't match Pod's node affinity/selector"
        for name, amount in sorted(demand.resources.items()):
            if amount > self.free.get(name, Fraction(0)):
                return f"Insufficient {name}"
        return "" if self._picked(demand) is not None else "cannot allocate all claims"

    def with_pod(self, demand: Demand) -> Room:
        """The room that is left when a pod that fits is there."""
        picked = self._picked(demand) or ()
        return replace(
            self,
            free={name: amount - demand.resources.get(name, 0) for name, amount in self.free.items()},
            devices=tuple(device for device in self.devices if not any(device is taken for taken in picked)),
            claims=self.claims | {request.claim for request in demand.devices},
        )

    def leftover(self) -> tuple[Fraction, Fraction]:
        """What would lie idle: accelerators first, then processors."""
        extended = sum((amount for name, amount in self.free.items() if "/" in name), Fraction(len(self.devices)))
        return extended, self.free.get("cpu", Fraction(0))

    def _picked(self, demand: Demand) -> list[Device] | None:
        left, picked = list(self.devices), []
        for request in demand.devices:
            if request.claim in self.claims:
                continue
            fit = [device for device in left if request.matches(device)][: request.count]
            if len(fit) < request.count:
                return None
            picked += fit
            left = [device for device in left if not any(device is taken for taken in fit)]
        return picked


def pod_resources(pod: JSON) -> dict[str, Fraction]:
    """What a pod asks of its node: its containers and sidecars together, or its hungriest start-up step (KEP-753), and its overhead."""
    spec = pod["spec"]
    total: dict[str, Fraction] = _sum(_requests(container) for container in spec.get("containers") or ())
    sidecars: dict[str, Fraction] = {}
    peak: dict[str, Fraction] = {}
    for container in spec.get("initContainers") or ():
        wanted = _sum([sidecars, _requests(container)])
        if container.get("restartPolicy") == "Always":
            sidecars = wanted
        peak = {name: max(peak.get(name, Fraction(0)), wanted.get(name, Fraction(0))) for name in {*peak, *wanted}}
    total = _sum([total, sidecars])
    steady = {name: max(total.get(name, Fraction(0)), peak.get(name, Fraction(0))) for name in {*total, *peak}}
    overhead = {name: quantity(text) for name, text in (spec.get("overhead") or {}).items()}
    return {name: amount for name, amount in {**_sum([steady, overhead]), "pods": Fraction(1)}.items() if amount}


def amounts(values: Mapping[str, str] | None) -> dict[str, Fraction]:
    """The amounts of a resource list."""
    return {name: quantity(text) for name, text in (values or {}).items()}


def _requests(container: JSON) -> dict[str, Fraction]:
    resources = container.get("resources") or {}
    return amounts({**(resources.get("limits") or {}), **(resources.get("requests") or {})})


def _sum(parts: Iterable[Mapping[str, Fraction]]) -> dict[str, Fraction]:
    total: dict[str, Fraction] = {}
    for part in parts:
        for name, amount in part.items():
            total[name] = total.get(name, Fraction(0)) + amount
    return total


def _tolerated(taint: JSON, tolerations: Sequence[JSON]) -> bool:
    return any(
        toleration.get("effect") in (None, "", taint["effect"])
        and (
            (not toleration.get("key") and toleration.get("operator") == "Exists")
            or (
                toleration.get("key") == taint["key"]
                and (toleration.get("operator") == "Exists" or (toleration.get("value") or "") == (taint.get("value") or ""))
            )
        )
        for toleration in tolerations
    )


def _selected(spec: JSON, labels: Mapping[str, str]) -> bool:
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    affinity = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    if not affinity:
        return True
    return any(_matches(term, labels) for term in affinity.get("nodeSelectorTerms") or ())


def _matches(term: JSON, labels: Mapping[str, str]) -> bool:
    expressions = term.get("matchExpressions") or ()
    # A term that names a node means one that is there, and an empty one means none.
    return bool(expressions) and not term.get("matchFields") and all(_holds(expression, labels) for expression in expressions)


def _holds(expression: JSON, labels: Mapping[str, str]) -> bool:
    """Whether a node has what one expression asks for (core/v1 NodeSelectorRequirement)."""
    found, values = labels.get(expression["key"]), list(expression.get("values") or [])
    match expression["operator"]:
        case "In":
            return found in values
        case "NotIn":
            return found not in values
        case "Exists":
            return found is not None
        case "DoesNotExist":
            return found is None
        case "Gt":
            return found is not None and int(found) > int(values[0])
        case _:
            return found is not None and int(found) < int(values[0])
