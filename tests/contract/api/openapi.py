# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""KKP's official OpenAPI 2.0 document, which stays outside the project: as JSON schemas of replies."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator

VARIABLE = "AILAB_KKP_DATA"
DEFAULT = Path(__file__).resolve().parents[3].parent / "shared/data/kkp"


def place() -> Path:
    """Where the document is, or would be."""
    return Path(os.environ.get(VARIABLE) or DEFAULT) / "swagger-v2.29.json"


@dataclass
class Document:
    """The document.

    Args:
        path: of the file.
        overrides: definition → property → schema, where the document is known to say something else than KKP does.
    """

    path: Path
    overrides: dict[str, dict[str, Any]]

    @cached_property
    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.path.read_text())
        for name, schema in content["definitions"].items():
            schema.get("properties", {}).update(self.overrides.get(name, {}))
            if schema.get("properties") and "additionalProperties" not in schema:
                # The document leaves this open; a key that no definition knows is a mistake of ours all the same.
                schema["additionalProperties"] = False
        return content

    def has(self, method: str, path: str) -> bool:
        """Whether there is such an operation."""
        return method.lower() in self._content["paths"].get(path, {})

    def faults(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What is wrong with a reply: its status or its body."""
        responses = self._content["paths"][path][method.lower()]["responses"]
        if str(status) not in responses and status < 400:
            return [f"status {status}, where there are {', '.join(responses)}"]
        schema = {"$ref": "#/definitions/errorResponse"} if status >= 400 else responses[str(status)].get("schema")
        if schema is None or schema.get("$ref", "").endswith("/EmptyResponse"):
            return [] if body == {} else [f"a body where none is described: {body}"]
        validator = Draft4Validator(
            {**schema, "definitions": self._content["definitions"]} if "$ref" not in schema else self._rooted(schema)
        )
        return [f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in validator.iter_errors(body)]

    def _rooted(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {"allOf": [schema], "definitions": self._content["definitions"]}
