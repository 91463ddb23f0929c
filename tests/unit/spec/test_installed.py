# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checklists are found where the collection is installed, far from any checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest


def run(program: str, *arguments: str, collections: Path) -> subprocess.CompletedProcess[str]:
    """Runs one of Ansible's programs far from the checkout and its settings."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    return subprocess.run(
        [Path(sys.executable).with_name(program), *arguments],
        cwd=collections,
        env={**kept, "ANSIBLE_COLLECTIONS_PATH": str(collections)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_an_installed_collection_has_its_checklists(root: Path, tmp_path: Path) -> None:
    built = run("ansible-galaxy", "collection", "build", "--output-path", str(tmp_path), str(root), collections=tmp_path)
    assert built.returncode == 0, built.stderr
    (tarball,) = tmp_path.glob("*.tar.gz")
    installed = tmp_path / "ansible_collections" / "ailab" / "conformance"
    with tarfile.open(tarball) as archive:
        archive.extractall(installed, filter="data")

    def lint(name: str) -> str:
        module = ("-m", "ailab.conformance.product_lint", "-a", f"paths={installed / 'specs' / name}")
        done = run("ansible", "localhost", *module, collections=tmp_path)
        return done.stdout + done.stderr

    # The template itself is judged: its empty statuses are broken rules.
    assert "error A8 spec.accelerators.dra_support.status: found ''" in lint("AIConformance-1.34.yaml")
    (installed / "specs" / "AIConformance-1.34.yaml").rename(installed / "specs" / "moved.yaml")
    assert f"expected it in {installed / 'specs'}" in lint("moved.yaml")
