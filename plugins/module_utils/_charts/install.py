# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""A chart, set on a cluster: looked at before anything is changed, watched while it becomes ready, taken back where it does not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import Deadline
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.discovery import Served, served
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError
from ansible_collections.ailab.conformance.plugins.module_utils._engine.entry import Outcome
from ansible_collections.ailab.conformance.plugins.module_utils._ready.dry_run import admitted
from ansible_collections.ailab.conformance.plugins.module_utils._ready.predicates import hopeless
from ansible_collections.ailab.conformance.plugins.module_utils._ready.wait import Want, wait

from .cluster_wide import apply_crds, make_namespace, remove_crds, remove_namespace
from .manifest import Object, difference, objects, workloads
from .ownership import MANAGED_BY, US, Owner, foreign, labels_of, missing, namespace_is_free, namespace_of, refuse
from .post_renderer import documents, is_crd, rendered
from .program import Chart, Helm, HelmError
from .release import DEPLOYED, Release, sign, stored

JSON = Any


class NotReadyError(ConformanceError):
    """What a chart made does not become ready."""


class Hand(Protocol):
    """Who changes releases."""

    def set(self, order: Order) -> None:
        """Install or upgrade, without waiting for more than the chart's hooks.

        Raises:
            HelmError: it has failed.
        """

    def remove(self, owner: Owner, *, seconds: float) -> None:
        """Uninstall, and wait until the objects are gone.

        Raises:
            HelmError: it has failed.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for.

    Attributes:
        owner: name and namespace of the release.
        chart: the chart.
        values: on top of the chart's own.
        registry: where images come from; empty for where the chart has them from.
        manage_crds: whether CRDs are set and removed with the release. False: those that are there are used.
        namespace_labels: of the namespace, such as those of Pod Security admission.
        shared_namespace: whether the namespace may belong to somebody else.
        adopt: whether a release of this name that somebody else made is taken over.
        seconds: by when all of it must be ready.
        hopeless_seconds: after how long a pod that will not run ends the wait.
        objects: what must be ready on top of the chart's workloads.
        dry_runs: what the API server must admit in a dry run, so that webhooks are known to answer.
    """

    owner: Owner
    chart: Chart
    values: Mapping[str, JSON]
    registry: str
    manage_crds: bool
    namespace_labels: Mapping[str, str]
    shared_namespace: bool
    adopt: bool
    seconds: float
    hopeless_seconds: float
    objects: Sequence[Want]
    dry_runs: Sequence[JSON]

    def fingerprint(self) -> str:
        """Of what the release is to be made. The same again means that nothing has to be done.

        Raises:
            ChartError: the chart is not there, or another version.
        """
        made_of = [self.chart.identity(), self.values, self.registry, self.manage_crds, self.namespace_labels]
        return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What setting a release would come to.

    Attributes:
        found: the release as it is; None where there is none.
        manifest: objects of the release to be.
        crds: the chart's CRDs that are to be set.
        diff: what changes.
    """

    found: Release | None
    manifest: Sequence[Object]
    crds: Sequence[Object]
    diff: list[dict[str, str]]


def present(cluster: Cluster, order: Order, *, helm: Helm, hand: Hand, check_mode: bool) -> Outcome:
    """Set a release and wait until it is ready. Where it is already what is asked for, only look whether it is ready.

    Args:
        cluster: the API server.
        order: what is asked for.
        helm: renders the chart and rolls it back.
        hand: changes the release.
        check_mode: whether nothing may be changed.

    Raises:
        ConformanceError: something is somebody else's, the chart cannot be had, or it does not become ready. The cluster is as before then.
    """
    fingerprint = order.fingerprint()
    found = stored(cluster, name=order.owner.release, namespace=order.owner.namespace)
    if found and found.status == DEPLOYED and found.fingerprint == fingerprint and not _is_incomplete(cluster, found):
        if not check_mode:
            _await(cluster, order, objects(found.manifest))
        return Outcome(values={"release": found.as_fact(), "diff": [], "kept": []})
    plan = look(cluster, order, helm=helm, found=found)
    if check_mode:
        return Outcome(changed=True, values={"release": found.as_fact() if found else {}, "diff": plan.diff, "kept": []})
    release = _carry_out(cluster, order, plan, helm=helm, hand=hand)
    sign(cluster, release, fingerprint=fingerprint)
    return Outcome(changed=True, values={"release": release.as_fact(), "diff": plan.diff, "kept": []})


def _is_incomplete(cluster: Cluster, found: Release) -> bool:
    """Whether objects of a release are gone. Helm would not notice, and brings them back when the release is set again."""
    owner = Owner(release=found.name, namespace=found.namespace)
    return next(missing(cluster, objects(found.manifest), kinds=served(cluster), owner=owner), None) is not None


def look(cluster: Cluster, order: Order, *, helm: Helm, found: Release | None) -> Plan:
    """Render the chart and see whether all that it would make may be made. Changes nothing.

    Raises:
        OwnershipError: something of it belongs to somebody else.
        ConformanceError: the chart cannot be had, or the API server refuses or does not answer.
    """
    owner = order.owner
    kinds = served(cluster)
    problems = [] if order.shared_namespace else [namespace_is_free(cluster, kinds=kinds, owner=owner)]
    refuse([problem for problem in problems if problem], owner=owner, look="another namespace, or the option shared_namespace")
    if found and not (found.fingerprint or order.adopt or _is_namespace_ours(cluster, owner)):
        refuse(
            [f"Helm release {owner.release}, revision {found.revision}, which this collection did not make"],
            owner=owner,
            look="`helm history`, another name, or the option adopt",
        )
    version = str(cluster.get("/version")["gitVersion"])
    text = helm.template(order.chart, name=owner.release, namespace=owner.namespace, values=order.values, version=version, kinds=kinds)
    manifest = objects(rendered(text, registry=order.registry))
    crds = objects("".join(f"---\n{part}\n" for part in documents(text) if is_crd(part))) if order.manage_crds else []
    theirs = [*foreign(cluster, crds, kinds=kinds, owner=owner), *foreign(cluster, manifest, kinds=kinds, owner=owner)]
    refuse(theirs, owner=owner, look="who installed them; CRDs that shall stay as they are: the option crds")
    before = objects(found.manifest) if found else []
    return Plan(found=found, manifest=manifest, crds=crds, diff=difference(before, [*manifest, *_new(crds, kinds)]))


def _carry_out(cluster: Cluster, order: Order, plan: Plan, *, helm: Helm, hand: Hand) -> Release:
    """Set what was planned, and take it back where it does not become ready."""
    owner, deadline = order.owner, Deadline(clock=cluster.clock, seconds=order.seconds)
    found = _settled(plan.found, helm=helm, hand=hand, seconds=order.seconds)
    made_namespace, made_crds = False, list[str]()
    try:
        made_namespace = make_namespace(cluster, owner=owner, labels=order.namespace_labels)
        made_crds = apply_crds(cluster, plan.crds, owner=owner, seconds=deadline.left())
        hand.set(order)
        _await(cluster, order, plan.manifest, seconds=deadline.left())
    except ConformanceError as problem:
        pods = _hopeless_pods(cluster, owner) if isinstance(problem, HelmError) else []
        if found is None:
            hand.remove(owner, seconds=order.seconds)
            remove_crds(cluster, made_crds, seconds=order.seconds)
            if made_namespace:
                remove_namespace(cluster, owner.namespace, seconds=order.seconds)
        else:
            _roll_back(cluster, found, helm=helm)
        raise _taken_back(problem, pods=pods, new=found is None) from problem
    release = stored(cluster, name=owner.release, namespace=owner.namespace)
    if release is None:
        raise HelmError(
            what=f"reading release {owner.release} back", found="none", expected="what was just installed", look="`helm list --all`"
        )
    return release


def _roll_back(cluster: Cluster, found: Release, *, helm: Helm) -> None:
    """Go back to a release, and say of the new revision of what it is made, as it was said of the old one."""
    helm.rollback(name=found.name, namespace=found.namespace, revision=found.revision)
    restored = stored(cluster, name=found.name, namespace=found.namespace)
    if restored and found.fingerprint:
        sign(cluster, restored, fingerprint=found.fingerprint)


def _taken_back(problem: ConformanceError, *, pods: Sequence[str], new: bool) -> NotReadyError:
    """What went wrong, with what the pods had to say, and what has become of the release."""
    return NotReadyError(
        what=problem.what,
        found="; ".join([problem.found, *pods]),
        expected=f"{problem.expected}; {'the release was removed' if new else 'the release was rolled back'}",
        look=problem.look,
    )


def _settled(found: Release | None, *, helm: Helm, hand: Hand, seconds: float) -> Release | None:
    """The release to go on from: an interrupted installation is removed, an interrupted upgrade taken back."""
    if found is None or not (found.status.startswith("pending") or (found.status == "failed" and found.revision == 1)):
        return found
    if found.revision == 1:
        hand.remove(Owner(release=found.name, namespace=found.namespace), seconds=seconds)
        return None
    helm.rollback(name=found.name, namespace=found.namespace, revision=found.revision - 1)
    return found


def _await(cluster: Cluster, order: Order, manifest: Sequence[Object], *, seconds: float | None = None) -> None:
    """Wait until a release's workloads, and what was asked for besides, are ready.

    Raises:
        NotReadyError: they do not become ready.
    """
    deadline = Deadline(clock=cluster.clock, seconds=order.seconds if seconds is None else seconds)
    wants = [*workloads(manifest, namespace=order.owner.namespace), *order.objects]
    waited = wait(cluster, wants, seconds=deadline.left(), hopeless_seconds=order.hopeless_seconds) if wants else None
    lacking = (waited.lacking if waited else []) or admitted(cluster, order.dry_runs, seconds=deadline.left())
    if lacking:
        given_up = "given up, because waiting does not help: " if waited and waited.given_up else ""
        raise NotReadyError(
            what=f"waiting for release {order.owner.release} in namespace {order.owner.namespace}",
            found=given_up + "; ".join(lacking),
            expected=f"all of it ready within {order.seconds:g} s",
            look=f"`kubectl --namespace {order.owner.namespace} get pods,events`",
        )


def _hopeless_pods(cluster: Cluster, owner: Owner) -> list[str]:
    """What pods say for themselves, for a message: those of hooks are waited for by Helm, which tells only that it waited."""
    try:
        pods = cluster.list(f"/api/v1/namespaces/{owner.namespace}/pods").items
    except ConformanceError:
        return []
    return [f"pod {pod['metadata']['name']}: {said}" for pod in pods if (said := hopeless(pod))]


def _new(crds: Sequence[Object], kinds: Sequence[Served]) -> list[Object]:
    there = {(entry.group, entry.kind) for entry in kinds}
    return [crd for crd in crds if (crd.definition["spec"]["group"], crd.definition["spec"]["names"]["kind"]) not in there]


def _is_namespace_ours(cluster: Cluster, owner: Owner) -> bool:
    item = namespace_of(cluster, owner.namespace)
    return item is not None and labels_of(item).get(MANAGED_BY) == US
