# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may import whom. Source: design section 2."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

COLLECTION = "ansible_collections.ailab.conformance."
# Distribution on PyPI to what it is imported as, where the two differ.
IMPORTED_AS = {"pyyaml": "yaml", "openstacksdk": "openstack", "ansible-core": "ansible", "prometheus-client": "prometheus_client"}


def imports(path: Path) -> Iterator[str]:
    """The absolute names of the modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield relative(path, node) if node.level else str(node.module)


def relative(path: Path, node: ast.ImportFrom) -> str:
    package = path.parents[node.level - 1]
    below = package.parts[package.parts.index("plugins") :] if "plugins" in package.parts else package.parts[package.parts.index("lab") :]
    prefix = COLLECTION if below[0] == "plugins" else ""
    return prefix + ".".join([*below, *filter(None, [node.module])])


def files(root: Path, folder: str) -> list[Path]:
    return sorted((root / folder).rglob("*.py"))


def offenders(root: Path, folder: str, *forbidden: str) -> list[str]:
    return [
        f"{path.relative_to(root)}: {name}"
        for path in files(root, folder)
        for name in imports(path)
        if any(name == part or name.startswith(f"{part}.") for part in forbidden)
    ]


def test_plugins_know_nothing_of_the_lab(root: Path) -> None:
    assert offenders(root, "plugins", "lab") == []


def test_the_lab_knows_nothing_of_ansible_or_the_plugins(root: Path) -> None:
    assert offenders(root, "lab", "ansible", "ansible_collections") == []


@pytest.mark.parametrize(
    ("room", "may_not_know"),
    [
        ("_cluster", ["_platform", "_engine", "_checks", "_report", "_spec"]),
        ("_spec", ["_platform", "_engine", "_checks", "_report", "_cluster"]),
        ("_platform", ["_engine", "_checks", "_report"]),
        ("_engine", ["_checks", "_report"]),
        ("_checks", ["_report"]),
        ("_report", ["_cluster", "_platform", "_checks"]),
    ],
)
def test_arrows_point_downwards(root: Path, room: str, may_not_know: list[str]) -> None:
    forbidden = [f"{COLLECTION}plugins.module_utils.{other}" for other in may_not_know]
    assert offenders(root, f"plugins/module_utils/{room}", *forbidden) == []


def test_only_the_cluster_room_imports_the_client_library(root: Path) -> None:
    others = offenders(root, "plugins", "kubernetes")
    assert [name for name in others if not name.startswith("plugins/module_utils/_cluster/")] == []


def test_what_is_imported_is_pinned(root: Path) -> None:
    wanted = (root / ".config/requirements/runtime.in").read_text()
    declared = {re.split(r"[<>=\[]", line)[0] for line in wanted.splitlines() if line and not line.startswith("#")}
    known = {IMPORTED_AS.get(name, name) for name in declared} | set(sys.stdlib_module_names) | {"ansible", "ansible_collections", "lab"}
    # urllib3 is part of the client library's own interface: its answers and its errors are urllib3's.
    known.add("urllib3")
    unknown = {name.split(".")[0] for folder in ("plugins", "lab") for path in files(root, folder) for name in imports(path)} - known
    assert unknown == set()


def test_an_execution_environment_gets_the_same_ranges(root: Path) -> None:
    ours, theirs = ((root / name).read_text().splitlines() for name in (".config/requirements/runtime.in", "meta/ee-requirements.txt"))
    assert {line for line in theirs if not line.startswith("#")} <= set(ours)


@pytest.mark.parametrize("lock", ["requirements.txt", ".config/requirements/dev.txt"])
def test_lock_files_have_hashes_and_no_addresses(root: Path, lock: str) -> None:
    text = (root / lock).read_text()
    pins = re.findall(r"^[a-z0-9][a-z0-9.-]*==", text, flags=re.MULTILINE)
    assert len(pins) > 10
    assert len(re.findall(r"==[^ ]+ \\\n +--hash=sha256:", text)) == len(pins)
    assert "://" not in text
    assert "--find-links" not in text
