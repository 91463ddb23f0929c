# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every file of the project has, or has not."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import ansible_collections.kubernetes.core as bundled
import pytest
import yaml
from packaging.specifiers import SpecifierSet


@pytest.fixture(scope="module")
def tracked(root: Path) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True)
    return [root / name for name in listed.stdout.split("\0") if name and (root / name).is_file() and not (root / name).is_symlink()]


def test_every_source_file_names_its_licence(root: Path, tracked: list[Path]) -> None:
    covered = tomllib.loads((root / "REUSE.toml").read_text())["annotations"]
    globs = [pattern for entry in covered for pattern in ([entry["path"]] if isinstance(entry["path"], str) else entry["path"])]
    bare = [
        str(path.relative_to(root))
        for path in tracked
        if "SPDX-License-Identifier:" not in path.read_bytes()[:600].decode(errors="replace")
        and not any(path.relative_to(root).match(pattern) for pattern in globs)
        and path.parts[len(root.parts)] not in {"LICENSE", "LICENSES"}
    ]
    assert bare == []


def test_the_licence_is_there_in_full(root: Path) -> None:
    assert (root / "LICENSE").read_bytes() == (root / "LICENSES/GPL-3.0-or-later.txt").read_bytes()
    assert b"Apache License" in (root / "LICENSES/Apache-2.0.txt").read_bytes()


def test_tasks_use_no_shell_and_hide_no_failure(root: Path) -> None:
    tasks = [path for folder in ("roles", "playbooks", "molecule") for path in (root / folder).rglob("*.yml")]
    assert tasks
    found = [
        f"{path.relative_to(root)}: {line.strip()}"
        for path in tasks
        for line in path.read_text().splitlines()
        if re.search(r"^\s*(- )?(ansible\.builtin\.)?shell:|ignore_errors: true|failed_when: false|noqa", line)
    ]
    assert found == []


def test_plugins_wait_by_watch_and_not_by_sleeping(root: Path) -> None:
    sleepers = [str(path.relative_to(root)) for path in (root / "plugins").rglob("*.py") if "time.sleep(" in path.read_text()]
    assert [path for path in sleepers if path != "plugins/module_utils/_cluster/clock.py"] == []


def test_no_checker_is_silenced(tracked: list[Path]) -> None:
    silenced = re.compile(r"#\s*(noqa|type: ignore|pylint: disable|pragma: no cover)")
    assert [str(path) for path in tracked if path.suffix == ".py" and silenced.search(path.read_text())] == []


def test_modules_stay_small(root: Path, tracked: list[Path]) -> None:
    long = {str(path.relative_to(root)): len(path.read_text().splitlines()) for path in tracked if path.suffix == ".py"}
    assert {name: lines for name, lines in long.items() if lines > 350 and not name.startswith("plugins/modules/")} == {}


def test_the_action_group_names_modules(root: Path) -> None:
    group = yaml.safe_load((root / "meta/runtime.yml").read_text())["action_groups"]["conformance"]
    assert group == sorted(group)
    assert [name for name in group if not (root / f"plugins/modules/{name}.py").is_file()] == []


def test_an_action_plugin_has_a_documented_module(root: Path) -> None:
    actions = {path.stem for path in (root / "plugins/action").glob("[!_]*.py")}
    modules = {path.stem for path in (root / "plugins/modules").glob("[!_]*.py")}
    routed = yaml.safe_load((root / "meta/runtime.yml").read_text())["plugin_routing"]["modules"]
    assert routed.keys() <= modules
    assert {route["action_plugin"] for route in routed.values()} <= {f"ailab.conformance.{name}" for name in actions}
    assert actions - modules == {route["action_plugin"].rpartition(".")[2] for route in routed.values()}


def test_ranges_of_collections_are_met_by_what_pypi_brings(root: Path) -> None:
    bundle = Path(next(iter(bundled.__path__))).parents[1]
    wanted = yaml.safe_load((root / "requirements.yml").read_text())["collections"]
    for entry in wanted:
        manifest = json.loads((bundle / entry["name"].replace(".", "/") / "MANIFEST.json").read_text())
        assert manifest["collection_info"]["version"] in SpecifierSet(entry["version"]), entry["name"]
