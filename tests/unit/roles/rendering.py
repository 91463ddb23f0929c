# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the variables of a role come to, as Ansible has it, without a playbook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

JSON = Any

_PROGRAM = Path(__file__).with_name("rendering_program.py")


def rendered(root: Path, role: str, expression: str, cases: Mapping[str, Mapping[str, JSON]]) -> dict[str, JSON]:
    """The value of an expression in each case.

    Args:
        root: of the checkout.
        role: whose defaults and variables there are, with those of platform_versions.
        expression: of Jinja, without braces.
        cases: variables on top, by a name.
    """
    return _answer(root, {"role": role, "expression": expression, "cases": cases})


def calls(root: Path, role: str, file: str, cases: Mapping[str, Mapping[str, JSON]]) -> dict[str, list[JSON]]:
    """What a file of tasks hands to the role helm_chart in each case.

    For every chart ``handed``, its variables, ``release``, the name, and ``asked``, what KKP is asked for with provider kkp_application.

    Args:
        root: of the checkout.
        role: whose tasks they are.
        file: below the role's tasks.
        cases: variables on top, by a name.
    """
    return _answer(root, {"role": role, "file": file, "cases": cases})


def _answer(root: Path, asked: Mapping[str, JSON]) -> dict[str, JSON]:
    environment = {**os.environ, "ANSIBLE_CONFIG": str(root / "ansible.cfg")}
    said = json.dumps({"root": str(root), **asked})
    done = subprocess.run([sys.executable, _PROGRAM], input=said, env=environment, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    values: dict[str, JSON] = json.loads(done.stdout)
    return values
