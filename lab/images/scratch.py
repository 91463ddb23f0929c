# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the compiler works: in memory where there is plenty, on the disk otherwise; dropped once the programs are in the cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.images.cache import Cache

GIB = 1 << 30
_TMPFS = Path("/dev", "shm")
_MEMINFO = Path("/proc/meminfo")
# Limits of a container (cgroup v2, v1): what the machine has beyond them is of no use.
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
# A compiler that never collects garbage takes up to 3 GiB for the largest link, and two packages compile beside it.
_WITHOUT_COLLECTION = 8 * GIB


@dataclass(frozen=True, slots=True)
class Needs:
    """What the builds ahead take at most, in bytes: downloaded modules, compiled packages, finished programs and images."""

    modules: int
    objects: int
    results: int


@dataclass(frozen=True, slots=True)
class Scratch:
    """Room for one builder.

    Attributes:
        modules: downloaded and unpacked Go modules (GOMODCACHE).
        objects: compiled packages (GOCACHE).
        temporary: the linker's files (GOTMPDIR).
        collect_garbage: whether the compiler has to mind the memory.
    """

    modules: Path
    objects: Path
    temporary: Path
    collect_garbage: bool


def choose(cache: Cache, needs: Needs, environment: Mapping[str, str]) -> Scratch:
    """Find room for the builds ahead, and say so beforehand when there is none.

    Args:
        cache: programs and images will go there; so do modules and objects where memory is short.
        needs: at most this much will be written.
        environment: the caller's; GOCACHE and GOMODCACHE are followed.

    Raises:
        LabError: the disk is too full.
    """
    disk = _disk(cache)
    memory = available_memory()
    fits = _TMPFS.is_dir() and min(_free(_TMPFS), memory - _WITHOUT_COLLECTION) >= needs.objects
    tmpfs = _private_tmpfs(cache) if fits else None
    fast = tmpfs or disk
    chosen = Scratch(
        modules=Path(environment.get("GOMODCACHE") or disk / "modules"),
        objects=Path(environment.get("GOCACHE") or fast / "objects"),
        temporary=fast / "temporary",
        collect_garbage=memory - (needs.objects if tmpfs else 0) < _WITHOUT_COLLECTION,
    )
    cache.root.mkdir(parents=True, exist_ok=True)
    needed = needs.results + needs.modules + (0 if tmpfs else needs.objects)
    free = _free(cache.root)
    if free < needed:
        raise LabError(
            f"free disk space below {cache.root}",
            found=f"{free / GIB:.1f} GiB",
            expected=f"{needed / GIB:.1f} GiB while building ({needs.results / GIB:.1f} GiB are kept)",
            see="Free some, or name another place with AILAB_CACHE.",
        )
    for folder in (chosen.modules, chosen.objects, chosen.temporary):
        folder.mkdir(parents=True, exist_ok=True)
    return chosen


def drop(cache: Cache) -> int:
    """Remove modules and compiled packages. Folders that the user named by GOCACHE or GOMODCACHE stay.

    Returns:
        Bytes freed.
    """
    freed = 0
    for folder in (_disk(cache), _tmpfs(cache)):
        freed += sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file())
        shutil.rmtree(folder, ignore_errors=True)
    return freed


def available_memory() -> int:
    """Memory that a new process can have without swapping, in bytes (proc(5), MemAvailable), within the limit of a container."""
    fields = dict(line.split(":", 1) for line in _MEMINFO.read_text(encoding="ascii").splitlines() if ":" in line)
    available = int(fields["MemAvailable"].split()[0]) * 1024
    for limit in _LIMITS:
        try:
            text = limit.read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():
            available = min(available, int(text))
    return available


def _disk(cache: Cache) -> Path:
    return cache.root / "scratch"


def _tmpfs(cache: Cache) -> Path:
    """A directory of this cache and this user in memory."""
    name = hashlib.sha256(str(cache.root.resolve()).encode()).hexdigest()[:8]
    return _TMPFS / f"ailab-build-{os.geteuid()}-{name}"


def _private_tmpfs(cache: Cache) -> Path | None:
    """Make the directory in memory; none where somebody else has taken its name, since anybody can write there."""
    folder = _tmpfs(cache)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) == 0o700
    return folder if private else None


def _free(path: Path) -> int:
    return shutil.disk_usage(path).free
