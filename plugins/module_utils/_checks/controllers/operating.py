# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of this package do with the operator."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import Needs, inside
from ansible_collections.ailab.conformance.plugins.module_utils._platform.operators import (
    JOB_SET,
    OPERATORS,
    TRAIN_JOB,
    TRAINING_RUNTIME,
    Operator,
    Task,
)
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError

from .settings import ControllerSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import View
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

RESOURCE = "resource"
"""The part that the custom resource plays in a check."""

SUCCEEDS, FAILS, LASTS = "echo done", "echo broken; exit 1", "sleep 3600"

_TRY_SECONDS, _TRIES = 0.2, 5

_MADE = (TRAIN_JOB, TRAINING_RUNTIME, JOB_SET)
READING = Needs(
    reads=(
        kinds.CUSTOM_RESOURCE,
        kinds.VALIDATING_WEBHOOK,
        kinds.MUTATING_WEBHOOK,
        kinds.SERVICE,
        kinds.ENDPOINT_SLICE,
        kinds.LEASE,
        kinds.POD,
    )
)
TRYING = READING + Needs(makes=(TRAINING_RUNTIME,), tries=_MADE)
RUNNING = Needs(
    makes=_MADE,
    rights=(
        *inside(kinds.JOB, "list", "watch"),
        *inside(kinds.POD, "list", "watch"),
        *(right for kind in _MADE for right in inside(kind, "patch")),
    ),
    images=("probe_image",),
)


def operator_of(bench: Bench) -> Operator:
    """The operator under test: the one that is asked for, or the first that is served. Recorded as ``operator``.

    Raises:
        PreconditionError: its API is not served.
        UnreachableError: no answer.
    """
    wanted = bench.own(ControllerSettings).controller
    candidates = [operator for operator in OPERATORS.values() if wanted in {operator.name, "auto"}]
    for operator in candidates:
        reply = bench.cluster.call("get", f"/apis/{operator.kind.api}")
        if reply.status == HTTPStatus.OK and any(item["name"] == operator.kind.plural for item in reply.body["resources"]):
            bench.note("operator", {"name": operator.name, "title": operator.title, "kind": operator.kind.name, "api": operator.kind.api})
            return operator
    raise PreconditionError(
        name="operator-missing",
        what=f"looking for {' or '.join(operator.title for operator in candidates)}",
        found="none of their APIs is served",
        expected="an operator of AI workloads that the checks know",
        look="kubectl api-resources, and the option controller",
    )


def chosen(seen: Seen) -> Operator | None:
    """The operator that was under test; None where the record does not say."""
    return OPERATORS.get(str((seen.last("operator") or {}).get("name")))


def task_of(bench: Bench, script: str, **more: Any) -> Task:
    """What a custom resource of this check runs."""
    runtime = bench.name("runtime")
    settings = bench.settings
    return Task(
        image=settings.probe_image,
        script=script,
        tolerations=settings.tolerations,
        affinity=bench.aside,
        labels=bench.identity.labels,
        runtime=runtime,
        **more,
    )


def prepare(bench: Bench, operator: Operator, task: Task) -> None:
    """Makes what has to be there before a custom resource, and waits until the operator knows it: its webhook reads from a cache."""
    support = operator.support(task)
    for manifest in support:
        bench.create("runtime", manifest)
    if not support:
        return
    sound, name = operator.sound(task), bench.name("known")

    def known() -> bool | None:
        return bench.workspace.attempt(sound, name=name, dry_run=True).ok or None

    bench.polled(known, every=_TRY_SECONDS, seconds=bench.settings.settle_seconds * _TRIES)


def own_webhooks(bench: Bench, operator: Operator) -> list[JSON]:
    """The operator's own webhook configurations, recorded as ``webhooks``."""
    definitions = bench.cluster.list(kinds.CUSTOM_RESOURCE.collection()).items
    groups = {item["metadata"]["name"].partition(".")[2] for item in definitions}
    found = [
        item
        for kind in (kinds.VALIDATING_WEBHOOK, kinds.MUTATING_WEBHOOK)
        for item in bench.cluster.list(kind.collection()).items
        if is_own(item, operator.kind.group, groups=groups)
    ]
    bench.note("webhooks", found)
    return found


def serving(bench: Bench, configurations: Iterable[JSON], *, fact: str = "behind") -> list[JSON]:
    """What serves webhooks: their Services with endpoints, pods and leases, recorded."""
    services = sorted(
        {(ref["namespace"], ref["name"]) for item in configurations for hook in item["webhooks"] if (ref := service_of(hook))}
    )
    behind = []
    for space, name in services:
        service = bench.cluster.call("get", kinds.SERVICE.path(name=name, namespace=space))
        slices = bench.cluster.list(kinds.ENDPOINT_SLICE.collection(space), labels=f"kubernetes.io/service-name={name}").items
        selector = ((service.body.get("spec") or {}).get("selector") or {}) if service.ok else {}
        labels = ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
        pods = bench.cluster.list(kinds.POD.collection(space), labels=labels).items if labels else []
        leases = bench.cluster.list(kinds.LEASE.collection(space)).items
        behind.append({"namespace": space, "service": name, "slices": slices, "pods": pods, "leases": leases})
    bench.note(fact, behind)
    return behind


def is_own(configuration: JSON, group: str, *, groups: Collection[str]) -> bool:
    """Whether a webhook configuration is the operator's own.

    It is asked about the operator's group by its name, and about no other group of custom resources: a queue that looks at everybody's
    jobs has webhooks for this kind, too, and they show nothing about the operator.

    Args:
        configuration: of validating or mutating webhooks.
        group: the operator's.
        groups: all groups of custom resources.
    """
    rules = [rule for hook in configuration.get("webhooks") or [] for rule in hook.get("rules") or []]
    named = {name for rule in rules for name in rule.get("apiGroups") or []}
    return group in named and not (named & set(groups) - {group})


def sees(hook: JSON, group: str) -> bool:
    """Whether a webhook is asked about objects of an API group by its name, and not only because it is asked about everything."""
    return any(group in (rule.get("apiGroups") or []) for rule in hook.get("rules") or [])


def service_of(hook: JSON) -> Mapping[str, str] | None:
    """The Service that a webhook is served by; None for one outside the cluster."""
    reference: Mapping[str, str] | None = (hook.get("clientConfig") or {}).get("service")
    return reference


def condition_of(item: JSON, kind: str) -> Mapping[str, JSON]:
    """An object's condition of this type; empty when there is none."""
    conditions = (item.get("status") or {}).get("conditions") or []
    return next((found for found in conditions if found.get("type") == kind), {})


def is_over(item: JSON, operator: Operator) -> bool:
    """Whether a custom resource has come to its end, good or bad."""
    return any(condition_of(item, kind).get("status") == "True" for kind in (operator.succeeded, operator.failed))


def by_name(view: View, kind: kinds.Kind, name: str) -> JSON | None:
    """An object that a mirror shows, by its name."""
    return next((item for item in view.all(kind.name) if item["metadata"]["name"] == name), None)


_WORDS = re.compile(r"\s+")


def short(words: str) -> str:
    """Words for a sentence: one line, not too long."""
    return _WORDS.sub(" ", words).strip()[:300]
