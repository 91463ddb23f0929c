# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks kkp_application_definition and kkp_application_definition_info."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from .catalogue import Catalogue
from .difference import applied, excerpt, patch_of
from .errors import OptionError
from .task import Call, Change, Outcome, Task

JSON = Any


def _definitions(call: Call) -> Outcome:
    name, catalogue = call.text("name"), Catalogue(call.api)
    if not name:
        return Outcome(values={"application_definitions": [_offer(item) for item in catalogue.items()]})
    found = catalogue.find(name)
    return Outcome(values={"application_definitions": [_result(found)] if found else []})


def _work(call: Call) -> Outcome:
    catalogue = Catalogue(call.api)
    found = catalogue.find(call.text("name"))
    if call.absent:
        return _remove(call, catalogue, found)
    if found is None:
        return _add(call, catalogue)
    return _update(call, catalogue, found)


def _header(call: Call) -> str:
    return f"application definition {call.text('name')}"


def _spec(call: Call) -> dict[str, JSON]:
    """What the task asks for, under the names that KKP has for it, but for the versions."""
    spec: dict[str, JSON] = {"method": "helm"}
    for option, key in (("display_name", "displayName"), ("description", "description"), ("default_version", "defaultVersion")):
        if call.options[option] is not None:
            spec[key] = call.options[option]
    for option in ("default", "enforced"):
        if call.options[option] is not None:
            spec[option] = call.options[option]
    if call.options["datacenters"] is not None:
        spec["selector"] = {"datacenters": call.options["datacenters"]}
    if call.options["default_namespace"] is not None:
        spec["defaultNamespace"] = {"name": call.options["default_namespace"], "create": True}
    return spec


def _versions(call: Call, have: list[dict[str, JSON]]) -> list[dict[str, JSON]]:
    """The versions as they are to be: those of the task in their place, the others as they are, new ones last."""
    wanted = {item["version"].strip(): item["source"] for item in call.options["versions"]}
    kept = [str(item.get("version")) for item in have]
    return [
        *(_sourced(item, wanted[str(item.get("version"))]) if str(item.get("version")) in wanted else item for item in have),
        *({"version": version, "template": {"source": source}} for version, source in wanted.items() if version not in kept),
    ]


def _sourced(version: dict[str, JSON], source: Mapping[str, JSON]) -> dict[str, JSON]:
    """A version with this source; what KKP added to the source stays."""
    template = version.get("template") or {}
    have = template.get("source") or {}
    merged = {kind: {**(have.get(kind) or {}), **fields} for kind, fields in source.items()}
    return {**version, "template": {**template, "source": merged}}


def _shown(spec: Mapping[str, JSON]) -> dict[str, JSON]:
    """A specification with its values as data: two texts may mean the same."""
    kept = {key: value for key, value in spec.items() if key not in ("defaultValuesBlock", "versions")}
    versions = {str(item.get("version")): (item.get("template") or {}).get("source") or {} for item in spec.get("versions") or []}
    return {**kept, "defaultValues": yaml.safe_load(spec.get("defaultValuesBlock") or "{}") or {}, "versions": versions}


def _wanted(call: Call, have: Mapping[str, JSON]) -> dict[str, JSON]:
    """The whole specification: what is there, with what the task asks for."""
    spec = {**have, **_spec(call), "versions": _versions(call, list(have.get("versions") or []))}
    if call.options["default_values"] is not None:
        values = yaml.safe_load(have.get("defaultValuesBlock") or "{}") or {}
        if call.options["default_values"] != values:
            spec["defaultValuesBlock"] = yaml.safe_dump(call.options["default_values"], sort_keys=True)
    return spec


def _add(call: Call, catalogue: Catalogue) -> Outcome:
    if not call.options["versions"]:
        raise OptionError(
            what=_header(call),
            found="no such definition in the catalogue, and no option versions",
            expected="a version with its source, to make one",
            look="the module kkp_application_definition_info, which lists the catalogue",
        )
    spec = _wanted(call, {})
    change = Change(header=_header(call), before={}, after=_shown(spec))
    if call.check_mode:
        return Outcome(values={"application_definition": {}}, changes=[change])
    made = catalogue.create({"name": call.text("name"), "labels": call.options["labels"] or {}, "Spec": spec})
    return Outcome(values={"application_definition": _result(made)}, changes=[change])


def _update(call: Call, catalogue: Catalogue, found: dict[str, JSON]) -> Outcome:
    have, spec = found.get("spec") or {}, _wanted(call, found.get("spec") or {})
    labels = found.get("labels") or {}
    wish = labels if call.options["labels"] is None else call.options["labels"]
    now, then = {"labels": labels, **_shown(have)}, {"labels": wish, **_shown(spec)}
    patch = patch_of(now, then)
    if wish != labels:
        patch["labels"] = wish
    if then["defaultValues"] != now["defaultValues"]:
        patch["defaultValues"] = then["defaultValues"]
    if not patch:
        return Outcome(values={"application_definition": _result(found)})
    change = Change(header=_header(call), before=excerpt(now, patch), after=applied(patch))
    if call.check_mode:
        return Outcome(values={"application_definition": _result(found)}, changes=[change])
    # PUT replaces all of it: what the task does not mention is sent as it is.
    body = {"name": call.text("name"), "labels": wish, "annotations": found.get("annotations") or {}, "Spec": spec}
    return Outcome(values={"application_definition": _result(catalogue.replace(body))}, changes=[change])


def _remove(call: Call, catalogue: Catalogue, found: dict[str, JSON] | None) -> Outcome:
    if found is None:
        return Outcome(values={"application_definition": {}})
    if not call.check_mode:
        catalogue.delete(call.text("name"))
    change = Change(header=_header(call), before=_shown(found.get("spec") or {}), after={})
    return Outcome(values={"application_definition": {}}, changes=[change])


def _result(body: Mapping[str, JSON]) -> dict[str, JSON]:
    versions = [str(item.get("version")) for item in (body.get("spec") or {}).get("versions") or []]
    return _offer(body) | {"versions": versions}


def _offer(body: Mapping[str, JSON]) -> dict[str, JSON]:
    spec = body.get("spec") or {}
    return {
        "name": body["name"],
        "display_name": spec.get("displayName") or "",
        "description": spec.get("description") or "",
        "default_version": spec.get("defaultVersion") or "",
        "default": bool(spec.get("default")),
        "enforced": bool(spec.get("enforced")),
        "datacenters": (spec.get("selector") or {}).get("datacenters") or [],
    }


INFO = Task(work=_definitions, options={"name": {"type": "str"}})
TASK = Task(
    work=_work,
    options={
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "labels": {"type": "dict"},
        "display_name": {"type": "str"},
        "description": {"type": "str"},
        "versions": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {"version": {"type": "str", "required": True}, "source": {"type": "dict", "required": True}},
        },
        "default_version": {"type": "str"},
        "default_namespace": {"type": "str"},
        "default_values": {"type": "dict"},
        "default": {"type": "bool"},
        "enforced": {"type": "bool"},
        "datacenters": {"type": "list", "elements": "str"},
    },
)
