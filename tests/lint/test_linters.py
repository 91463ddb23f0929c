# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every linter is a test, so that one line at the end says whether the project is in order."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Each without arguments of its own where its configuration says what it looks at: pyproject.toml, .ansible-lint, .yamllint.
LINTERS = {
    "ruff": ["ruff", "check"],
    "ruff format": ["ruff", "format", "--check"],
    "mypy": ["mypy"],
    "mypy of scripts": ["mypy", "scripts/docs.py", "scripts/record_demo.py", "roles/lab_host/files/check_host.py"],
    "ansible-lint": ["ansible-lint", "--nocolor"],
    "yamllint": ["yamllint", "--strict", "."],
    "changelog": ["antsibull-changelog", "lint"],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LINTERS)
def test_nothing_to_report(name: str, root: Path) -> None:
    programs = Path(sys.executable).parent
    path = os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)])
    program, *arguments = LINTERS[name]
    done = subprocess.run(
        [programs / program, *arguments], cwd=root, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.fail(f"{' '.join(LINTERS[name])}\n{done.stdout}{done.stderr}", pytrace=False)
