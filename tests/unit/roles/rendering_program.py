# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers one question of ``rendered``: a program of its own, because Ansible's loader of collections changes how a process imports."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template

JSON = Any


def main() -> None:
    """From standard input to standard output."""
    asked = json.load(sys.stdin)
    root = Path(asked["root"])
    init_plugin_loader([str(root / ".ansible/collections")])
    loader = DataLoader()
    variables: dict[str, JSON] = {"role_path": str(root / "roles" / asked["role"])}
    for role in ("platform_versions", asked["role"]):
        for place in ("defaults", "vars"):
            variables |= loader.load_from_file(str(root / "roles" / role / place / "main.yml"), trusted_as_template=True)
    question = trust_as_template("{{ " + asked["expression"] + " | to_json }}")
    answers = {name: json.loads(Templar(loader, variables=variables | case).template(question)) for name, case in asked["cases"].items()}
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
