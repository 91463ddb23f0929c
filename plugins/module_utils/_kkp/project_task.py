# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task kkp_project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .difference import applied, excerpt, patch_of, whole
from .projects import Project, Projects
from .task import Call, Change, Outcome, Task, waiting

JSON = Any


def _work(call: Call) -> Outcome:
    projects = Projects(call.api)
    found = projects.find(call.text("name"))
    if call.absent:
        return _remove(call, projects, found)
    if found is not None and found.deleting:
        if not call.check_mode:
            projects.wait_gone(found, seconds=call.seconds)
        found = None
    if found is None:
        return _create(call, projects)
    return _update(call, projects, found)


def _wanted(call: Call, current: Mapping[str, JSON]) -> dict[str, JSON]:
    wanted: dict[str, JSON] = {}
    if call.options["labels"] is not None:
        wanted["labels"] = whole(current.get("labels"), call.options["labels"])
    systems = call.options["allowed_operating_systems"]
    if systems is not None:
        have = (current.get("spec") or {}).get("allowedOperatingSystems")
        wanted["spec"] = {"allowedOperatingSystems": whole(have, dict.fromkeys(systems, True))}
    return wanted


def _create(call: Call, projects: Projects) -> Outcome:
    body = {"name": call.text("name"), **_wanted(call, {})}
    if call.options["users"]:
        body["users"] = call.options["users"]
    change = Change(header=f"project {call.text('name')}", before={}, after=body)
    if call.check_mode:
        return Outcome(values={"project": {}}, changes=[change])
    made = projects.create(body)
    return Outcome(values={"project": _settled(call, projects, made).as_result()}, changes=[change])


def _update(call: Call, projects: Projects, found: Project) -> Outcome:
    patch = patch_of(found.body, _wanted(call, found.body))
    if not patch:
        return Outcome(values={"project": _settled(call, projects, found).as_result()})
    change = Change(header=f"project {found.name} ({found.id})", before=excerpt(found.body, patch), after=applied(patch))
    if call.check_mode:
        return Outcome(values={"project": found.as_result()}, changes=[change])
    active = _settled(call, projects, found)
    # PUT replaces: what the task does not mention is sent as it is.
    body: dict[str, JSON] = {"id": found.id, "name": found.name}
    for key in ("labels", "spec"):
        body[key] = _merged(found.body.get(key) or {}, patch.get(key) or {})
    return Outcome(values={"project": projects.update(active, body).as_result()}, changes=[change])


def _merged(current: Mapping[str, JSON], patch: Mapping[str, JSON]) -> dict[str, JSON]:
    merged = dict(current)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key) or {}, value) if isinstance(value, Mapping) else value
    return merged


def _settled(call: Call, projects: Projects, project: Project) -> Project:
    return projects.wait_active(project, seconds=call.seconds) if call.waits else project


def _remove(call: Call, projects: Projects, found: Project | None) -> Outcome:
    if found is None:
        return Outcome(values={"project": {}})
    change = Change(header=f"project {found.name} ({found.id})", before=found.as_result(), after={})
    if not call.check_mode and not found.deleting:
        projects.delete(found)
    if call.waits:
        projects.wait_gone(found, seconds=call.seconds)
    return Outcome(values={"project": {}}, changes=[] if found.deleting else [change])


TASK = Task(
    work=_work,
    options={
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "labels": {"type": "dict"},
        "users": {"type": "list", "elements": "str", "default": []},
        "allowed_operating_systems": {"type": "list", "elements": "str"},
        **waiting(300.0),
    },
)
