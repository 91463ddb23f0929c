# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Defaults, argument specs and inventories of the roles say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

# What the roles that depend on another one take from it.
OFFERED = {"platform_versions_set"}
ROLES = sorted(path.name for path in (Path(__file__).resolve().parents[3] / "roles").iterdir() if path.is_dir())


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def options(root: Path, role: str) -> dict[str, Any]:
    specs = load(root / f"roles/{role}/meta/argument_specs.yml")["argument_specs"]
    merged: dict[str, Any] = {}
    for spec in specs.values():
        for name, option in spec.get("options", {}).items():
            assert merged.setdefault(name, option) == option, f"{name} is described in two ways"
    return merged


@pytest.mark.parametrize("role", ROLES)
def test_defaults_are_what_the_specs_say(root: Path, role: str) -> None:
    defaults = load(root / f"roles/{role}/defaults/main.yml")
    described = {name: option["default"] for name, option in options(root, role).items() if not option.get("required", False)}
    assert defaults == described


@pytest.mark.parametrize("role", ROLES)
def test_names_begin_with_the_role(root: Path, role: str) -> None:
    inner = load(root / f"roles/{role}/vars/main.yml")
    assert all(name.startswith(f"{role}_") for name in options(root, role))
    assert all(name.startswith(f"__{role}_") or name in OFFERED for name in inner)


@pytest.mark.parametrize("role", ROLES)
def test_every_entry_point_is_described(root: Path, role: str) -> None:
    specs = load(root / f"roles/{role}/meta/argument_specs.yml")["argument_specs"]
    assert all((root / f"roles/{role}/tasks/{entry_point}.yml").is_file() for entry_point in specs)
    assert all(spec["short_description"] and spec["description"] and spec["author"] for spec in specs.values())
    assert all(option.get("description") for option in options(root, role).values())


@pytest.mark.parametrize("role", ROLES)
def test_every_default_has_a_comment_above(root: Path, role: str) -> None:
    lines = (root / f"roles/{role}/defaults/main.yml").read_text().splitlines()
    blocks = "\n".join(lines).split("\n\n")
    assert [block for block in blocks if re.search(r"^[a-z]", block, flags=re.MULTILINE) and "#" not in block] == []


@pytest.mark.parametrize("inventory", ["lab", "existing", "kkp"])
def test_what_an_inventory_shows_exists(root: Path, inventory: str) -> None:
    known = {name for role in ROLES for name in options(root, role)}
    known |= {name for spec in load(root / "playbooks/vars/settings.yml")["argument_specs"].values() for name in spec["options"]}
    shown = {
        match
        for path in (root / f"inventories/{inventory}").rglob("*.yml")
        for match in re.findall(r"^(?:# )?([a-z][a-z0-9_]+):", path.read_text(), flags=re.MULTILINE)
    }
    assert shown - known - {"user_clusters", "ansible_connection", "ansible_python_interpreter"} == set()


def test_the_lab_inventory_shows_every_setting_of_the_playbooks(root: Path) -> None:
    text = "".join(path.read_text() for path in (root / "inventories/lab").rglob("*.yml"))
    specs = load(root / "playbooks/vars/settings.yml")["argument_specs"].values()
    assert [name for spec in specs for name in spec["options"] if not re.search(rf"^(# )?{name}:", text, flags=re.MULTILINE)] == []
