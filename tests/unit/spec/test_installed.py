# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checklists are found where the collection is installed, far from any checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_an_installed_collection_has_its_checklists(root: Path, tmp_path: Path) -> None:
    def run(program: str, *arguments: str) -> str:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
        done = subprocess.run(
            [Path(sys.executable).with_name(program), *arguments],
            cwd=tmp_path,
            env={**kept, "ANSIBLE_COLLECTIONS_PATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    run("ansible-galaxy", "collection", "build", "--output-path", str(tmp_path), str(root))
    (tarball,) = tmp_path.glob("*.tar.gz")
    run("ansible-galaxy", "collection", "install", "--force", "--no-deps", "--offline", "--collections-path", str(tmp_path), str(tarball))
    specs = tmp_path / "ansible_collections" / "ailab" / "conformance" / "specs"
    # The template itself is judged: its empty statuses are broken rules.
    lint = ("ansible", "localhost", "-m", "ailab.conformance.product_lint", "-a", f"paths={specs}/AIConformance-1.34.yaml")
    assert "error A8 spec.accelerators.dra_support.status: found ''" in run(*lint)
    (specs / "AIConformance-1.34.yaml").rename(specs / "moved.yaml")
    moved = run(*lint[:-1], f"paths={specs}/moved.yaml")
    assert f"expected it in {specs}" in moved
