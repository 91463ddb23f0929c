# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the compiler works, decided by what the machine has."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from lab.errors import LabError
from lab.images import scratch
from lab.images.cache import Cache

GIB = scratch.GIB
NEEDS = scratch.Needs(modules=2 * GIB, objects=4 * GIB, results=1 * GIB)


class Usage(NamedTuple):
    """What shutil.disk_usage returns."""

    total: int
    used: int
    free: int


class Machine:
    """A machine with so much memory and disk."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.memory, self.disk, self.tmpfs_free = 16 * GIB, 100 * GIB, 16 * GIB
        self.tmpfs = tmp_path / "shm"
        self.tmpfs.mkdir()
        self.cache = Cache(tmp_path / "cache")
        monkeypatch.setattr(scratch, "_TMPFS", self.tmpfs)
        monkeypatch.setattr(scratch, "available_memory", lambda: self.memory)
        monkeypatch.setattr("shutil.disk_usage", self._usage)

    def _usage(self, path: Path) -> Usage:
        return Usage(0, 0, self.tmpfs_free if path.is_relative_to(self.tmpfs) else self.disk)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_with_plenty_of_memory_objects_go_there_and_no_garbage_is_collected(machine: Machine) -> None:
    room = scratch.choose(machine.cache, NEEDS, {})
    assert room.objects.is_relative_to(machine.tmpfs)
    assert room.temporary.is_relative_to(machine.tmpfs)
    assert room.modules.is_relative_to(machine.cache.root)
    assert not room.collect_garbage
    assert all(folder.is_dir() for folder in (room.objects, room.temporary, room.modules))


def test_with_less_memory_objects_go_to_the_disk(machine: Machine) -> None:
    machine.memory = 9 * GIB
    room = scratch.choose(machine.cache, NEEDS, {})
    assert room.objects.is_relative_to(machine.cache.root)
    assert not room.collect_garbage


def test_with_little_memory_garbage_is_collected(machine: Machine) -> None:
    machine.memory = 6 * GIB
    assert scratch.choose(machine.cache, NEEDS, {}).collect_garbage


def test_a_small_tmpfs_is_left_alone(machine: Machine) -> None:
    machine.tmpfs_free = 64 << 20
    assert scratch.choose(machine.cache, NEEDS, {}).objects.is_relative_to(machine.cache.root)
    assert list(machine.tmpfs.iterdir()) == []


def test_a_full_disk_is_told_before_anything_is_written(machine: Machine) -> None:
    machine.disk, machine.memory = 3 * GIB, 6 * GIB
    with pytest.raises(LabError, match=r"found 3\.0 GiB; expected 7\.0 GiB while building.*AILAB_CACHE"):
        scratch.choose(machine.cache, NEEDS, {})
    assert not (machine.cache.root / "scratch").exists()


def test_objects_in_memory_need_no_disk(machine: Machine) -> None:
    machine.disk = 3 * GIB
    assert scratch.choose(machine.cache, NEEDS, {}).objects.is_relative_to(machine.tmpfs)


def test_the_user_s_own_go_caches_are_used_and_kept(machine: Machine, tmp_path: Path) -> None:
    theirs = {"GOCACHE": str(tmp_path / "objects"), "GOMODCACHE": str(tmp_path / "modules")}
    room = scratch.choose(machine.cache, NEEDS, theirs)
    assert (room.objects, room.modules) == (tmp_path / "objects", tmp_path / "modules")
    (room.objects / "object").write_text("x")
    scratch.drop(machine.cache)
    assert (room.objects / "object").exists()


def test_dropping_leaves_nothing(machine: Machine) -> None:
    room = scratch.choose(machine.cache, NEEDS, {})
    (room.objects / "object").write_text("four")
    (room.modules / "module").write_text("four")
    assert scratch.drop(machine.cache) == 8
    assert list(machine.tmpfs.iterdir()) == []
    assert not (machine.cache.root / "scratch").exists()


def test_a_directory_that_others_can_enter_is_not_used(machine: Machine) -> None:
    taken = scratch.choose(machine.cache, NEEDS, {}).objects.parent
    taken.chmod(0o777)
    assert scratch.choose(machine.cache, NEEDS, {}).objects.is_relative_to(machine.cache.root)


def test_a_container_s_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meminfo, limit, unlimited = tmp_path / "meminfo", tmp_path / "limit", tmp_path / "unlimited"
    meminfo.write_text("MemTotal:       16000000 kB\nMemAvailable:   12000000 kB\n")
    limit.write_text(f"{2 * GIB}\n")
    unlimited.write_text("max\n")
    monkeypatch.setattr(scratch, "_MEMINFO", meminfo)
    monkeypatch.setattr(scratch, "_LIMITS", (unlimited, tmp_path / "none"))
    assert scratch.available_memory() == 12_000_000 * 1024
    monkeypatch.setattr(scratch, "_LIMITS", (unlimited, limit))
    assert scratch.available_memory() == 2 * GIB
