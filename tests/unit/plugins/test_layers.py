# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arrows between packages point downwards only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

UTILS = "plugins/module_utils"
BELOW = {
    "_cluster": set(),
    "_platform": {"_cluster"},
    "_engine": {"_platform", "_cluster"},
    "_checks": {"_engine", "_platform"},
}

NAMED_ONLY = {("_checks", "_cluster.mirror"), ("_checks", "_cluster.client")}
"""What annotations may name and nobody may import: what a wait is asked about, and what a bench hands to the words of a field."""


def imported(path: Path, *, typing_too: bool) -> Iterator[str]:
    """The modules that a file imports; without those that only its annotations name, unless asked for."""

    def visit(body: list[ast.stmt]) -> Iterator[str]:
        for node in body:
            if isinstance(node, ast.If):
                if typing_too or "TYPE_CHECKING" not in ast.dump(node.test):
                    yield from visit(node.body)
                yield from visit(node.orelse)
            elif isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield f"{'.' * node.level}{node.module or ''}"
            elif isinstance(node, ast.Try | ast.FunctionDef | ast.ClassDef | ast.With):
                yield from visit(node.body)

    yield from visit(ast.parse(path.read_text()).body)


def files(root: Path, package: str) -> list[Path]:
    return sorted((root / UTILS / package).rglob("*.py"))


@pytest.mark.parametrize("package", BELOW)
def test_a_package_knows_only_what_is_below(root: Path, package: str) -> None:
    for path in files(root, package):
        for name in imported(path, typing_too=True):
            _, found, rest = name.partition("module_utils.")
            if found:
                used = rest.partition(".")[0]
                named = (package, rest) in NAMED_ONLY or (package, used) == ("_engine", "_spec")
                assert used == package or used in BELOW[package] or named, f"{path} imports {name}"


def test_only_the_transport_imports_the_client_library(root: Path) -> None:
    users = [
        path.name for path in (root / UTILS).rglob("*.py") if any(name.startswith("kubernetes") for name in imported(path, typing_too=True))
    ]
    assert users == ["transport.py"]


def test_evaluators_import_nothing_that_talks_to_a_cluster(root: Path) -> None:
    talking = (
        "_cluster",
        "_platform.asking",
        "_platform.bench",
        "_platform.making",
        "_platform.stock",
        "_platform.undo",
        "_platform.workspace",
        "_platform.survey",
        "_platform.removal",
        "_platform.rights",
        "kubernetes",
    )
    for path in files(root, "_checks"):
        names = list(imported(path, typing_too=False))
        assert [name for name in names if any(part in name for part in talking)] == [], path


def test_nothing_in_the_plugins_knows_the_lab(root: Path) -> None:
    for path in (root / "plugins").rglob("*.py"):
        assert [name for name in imported(path, typing_too=True) if name == "lab" or name.startswith("lab.")] == [], path
