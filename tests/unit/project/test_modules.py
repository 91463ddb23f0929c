# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module takes the options that its documentation names, with the same types and defaults."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils import basic

ROOT = Path(__file__).resolve().parents[3]
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("[!_]*.py"))
COLLECTION = "ansible_collections.ailab.conformance.plugins"


class _CapturedError(Exception):
    """Raised instead of running the module."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        super().__init__("the argument spec is known")
        self.spec = spec


def block(module: Any, name: str) -> Any:
    return yaml.safe_load(getattr(module, name))


def documented(module: Any, section: str) -> dict[str, Any]:
    """A section of the documentation, with what the collection's fragments add to it."""
    documentation = block(module, "DOCUMENTATION")
    parts = [fragment.partition("ailab.conformance.")[2] for fragment in documentation.get("extends_documentation_fragment", [])]
    found: dict[str, Any] = {}
    for file, _, part in (name.partition(".") for name in parts if name):
        owner = importlib.import_module(f"{COLLECTION}.doc_fragments.{file}").ModuleDocFragment
        found |= yaml.safe_load(getattr(owner, (part or "documentation").upper())).get(section, {})
    return found | documentation.get(section, {})


def taken(monkeypatch: pytest.MonkeyPatch, module: Any) -> Mapping[str, Any]:
    def capture(_module: basic.AnsibleModule, argument_spec: Mapping[str, Any], **_: Any) -> None:
        raise _CapturedError(argument_spec)

    monkeypatch.setattr(basic.AnsibleModule, "__init__", capture)
    with pytest.raises(_CapturedError) as caught:
        module.main()
    return caught.value.spec


def shape(options: Mapping[str, Any]) -> dict[str, Any]:
    """What counts about options, whichever of the two sides it is written on."""
    return {
        name: {
            "type": option.get("type", "str"),
            "elements": option.get("elements"),
            "required": bool(option.get("required", False)),
            "default": option.get("default"),
            "choices": list(option["choices"]) if option.get("choices") else None,
            "options": shape(option.get("options") or option.get("suboptions") or {}),
        }
        for name, option in options.items()
    }


@pytest.mark.parametrize("name", MODULES)
def test_options_are_what_the_documentation_says(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    module = importlib.import_module(f"{COLLECTION}.modules.{name}")
    assert shape(taken(monkeypatch, module)) == shape(documented(module, "options"))


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_documented_in_full(name: str) -> None:
    module = importlib.import_module(f"{COLLECTION}.modules.{name}")
    documentation = block(module, "DOCUMENTATION")
    assert documentation["module"] == name
    assert {"check_mode", "diff_mode", "platform"} <= set(documented(module, "attributes"))
    returned = (block(module, "RETURN") or {}).values()
    assert all({"description", "type", "returned"} <= set(value) and {"sample", "contains"} & set(value) for value in returned)
    assert any(f"ailab.conformance.{name}" in task for task in block(module, "EXAMPLES"))


@pytest.mark.parametrize("name", MODULES)
def test_a_module_file_is_documentation_and_a_main(name: str) -> None:
    tree = ast.parse((ROOT / f"plugins/modules/{name}.py").read_text())
    code = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    assert sum((node.end_lineno or 0) - node.lineno + 1 for node in code) <= 60
