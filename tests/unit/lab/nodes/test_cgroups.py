# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""cgroup v1, hybrid and v2 hosts are told apart by what they mount."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import LabError
from lab.nodes.cgroups import CgroupTree, Hierarchy, hierarchies, missing_controllers

HYBRID = """\
24 20 0:20 / /sys rw - sysfs sysfs rw
32 24 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
33 32 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
34 32 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset,clone_children
35 32 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
36 32 0:32 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
37 32 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
"""
INSIDE = """\
33 32 0:29 /../.. /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
90 32 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
91 32 0:29 /some/pod /mnt rw - cgroup cgroup rw,memory
"""


def v1(root: Path, *controllers: str) -> Hierarchy:
    return Hierarchy(root=root, controllers=frozenset(controllers), v2=False)


def test_a_hybrid_host_counts_as_v1() -> None:
    found = hierarchies(HYBRID)
    assert missing_controllers(found) == set()
    assert {str(h.root): h.options for h in found if not h.v2} == {
        "/sys/fs/cgroup/cpu,cpuacct": "cpu,cpuacct",
        "/sys/fs/cgroup/cpuset": "cpuset",
        "/sys/fs/cgroup/memory": "memory",
        "/sys/fs/cgroup/systemd": "none,name=systemd",
    }


def test_a_mount_that_is_older_than_the_namespace_is_found_once() -> None:
    assert [str(h.root) for h in hierarchies(INSIDE)] == ["/sys/fs/cgroup/memory"]


def test_missing_controllers_are_named_before_anything_is_made(tmp_path: Path) -> None:
    tree = CgroupTree("t", mounted=[v1(tmp_path, "cpu", "memory")])
    with pytest.raises(LabError, match="no cpuacct, cpuset"):
        tree.create("node")
    assert not list(tmp_path.iterdir())


def test_v2_hands_controllers_down_to_the_new_cgroup_only(tmp_path: Path) -> None:
    offered = frozenset({"cpu", "cpuset", "memory", "pids", "misc"})
    for folder in (tmp_path, tmp_path / "lab"):
        folder.mkdir(exist_ok=True)
        (folder / "cgroup.subtree_control").write_text("")
    CgroupTree("lab", mounted=[Hierarchy(root=tmp_path, controllers=offered, v2=True)]).create("node")
    assert (tmp_path / "lab/node").is_dir()
    # Each write adds one controller; a plain file keeps the last.
    assert (tmp_path / "lab/cgroup.subtree_control").read_text() == "+pids"


def test_v2_leaves_a_cgroup_that_holds_processes_alone(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    CgroupTree("lab", mounted=[Hierarchy(root=tmp_path, controllers=frozenset({"cpu", "cpuset", "memory", "pids"}), v2=True)]).create(
        "runtime", hand_down=False
    )
    assert (tmp_path / "lab/runtime").is_dir()
    assert not (tmp_path / "lab/cgroup.subtree_control").exists()


def test_a_v1_cpuset_is_filled_from_its_parent(tmp_path: Path) -> None:
    cpus, rest = tmp_path / "cpuset", tmp_path / "rest"
    rest.mkdir()
    for folder, text in ((cpus, "0-1"), (cpus / "lab", "")):
        folder.mkdir()
        (folder / "cpuset.cpus").write_text(text)
        (folder / "cpuset.mems").write_text(text and "0")
    CgroupTree("lab", mounted=[v1(cpus, "cpuset"), v1(rest, "cpu", "cpuacct", "memory")]).create()
    assert (cpus / "lab/cpuset.cpus").read_text() == "0-1"
    assert (cpus / "lab/cpuset.mems").read_text() == "0"


def test_processes_are_those_below_the_cgroup(tmp_path: Path) -> None:
    for path, ids in (("lab/a", "11\n12\n"), ("lab/a/b", "13\n"), ("other", "99\n")):
        (tmp_path / path).mkdir(parents=True)
        (tmp_path / path / "cgroup.procs").write_text(ids)
    tree = CgroupTree("lab", mounted=[v1(tmp_path, "memory")])
    assert tree.processes() == {11, 12, 13}
    assert tree.processes("a", "b") == {13}
