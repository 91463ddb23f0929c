# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task kkp_application."""

from __future__ import annotations

from typing import Any

import yaml

from .applications import Application, Applications
from .difference import applied, excerpt, patch_of
from .errors import OptionError
from .scope import cluster_or_none
from .task import CLUSTER_SPEC, Call, Change, Outcome, Task, waiting

JSON = Any

_HEALTH = "applicationController"


def _work(call: Call) -> Outcome:
    place = cluster_or_none(call)
    if place is None:
        return Outcome(values={"application": {}}, changes=[] if call.absent else [_made(call, _body(call))])
    clusters, cluster = place
    ready = not clusters.health(cluster).lacking([_HEALTH])
    if call.check_mode and not ready:
        return Outcome(values={"application": {}}, changes=[] if call.absent else [_made(call, _body(call))])
    if call.waits and not ready:
        clusters.wait_ready(cluster, components=[_HEALTH], version="", seconds=call.seconds)
    return _reconcile(call, Applications(call.api, cluster_path=clusters.path(cluster.id)))


def _reconcile(call: Call, applications: Applications) -> Outcome:
    found = applications.find(namespace=_namespace(call), name=call.text("name"))
    if call.absent:
        return _remove(call, applications, found)
    if found is not None and found.deleting:
        if not call.check_mode:
            applications.wait_gone(found, seconds=call.seconds)
        found = None
    body = _body(call)
    if found is None:
        made = None if call.check_mode else _settled(call, applications, applications.create(body))
        return Outcome(values={"application": made.as_result() if made else {}}, changes=[_made(call, body)])
    return _update(call, applications, found, body)


def _namespace(call: Call) -> str:
    return call.text("namespace") or call.text("target_namespace") or call.text("name")


def _body(call: Call) -> dict[str, JSON]:
    if not call.text("application") or not call.text("version"):
        raise OptionError(
            what=f"application {call.text('name')}",
            found="no option application or version",
            expected="both",
            look="the module kkp_application_definition_info, which lists them",
        )
    target = {"name": call.text("target_namespace") or _namespace(call), "create": True}
    if call.options["target_namespace_labels"]:
        target["labels"] = call.options["target_namespace_labels"]
    spec: dict[str, JSON] = {
        "applicationRef": {"name": call.text("application"), "version": call.text("version").strip()},
        "namespace": target,
    }
    if call.options["values"] is not None:
        spec["valuesBlock"] = yaml.safe_dump(call.options["values"], sort_keys=True) if call.options["values"] else ""
    if call.options["deploy_options"]:
        spec["deployOptions"] = call.options["deploy_options"]
    return {"name": call.text("name"), "namespace": _namespace(call), "spec": spec}


def _shown(spec: JSON) -> dict[str, JSON]:
    """A specification with its values as data: two texts may mean the same."""
    shown = {key: value for key, value in spec.items() if key != "valuesBlock"}
    return {**shown, "values": yaml.safe_load(spec.get("valuesBlock") or "{}") or {}}


def _made(call: Call, body: dict[str, JSON]) -> Change:
    header = f"application {call.text('name')} in namespace {body['namespace']}"
    return Change(header=header, before={}, after=_shown(body["spec"]))


def _update(call: Call, applications: Applications, found: Application, body: dict[str, JSON]) -> Outcome:
    have, want = _shown(found.spec), _shown(body["spec"])
    if call.options["values"] is None:
        want.pop("values")
    patch = patch_of(have, {key: value for key, value in want.items() if key != "values"})
    if "values" in want and want["values"] != have["values"]:
        patch["values"] = want["values"]
    if not patch:
        return Outcome(values={"application": _settled(call, applications, found).as_result()})
    change = Change(header=f"application {found.name}", before=excerpt(have, patch), after=applied(patch))
    if call.check_mode:
        return Outcome(values={"application": found.as_result()}, changes=[change])
    # PUT replaces the specification: what the task does not mention is sent as it is.
    changed = applications.replace({**body, "spec": {**found.spec, **body["spec"]}})
    return Outcome(values={"application": _settled(call, applications, changed).as_result()}, changes=[change])


def _settled(call: Call, applications: Applications, application: Application) -> Application:
    return applications.wait_ready(application, seconds=call.seconds) if call.waits else application


def _remove(call: Call, applications: Applications, found: Application | None) -> Outcome:
    if found is None:
        return Outcome(values={"application": {}})
    if not call.check_mode and not found.deleting:
        applications.delete(found)
    if call.waits:
        applications.wait_gone(found, seconds=call.seconds)
    header = f"application {found.name} in namespace {found.namespace}"
    change = Change(header=header, before=_shown(found.spec), after={})
    return Outcome(values={"application": {}}, changes=[] if found.deleting else [change])


TASK = Task(
    work=_work,
    options={
        **CLUSTER_SPEC,
        "name": {"type": "str", "required": True},
        "namespace": {"type": "str"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "application": {"type": "str"},
        "version": {"type": "str"},
        "target_namespace": {"type": "str"},
        "target_namespace_labels": {"type": "dict"},
        "values": {"type": "dict"},
        "deploy_options": {"type": "dict"},
        **waiting(900.0),
    },
    required_if=[("state", "present", ["application", "version"])],
)
