# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers one question of ``rendering``: a program of its own, because Ansible's loader of collections changes how a process imports."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template

JSON = Any

# What a role leaves out, as Ansible would.
OMIT = "__omitted__"
SHARED = "ailab.conformance.helm_chart"


def variables_of(loader: DataLoader, root: Path, *roles: str) -> dict[str, JSON]:
    """Defaults and variables of roles, with those of platform_versions."""
    found: dict[str, JSON] = {}
    for role in ("platform_versions", *roles):
        for place in ("defaults", "vars"):
            found |= loader.load_from_file(str(root / "roles" / role / place / "main.yml"), trusted_as_template=True)
    return found


class Renderer:
    """What templates come to with some variables.

    Attributes:
        variables: by name.
    """

    def __init__(self, loader: DataLoader, variables: dict[str, JSON]) -> None:
        self.loader, self.variables = loader, variables

    def value(self, template: JSON) -> JSON:
        """Of any text, list or mapping."""
        return json.loads(Templar(self.loader, variables={"__asked": template, **self.variables}).template(_AS_JSON))

    def given(self, options: JSON) -> JSON:
        """Options of a task, without those that it omits."""
        return {name: found for name, option in options.items() if (found := self.value(option)) != OMIT}


_AS_JSON = trust_as_template("{{ __asked | to_json }}")


def calls(loader: DataLoader, root: Path, role: str, file: str, case: JSON) -> Iterator[JSON]:
    """What a file of tasks hands to the role helm_chart, and what that asks KKP for, once for each item of its loop."""
    own = variables_of(loader, root, role) | {"role_path": str(root / "roles" / role)} | case
    asks = loader.load_from_file(str(root / "roles/helm_chart/tasks/kkp_application.yml"), trusted_as_template=True)
    (ask,) = [task for task in asks[1]["block"] if "ailab.conformance.kkp_application" in task]
    for task in loader.load_from_file(str(root / "roles" / role / "tasks" / file), trusted_as_template=True):
        if task.get("ansible.builtin.include_role", {}).get("name") != SHARED or "tasks_from" in task["ansible.builtin.include_role"]:
            continue
        name = task.get("loop_control", {}).get("loop_var", "item")
        for item in Renderer(loader, own).value(task["loop"]) if "loop" in task else [None]:
            handed = Renderer(loader, own | {name: item}).given(task["vars"])
            inner = variables_of(loader, root, "helm_chart") | handed | {"omit": OMIT}
            there = Renderer(loader, inner)
            asked = there.given(ask["ailab.conformance.kkp_application"]) if handed["helm_chart_provider"] == "kkp_application" else {}
            yield {"handed": handed, "asked": asked, "release": there.value(inner["__helm_chart_release"])}


def main() -> None:
    """From standard input to standard output."""
    asked = json.load(sys.stdin)
    root, role = Path(asked["root"]), asked["role"]
    init_plugin_loader([str(root / ".ansible/collections")])
    loader = DataLoader()
    answers: dict[str, JSON] = {}
    if "file" in asked:
        answers = {name: list(calls(loader, root, role, asked["file"], case)) for name, case in asked["cases"].items()}
    else:
        own = {"role_path": str(root / "roles" / role)} | variables_of(loader, root, role)
        question = trust_as_template("{{ " + asked["expression"] + " }}")
        answers = {name: Renderer(loader, own | case).value(question) for name, case in asked["cases"].items()}
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
