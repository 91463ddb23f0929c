# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task kkp_preset. Credentials go into KKP and never come back, so that nobody can compare them.

Source: KKP API v2, /providers/{provider}/presets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .client import segment
from .difference import applied, excerpt, patch_of
from .errors import OptionError
from .projects import Projects
from .scope import project_or_none
from .task import Call, Change, Outcome, Task

JSON = Any


def _work(call: Call) -> Outcome:
    found = _find(call)
    if call.absent:
        return _remove(call, found)
    if found is None:
        return _create(call)
    return _update(call, found)


def _find(call: Call) -> Mapping[str, JSON] | None:
    """The preset, if it has this provider; of a project, if the project may use it."""
    prefix = ""
    if call.text("project"):
        project = project_or_none(call, Projects(call.api))
        if project is None:
            return None
        prefix = f"/projects/{segment(project.id)}"
    path = f"/api/v2{prefix}/providers/{segment(call.text('provider'))}/presets"
    items = (call.api.get(path, query=[("disabled", "true")]) or {}).get("items") or []
    return next((item for item in items if item["name"] == call.text("name")), None)


def _part(call: Call, preset: Mapping[str, JSON]) -> Mapping[str, JSON]:
    parts = preset.get("providers") or []
    return next((part for part in parts if part.get("name") == call.text("provider")), {})


def _result(call: Call, preset: Mapping[str, JSON] | None) -> dict[str, JSON]:
    if preset is None:
        return {"preset": {}}
    part = _part(call, preset)
    shown = part.get(call.text("provider")) or {}
    enabled = bool(preset.get("enabled")) and bool(part.get("enabled"))
    return {"preset": {"name": preset["name"], "enabled": enabled, "customizable": bool(part.get("isCustomizable")), "fields": shown}}


def _header(call: Call) -> str:
    return f"preset {call.text('name')} for {call.text('provider')}"


def _body(call: Call) -> dict[str, JSON]:
    spec: dict[str, JSON] = {call.text("provider"): {**call.options["fields"], **(call.options["credentials"] or {})}}
    for option, key in (("required_emails", "requiredEmails"), ("projects", "projects")):
        if call.options[option]:
            spec[key] = call.options[option]
    return {"name": call.text("name"), "spec": spec}


def _path(call: Call) -> str:
    return f"/api/v2/providers/{segment(call.text('provider'))}/presets"


def _create(call: Call) -> Outcome:
    if not call.options["credentials"]:
        raise OptionError(
            what=_header(call),
            found="no such preset, or none that the token's owner may use",
            expected="one that exists, or credentials to make it with, which takes an administrator",
            look="the presets in KKP's dashboard, and the option project",
        )
    change = Change(header=_header(call), before={}, after={"fields": call.options["fields"], "credentials": "given"})
    if call.check_mode:
        return Outcome(values=_result(call, None), changes=[change])
    call.api.create(_path(call), _body(call), look=lambda: _find(call), read=lambda answer: answer)
    if call.options["enabled"] is False:
        _enable(call, enabled=False)
    return Outcome(values=_result(call, _find(call)), changes=[change])


def _update(call: Call, found: Mapping[str, JSON]) -> Outcome:
    now = _result(call, found)["preset"]
    known = {key: value for key, value in call.options["fields"].items() if key in now["fields"]}
    patch = patch_of(now["fields"], known)
    renewed = bool(call.options["credentials"]) and (call.options["update_credentials"] == "always" or bool(patch))
    changes: list[Change] = []
    if patch and not renewed:
        raise OptionError(
            what=f"{_header(call)}, which is to be changed",
            found=f"other values of {', '.join(sorted(patch))}, and no credentials",
            expected="credentials, because KKP replaces a preset as a whole",
            look="the option credentials",
        )
    if renewed:
        before, after = excerpt(now["fields"], patch), applied(patch)
        changes.append(Change(header=_header(call), before=before, after={**after, "credentials": "given"}))
    wish = call.options["enabled"]
    switched = wish is not None and wish != now["enabled"]
    if switched:
        changes.append(Change(header=_header(call), before={"enabled": now["enabled"]}, after={"enabled": wish}))
    if call.check_mode or not changes:
        return Outcome(values=_result(call, found), changes=changes)
    if renewed:
        call.api.put(_path(call), _body(call))
    if switched:
        _enable(call, enabled=wish)
    return Outcome(values=_result(call, _find(call)), changes=changes)


def _enable(call: Call, *, enabled: bool) -> None:
    path = f"/api/v2/presets/{segment(call.text('name'))}/status"
    call.api.put(path, {"enabled": enabled}, query=[("provider", call.text("provider"))])


def _remove(call: Call, found: Mapping[str, JSON] | None) -> Outcome:
    if found is None:
        return Outcome(values=_result(call, None))
    if not call.check_mode:
        call.api.delete(f"/api/v2/presets/{segment(call.text('name'))}/provider/{segment(call.text('provider'))}")
    change = Change(header=_header(call), before={"name": found["name"]}, after={})
    return Outcome(values=_result(call, None), changes=[change])


TASK = Task(
    work=_work,
    options={
        "name": {"type": "str", "required": True},
        "provider": {"type": "str", "required": True},
        "project": {"type": "str"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "fields": {"type": "dict", "default": {}},
        "credentials": {"type": "dict", "no_log": True},
        "update_credentials": {"type": "str", "choices": ["on_create", "always"], "default": "on_create", "no_log": False},
        "required_emails": {"type": "list", "elements": "str", "default": []},
        "projects": {"type": "list", "elements": "str", "default": []},
        "enabled": {"type": "bool"},
    },
    secrets=("credentials",),
)
