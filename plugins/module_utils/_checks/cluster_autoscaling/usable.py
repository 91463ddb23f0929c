# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CA-05: the new node is of use: the pod runs on it and sees its accelerators."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success, uuids_in
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import CONTAINER
from ansible_collections.ailab.conformance.plugins.module_utils._platform.quantity import parse
from ansible_collections.ailab.conformance.plugins.module_utils._platform.timeline import Timeline

from .growth import GROWTH, grow_and_shrink
from .needs import GROWS
from .outcome import added, looked_at, ran_on, seen_world
from .requirement import CLUSTER_AUTOSCALING
from .variants import Told

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.node_groups import Member

JSON = Any


class NodeIsUsable(RecordedControl[Told]):
    """The pod that waited runs on the new node, which offers the accelerators, and sees devices that no pod on another node sees.

    A node without its driver is a machine that costs money. The control is what was just seen, with the pod on a node that was there
    before.
    """

    id = "CA-05"
    requirement = CLUSTER_AUTOSCALING.id
    needs = GROWS
    title = "the new node's accelerators are used"
    asks = "Does the waiting pod run on the new node, and see as many devices there as it asked for, none of them another's?"
    broken_looks_like = "The node comes and offers no accelerators, the pod runs elsewhere, or it sees devices of other nodes."
    sources = ("KAR-0055: the pod runs",)
    subject = Told(at="after the node has come")
    control = Told(at="the same with the pod on a node that was there before")
    control_reason = "not-on-new-node"
    subject_takes = GROWTH

    def observe(self, bench: Bench, _variant: Told, /) -> None:
        """Plays the scenario, or takes part in it."""
        grow_and_shrink(bench)

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same with the pod on another node."""
        trigger = copy.deepcopy(subject.last("trigger") or {"changes": []})
        for change in trigger["changes"]:
            if change.get("node"):
                change["node"] = "a-node-that-was-there-before"
        kept = [fact for fact in subject.facts if fact.name not in {"trigger", "variant"}]
        return [*((fact.name, fact.data) for fact in kept), ("trigger", trigger)]

    def evaluate(self, seen: Seen) -> Finding:
        """Looks where the pod runs and what it sees."""
        if (problem := looked_at(seen, "world.before", "world.grown")) is not None:
            return problem
        new, trigger, about = added(seen), Timeline.read(seen.last("trigger")), seen.last("group")
        if not new:
            return inconclusive("no-new-node", "no node was added: see CA-04")
        names = listed(node.name for node in new.values())
        if not trigger.looked or not trigger.changes:
            return inconclusive("trigger-not-watched", "the pod that waited was not watched to the end")
        where = ran_on(trigger)
        if not where:
            return failure("trigger-not-running", f"{names} came, but the waiting pod did not run on it")
        host = next((node for node in seen_world(seen, "world.grown").nodes if node.name == where), None)
        if host is None or host.uid not in new:
            return failure("not-on-new-node", f"the pod runs on {where}, expected {names}")
        return self._offered(host, about) or self._devices(seen, host.name, about["units"])

    @staticmethod
    def _offered(host: Member, about: JSON) -> Finding | None:
        offered = int(parse(host.offers.get(about["resource"], "0")) or 0)
        if offered < about["units"]:
            return failure("accelerators-missing", f"{host.name} offers {offered} {about['resource']}, expected {about['units']}")
        return None

    @staticmethod
    def _devices(seen: Seen, host: str, units: int) -> Finding:
        shown = {role: uuids_in(str((fact or {}).get("stdout") or "")) for role, fact in seen.named("exec.").items()}
        mine = shown.pop(f"trigger.{CONTAINER}", None)
        if mine is None:
            return inconclusive("pod-not-asked", "the pod on the new node was not asked what it sees")
        if len(set(mine)) != units:
            return failure("devices-missing", f"the pod on {host} sees {listed(mine)}, expected {units} devices")
        others = {uuid for found in shown.values() for uuid in found}
        if not others:
            return inconclusive(
                "others-not-asked", "no pod of the full nodes said what it sees, so that devices of both cannot be compared"
            )
        if set(mine) & others:
            return failure("devices-shared", f"the pod on {host} sees {listed(sorted(set(mine) & others))}, which others have too")
        return success("node-used", f"the pod that waited runs on {host} and sees {listed(mine)}")
