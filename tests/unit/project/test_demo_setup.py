# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The set-up: `make demo` asks the machine for nothing but Python, and nothing is installed twice."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

LOOKED = "looked-at"
UV = """#!/bin/sh
mkdir -p .venv/bin
printf '#!/bin/sh\\necho "%s/.venv/lib"\\n' "$PWD" >.venv/bin/python
chmod +x .venv/bin/python
case "$*" in *install*) echo "$@" >>installed ;; esac
"""


class Checkout:
    """A checkout with two lock files, an installer that only notes what it is told, and a machine that is fit or not."""

    def __init__(self, root: Path, place: Path) -> None:
        self.place = place
        for name in ("scripts", ".config/requirements", "roles/lab_host/files", "programs"):
            (place / name).mkdir(parents=True)
        shutil.copy(root / "scripts/setup", place / "scripts/setup")
        (place / "requirements.txt").write_text("one==1\n")
        (place / ".config/requirements/dev.txt").write_text("two==2\n")
        (place / "programs/uv").write_text(UV)
        (place / "programs/uv").chmod(0o755)
        self.fit(yes=True)

    def fit(self, *, yes: bool) -> None:
        """Whether the machine has what the lab needs."""
        script = f"import pathlib, sys\npathlib.Path({LOOKED!r}).touch()\nsys.exit({0 if yes else 1})\n"
        (self.place / "roles/lab_host/files/check_host.py").write_text(script)

    def setup(self, *arguments: str) -> int:
        path = f"{self.place / 'programs'}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["scripts/setup", *arguments], cwd=self.place, env={**os.environ, "PATH": path}, capture_output=True, check=False
        )
        return done.returncode

    def installed(self) -> list[list[str]]:
        """The lock files of each installation."""
        log = self.place / "installed"
        lines = log.read_text().splitlines() if log.exists() else []
        return [[word.partition("=")[2] for word in line.split() if word.startswith("--requirement=")] for line in lines]


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Checkout:
    return Checkout(root, tmp_path)


RUNTIME, DEV = ["requirements.txt"], ["requirements.txt", ".config/requirements/dev.txt"]


def test_the_demo_needs_no_machine_that_is_fit_for_the_lab(checkout: Checkout) -> None:
    checkout.fit(yes=False)
    assert checkout.setup("--packages") == 0
    assert checkout.installed() == [RUNTIME]
    assert not (checkout.place / LOOKED).exists()
    assert (checkout.place / ".venv/lib/ansible_collections/ailab/conformance").resolve() == checkout.place
    assert checkout.setup() == 1
    assert (checkout.place / LOOKED).exists()
    assert checkout.installed() == [RUNTIME]


@pytest.mark.parametrize(
    ("first", "then", "installed"),
    [
        ("--packages", "--packages", [RUNTIME]),
        ("--runtime", "--packages", [RUNTIME]),
        ("--dev", "--packages", [DEV]),
        ("--dev", "--runtime", [DEV]),
        ("--packages", "--runtime", [RUNTIME, RUNTIME]),
        ("--runtime", "--dev", [RUNTIME, DEV]),
    ],
)
def test_what_is_there_is_not_installed_again(checkout: Checkout, first: str, then: str, installed: list[list[str]]) -> None:
    assert (checkout.setup(first), checkout.setup(then)) == (0, 0)
    assert checkout.installed() == installed


def test_other_lock_files_are_installed(checkout: Checkout) -> None:
    assert checkout.setup() == 0
    (checkout.place / "requirements.txt").write_text("one==1.1\n")
    assert checkout.setup() == 0
    assert checkout.installed() == [RUNTIME, RUNTIME]


def test_an_unknown_level_is_refused(checkout: Checkout) -> None:
    assert checkout.setup("--everything") == 2
    assert checkout.installed() == []
