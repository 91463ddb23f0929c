# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tarball holds what the roles and reports need at run time, and nothing of this machine."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def names(root: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    galaxy = Path(sys.executable).with_name("ansible-galaxy")
    output = tmp_path_factory.mktemp("build")
    subprocess.run([galaxy, "collection", "build", "--output-path", output, root], check=True, capture_output=True)
    (tarball,) = output.glob("ailab-conformance-*.tar.gz")
    with tarfile.open(tarball) as archive:
        return {member.name for member in archive.getmembers() if member.isfile()}


@pytest.fixture(scope="module")
def tracked(root: Path) -> set[str]:
    return set(subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout.splitlines())


@pytest.mark.parametrize("folder", ["lab", "specs", "plugins", "roles", "playbooks", "inventories"])
def test_a_folder_is_packed_whole(names: set[str], tracked: set[str], root: Path, folder: str) -> None:
    missing = {name for name in tracked if name.startswith(f"{folder}/") and (root / name).is_file()} - names
    assert missing == set()


@pytest.mark.parametrize("name", ["README.md", "LICENSE", "meta/runtime.yml", "requirements.txt", "docs/settings.md", "MANIFEST.json"])
def test_a_file_is_packed(names: set[str], name: str) -> None:
    assert name in names


@pytest.mark.parametrize(
    "folder", [".venv", ".ansible", ".git", ".ci", ".config", "tests", "molecule", "scripts", "bench", "runs", "build"]
)
def test_what_belongs_to_the_checkout_stays_there(names: set[str], folder: str) -> None:
    assert not {name for name in names if name.startswith(f"{folder}/")}


def test_no_compiled_file_is_packed(names: set[str]) -> None:
    assert not {name for name in names if name.endswith(".pyc")}
