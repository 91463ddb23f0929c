# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds requests and answers against KKP's own OpenAPI document: an unknown field is an error. Exceptions are listed, with reasons."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema

from tests.unit.plugins.kkp.fake_kkp import Exchange

JSON = Any

VARIABLE = "AILAB_KKP_DATA"
FOLDER = Path(os.environ.get(VARIABLE) or Path(__file__).resolve().parents[3].parent / "shared/data/kkp")
DOCUMENT = FOLDER / "swagger-v2.29.json"
ERRORS = FOLDER / "error-fixtures-v2.29.txt"
MISSING = f"the OpenAPI document of KKP is not in {FOLDER} (variable {VARIABLE})"

MOVED = {
    ("POST", "/api/v2/projects/{project_id}/clusters/{cluster_id}/machinedeployments/{machinedeployment_id}/restart"): (
        "/api/v2/projects/{project_id}/clusters/{cluster_id}/machinedeployments/{machinedeployment_id}"
    ),
}
"""Routes that the server has elsewhere than the document says."""

UNTYPED = re.compile(r"/kubeconfig$")
"""A kubeconfig is YAML. The document calls it a list of numbers."""

RENAMED: Mapping[str, Mapping[str, str]] = {"/api/v1/projects": {"spec": "Spec"}}
"""The document has this field's Go name; the decoder takes it in any case, and KKP's dashboard sends the lower one."""

BYTES = {"type": "string", "contentEncoding": "base64"}
"""Go's []byte travels as base64 text. The document says a list of uint8."""

MARKED_PATTERN = re.compile(r"^=`(.*)`$")
"""Some patterns are written with the marks of the comment that they come from."""

OPEN_DEFINITIONS = {"RawExtension", "ResourceList", "Quantity"}
"""Any object, or a quantity as text."""

TEXT_DEFINITIONS = {"Duration": {"type": "string"}, "Semver": {"type": "string"}, "Quantity": {"type": ["string", "number"]}}
"""Types with an encoding of their own, which the document shows as empty objects."""

EXTRA_FIELDS: Mapping[str, Mapping[str, JSON]] = {"NodeCloudSpec": {"fake": {"type": "object"}}}
"""Fields that the server knows and the document does not."""


class Document:
    """The document."""

    def __init__(self) -> None:
        self._body = json.loads(DOCUMENT.read_text())
        definitions = {name: self._strict(name, schema) for name, schema in self._body["definitions"].items()}
        self._definitions = {**definitions, **TEXT_DEFINITIONS}
        self._paths = [(self._pattern(path), path) for path in [*self._body["paths"], *(path for _, path in MOVED)]]
        self.seen: set[tuple[str, str]] = set()
        self._validators: dict[str, jsonschema.Draft4Validator] = {}

    def check(self, exchange: Exchange) -> list[str]:
        """What is wrong with a request and its answer."""
        request = exchange.request
        path = self._path(request.path)
        if path is None:
            return [f"{request.method} {request.path}: no such path"]
        operation = self._body["paths"][MOVED.get((request.method, path), path)].get(request.method.lower())
        if operation is None:
            return [f"{request.method} {path}: no such method"]
        self.seen.add((request.method, path))
        wrong = self._request(operation, request, path)
        if not exchange.fault or exchange.content.startswith(b"{"):
            wrong += self._answer(operation, exchange)
        return [f"{request.method} {path}: {text}" for text in wrong]

    def _request(self, operation: JSON, request: JSON, path: str) -> list[str]:
        parameters = {(item["in"], item["name"]): item for item in operation.get("parameters", [])}
        wrong = [f"unknown query parameter {name}" for name in request.query if ("query", name) not in parameters]
        wrong += [
            f"header {name} is not documented"
            for name in request.headers
            if name.startswith("Delete") and ("header", name) not in parameters
        ]
        body = next((item for (place, _), item in parameters.items() if place == "body"), None)
        if body is None:
            return [*wrong, *(["a body where none is documented"] if request.body is not None else [])]
        if request.body is None:
            return [*wrong, "no body"]
        renamed = {RENAMED.get(path, {}).get(key, key): value for key, value in request.body.items()}
        schema = body["schema"]
        if request.method == "PATCH" and schema == {"type": "object"}:
            # A merge patch has the shape of what it is applied to, with nulls.
            success = operation["responses"]["200"]["schema"]
            return [*wrong, *self._errors(_without_nulls(renamed), success, partial=True)]
        return [*wrong, *self._errors(renamed, self._strict("body", schema))]

    def _answer(self, operation: JSON, exchange: Exchange) -> list[str]:
        responses = operation["responses"]
        if exchange.status >= 400:
            if not exchange.content.startswith(b"{"):
                return [] if exchange.status == 404 else ["an error outside of the envelope"]
            return self._errors(json.loads(exchange.content), {"$ref": "#/definitions/errorResponse"})
        if str(exchange.status) not in responses:
            return [f"status {exchange.status} is not documented"]
        if UNTYPED.search(exchange.request.path):
            return []
        schema = responses[str(exchange.status)].get("schema")
        return self._errors(json.loads(exchange.content), schema) if schema else []

    def _errors(self, value: JSON, schema: JSON, *, partial: bool = False) -> list[str]:
        key = json.dumps([schema, partial], sort_keys=True)
        if key not in self._validators:
            self._validators[key] = jsonschema.Draft4Validator({**schema, "definitions": self._closure(schema, partial=partial)})
        found = self._validators[key].iter_errors(value)
        return [f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in found]

    def _closure(self, schema: JSON, *, partial: bool) -> dict[str, JSON]:
        """The definitions that a schema needs; of a part of an object nothing is required."""
        needed: dict[str, JSON] = {}
        open_ends = [schema]
        while open_ends:
            for name in re.findall(r'"#/definitions/([^"]+)"', json.dumps(open_ends.pop())):
                if name not in needed:
                    definition = self._definitions[name]
                    needed[name] = {key: part for key, part in definition.items() if key != "required" or not partial}
                    open_ends.append(definition)
        return needed

    def _strict(self, name: str, schema: JSON) -> JSON:
        if name in OPEN_DEFINITIONS:
            return {}
        if isinstance(schema, list):
            return [self._strict("", item) for item in schema]
        if not isinstance(schema, Mapping):
            return schema
        if schema.get("type") == "array" and (schema.get("items") or {}).get("format") == "uint8":
            return BYTES
        marked = MARKED_PATTERN.match(str(schema.get("pattern", "")))
        if marked:
            return self._strict(name, {**schema, "pattern": marked.group(1)})
        strict = {key: self._strict("", value) if key != "enum" else value for key, value in schema.items()}
        if "properties" in strict:
            strict["properties"] = {key: self._strict("", value) for key, value in schema["properties"].items()} | EXTRA_FIELDS.get(
                name, {}
            )
            strict.setdefault("additionalProperties", False)
        return strict

    def _path(self, path: str) -> str | None:
        fitting = [name for pattern, name in self._paths if pattern.match(path)]
        # The most literal one, as the server's router has it.
        return min(fitting, key=lambda name: name.count("{")) if fitting else None

    @staticmethod
    def _pattern(path: str) -> re.Pattern[str]:
        return re.compile(f"^{re.sub(r'{[^}]+}', '[^/]+', path)}$")


def _without_nulls(value: JSON) -> JSON:
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return value
