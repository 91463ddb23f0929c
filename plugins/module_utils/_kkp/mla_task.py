# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task kkp_mla."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from .clusters import Cluster, Clusters
from .difference import applied, excerpt, patch_of
from .errors import OptionError
from .monitoring import Monitoring
from .scope import cluster_or_none
from .task import CLUSTER_SPEC, Call, Change, Outcome, Task, waiting

JSON = Any
Step = tuple[Change, Callable[[], object]]

_SETTINGS = {
    "monitoring": "monitoringEnabled",
    "logging": "loggingEnabled",
    "monitoring_replicas": "monitoringReplicas",
    "monitoring_resources": "monitoringResources",
    "logging_resources": "loggingResources",
}


def _work(call: Call) -> Outcome:
    groups = _groups(call)
    place = cluster_or_none(call)
    if place is None:
        planned = Change(header=f"monitoring of cluster {call.text('cluster')}", before={}, after=_wanted(call))
        return Outcome(values={"mla": {}}, changes=[planned])
    clusters, cluster = place
    monitoring = Monitoring(call.api, cluster_path=clusters.path(cluster.id))
    steps = [*_settings(call, clusters, cluster), *_limits(call, monitoring), *_alertmanager(call, monitoring)]
    steps += _rules(monitoring, groups) if groups else []
    for _, act in steps:
        if not call.check_mode:
            act()
    if steps and not call.check_mode:
        cluster = clusters.get(cluster)
    if call.waits:
        enabled = [name for name in ("monitoring", "logging") if call.options[name]]
        cluster = clusters.wait_ready(cluster, components=enabled, version="", seconds=call.seconds)
    return Outcome(values={"mla": cluster.spec.get("mla") or {}}, changes=[change for change, _ in steps])


def _wanted(call: Call) -> dict[str, JSON]:
    return {key: call.options[option] for option, key in _SETTINGS.items() if call.options[option] is not None}


def _groups(call: Call) -> dict[str, Mapping[str, JSON]]:
    groups: dict[str, Mapping[str, JSON]] = {}
    for group in call.options["rule_groups"]:
        if group["state"] == "present" and not (group["rules"] or []):
            raise OptionError(what=f"option rule_groups, {group['name']}", found="no rules", expected="at least one", look="the examples")
        if group["name"] in groups:
            raise OptionError(what="option rule_groups", found=f"{group['name']} twice", expected="each name once", look="the option")
        groups[group["name"]] = group
    return groups


def _settings(call: Call, clusters: Clusters, cluster: Cluster) -> list[Step]:
    have = cluster.spec.get("mla") or {}
    patch = patch_of(have, _wanted(call))
    if not patch:
        return []
    change = Change(header=f"monitoring of cluster {cluster.name}", before=excerpt(have, patch), after=applied(patch))
    return [(change, partial(clusters.patch, cluster, {"spec": {"mla": patch}}))]


def _limits(call: Call, monitoring: Monitoring) -> list[Step]:
    wanted = {
        key: value
        for key, value in (
            ("monitoringRateLimits", call.options["monitoring_limits"]),
            ("loggingRateLimits", call.options["logging_limits"]),
        )
        if value
    }
    if not wanted:
        return []
    have = monitoring.limits()
    patch = patch_of(have, wanted)
    if not patch:
        return []
    # PUT replaces: what the task does not mention is sent as it is.
    merged = {**(have or {}), **{key: {**((have or {}).get(key) or {}), **value} for key, value in wanted.items()}}
    change = Change(header="rate limits of the cluster", before=excerpt(have, patch), after=applied(patch))
    return [(change, partial(monitoring.set_limits, merged, exist=have is not None))]


def _alertmanager(call: Call, monitoring: Monitoring) -> list[Step]:
    wanted = call.options["alertmanager_config"]
    if wanted is None or monitoring.alertmanager() == wanted:
        return []
    # Receivers hold passwords and addresses that let everybody post: the content is not shown.
    change = Change(header="configuration of the alert manager", before={"content": "another"}, after={"content": "as given"})
    return [(change, partial(monitoring.set_alertmanager, wanted))]


def _rules(monitoring: Monitoring, groups: Mapping[str, Mapping[str, JSON]]) -> list[Step]:
    have = monitoring.rule_groups()
    steps: list[Step] = []
    for name, group in groups.items():
        header, present = f"rule group {name}", have.get(name)
        if group["state"] == "absent":
            if present:
                steps.append((Change(header=header, before=present[1] or {}, after={}), partial(monitoring.remove_rule_group, name)))
            continue
        interval = {"interval": group["interval"]} if group["interval"] else {}
        wanted = {"name": name, **interval, "rules": group["rules"]}
        if present is None:
            steps.append((Change(header=header, before={}, after=wanted), partial(monitoring.add_rule_group, wanted, kind=group["type"])))
        elif present != (group["type"], wanted):
            change = Change(header=header, before=present[1] or {}, after=wanted)
            steps.append((change, partial(monitoring.replace_rule_group, wanted, kind=group["type"])))
    return steps


TASK = Task(
    work=_work,
    options={
        **CLUSTER_SPEC,
        "monitoring": {"type": "bool"},
        "logging": {"type": "bool"},
        "monitoring_replicas": {"type": "int"},
        "monitoring_resources": {"type": "dict"},
        "logging_resources": {"type": "dict"},
        "alertmanager_config": {"type": "dict", "no_log": True},
        "rule_groups": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
                "type": {"type": "str", "choices": ["Metrics", "Logs"], "default": "Metrics"},
                "interval": {"type": "str"},
                "rules": {"type": "list", "elements": "dict"},
            },
        },
        "monitoring_limits": {"type": "dict"},
        "logging_limits": {"type": "dict"},
        **waiting(600.0),
    },
    secrets=("alertmanager_config",),
)
