# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's part of the cgroup tree, on hosts with cgroup v1, hybrid and v2 (cgroups(7)).

Every process of the lab lives below one cgroup. So it can be found and ended by membership, never by its name.
"""

from __future__ import annotations

import ctypes
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.nodes.command import run, until

_MOUNTS = Path("/proc/self/mountinfo")
# What the kubelet refuses to start without (k8s.io/kubernetes pkg/kubelet/cm/container_manager_linux.go).
_NEEDED_V1 = {"cpu", "cpuacct", "cpuset", "memory"}
_V1_CONTROLLERS = {
    "cpu",
    "cpuacct",
    "cpuset",
    "memory",
    "devices",
    "freezer",
    "blkio",
    "pids",
    "net_cls",
    "net_prio",
    "perf_event",
    "hugetlb",
    "rdma",
}
_CLONE_NEWCGROUP = 0x02000000  # sched.h
_NEEDED_V2 = {"cpu", "cpuset", "memory", "pids"}


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """One mounted cgroup file system.

    Attributes:
        controllers: empty for a named v1 hierarchy and for the v2 part of a hybrid host.
        options: what mount(8) takes to mount it again.
    """

    root: Path
    controllers: frozenset[str]
    v2: bool
    options: str = ""


def hierarchies(mountinfo: str | None = None) -> list[Hierarchy]:
    """The cgroup file systems mounted here.

    Args:
        mountinfo: text in the form of /proc/self/mountinfo (proc(5)); default: this process's.
    """
    found: dict[Path, Hierarchy] = {}
    for line in (mountinfo if mountinfo is not None else _MOUNTS.read_text()).splitlines():
        before, _, after = line.partition(" - ")
        mount_root, point = before.split()[3:5]
        kind, _source, options = after.split()[:3]
        # Seen from a cgroup namespace, the root of a mount that is older than the namespace is so many steps up.
        if set(mount_root.split("/")) - {"", ".."} or kind not in ("cgroup", "cgroup2"):
            continue
        root = Path(point)
        if kind == "cgroup2":
            controllers = root / "cgroup.controllers"
            offered = controllers.read_text().split() if controllers.exists() else []
            found[root] = Hierarchy(root=root, controllers=frozenset(offered), v2=True)
        else:
            chosen = [option for option in options.split(",") if option in _V1_CONTROLLERS or option.startswith("name=")]
            mount = ",".join(chosen if set(chosen) & _V1_CONTROLLERS else ["none", *chosen])
            found[root] = Hierarchy(root=root, controllers=frozenset(chosen) & _V1_CONTROLLERS, v2=False, options=mount)
    return list(found.values())


def missing_controllers(mounted: list[Hierarchy]) -> set[str]:
    """Which controllers the kubelet needs and this host does not offer."""
    v1 = set().union(*(h.controllers for h in mounted if not h.v2))
    v2 = set().union(*(h.controllers for h in mounted if h.v2))
    return _NEEDED_V1 - v1 if v1 else _NEEDED_V2 - v2


class CgroupTree:
    """The cgroup ``/<name>`` in each hierarchy.

    A node takes ``/<name>/<node>`` for the root of all cgroups (cgroup_namespaces(7)); its own processes live in ``runtime`` below it,
    since with v2 only leaves may hold processes.
    """

    def __init__(self, name: str, *, mounted: list[Hierarchy] | None = None) -> None:
        self.name = name
        self._mounted = hierarchies() if mounted is None else mounted

    def create(self, *parts: str, hand_down: bool = True) -> None:
        """Make a cgroup and its parents.

        Args:
            hand_down: give it all controllers (v2). Its parent may hold no process then.

        Raises:
            LabError: the host does not offer the controllers that the kubelet needs.
        """
        if missing := missing_controllers(self._mounted):
            raise LabError(
                "the cgroup controllers of this machine",
                found=f"no {', '.join(sorted(missing))}",
                expected="cpu, cpuset, memory and pids (v2), or cpu, cpuacct, cpuset and memory (v1)",
                see="They are switched on by the kernel's command line; see cgroups(7).",
            )
        for hierarchy in self._mounted:
            group = hierarchy.root
            for part in (self.name, *parts):
                if hand_down and hierarchy.v2:
                    _hand_down(group, hierarchy.controllers)
                group /= part
                group.mkdir(exist_ok=True)
                if "cpuset" in hierarchy.controllers and not hierarchy.v2:
                    _fill_cpuset(group)

    def join(self, *parts: str) -> None:
        """Move the calling process into a cgroup, in every hierarchy; its children follow it."""
        for hierarchy in self._mounted:
            (hierarchy.root.joinpath(self.name, *parts) / "cgroup.procs").write_text("0")

    def processes(self, *parts: str) -> set[int]:
        """The ids of all processes in a cgroup and below it."""
        ids: set[int] = set()
        for hierarchy in self._mounted:
            # A walk, unlike a glob, goes on where a cgroup goes away under it, as those of ending pods do.
            for folder, _, _ in os.walk(hierarchy.root.joinpath(self.name, *parts)):
                ids.update(int(word) for word in _read(Path(folder) / "cgroup.procs").split())
        return ids - {0}

    def kill(self, *parts: str, seconds: float = 15.0) -> None:
        """End every process in a cgroup, and wait until the last one is gone."""

        def all_gone() -> bool:
            left = self.processes(*parts)
            for pid in left:
                _kill(pid)
            return not left

        until(
            all_gone,
            what=f"the end of the processes in cgroup {'/'.join((self.name, *parts))}",
            seconds=seconds,
            see="A process in uninterruptible sleep (state D in ps) waits for the kernel.",
        )

    def exists(self) -> bool:
        """Whether any hierarchy has the lab's cgroup."""
        return any((hierarchy.root / self.name).is_dir() for hierarchy in self._mounted)

    def remove(self, *parts: str) -> None:
        """Remove a cgroup and all below it; its processes must be gone."""
        for hierarchy in self._mounted:
            top = hierarchy.root.joinpath(self.name, *parts)
            for folder, _, _ in os.walk(top, topdown=False):
                _remove(Path(folder))


def own_root() -> None:
    """Make the calling process's cgroup the root of what it and its children see."""
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWCGROUP) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWCGROUP)")


def remount(mounted: list[Hierarchy]) -> None:
    """Show a process that has a root of its own that root, at the places where the hierarchies were mounted before."""
    for hierarchy in mounted:
        kind = "cgroup2" if hierarchy.v2 else "cgroup"
        run(["umount", hierarchy.root])  # the kernel refuses to mount a file system over itself
        run(["mount", "-t", kind, *(["-o", hierarchy.options] if hierarchy.options else []), kind, hierarchy.root])


def _hand_down(group: Path, controllers: frozenset[str]) -> None:
    control = group / "cgroup.subtree_control"
    lacking = controllers - set(control.read_text().split())
    for controller in sorted(lacking & {"cpu", "cpuset", "io", "memory", "pids", "hugetlb"}):
        control.write_text(f"+{controller}")


def _fill_cpuset(group: Path) -> None:
    # A v1 cpuset without CPUs and memory nodes takes no process, and children do not inherit.
    for name in ("cpuset.cpus", "cpuset.mems"):
        if not (group / name).read_text().strip():
            (group / name).write_text((group.parent / name).read_text())


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, OSError):  # the cgroup went away, or a v2 cgroup is threaded (EOPNOTSUPP)
        return ""


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _remove(group: Path) -> None:
    def gone() -> bool:
        try:
            group.rmdir()
        except FileNotFoundError:
            return True
        except OSError:  # EBUSY: the kernel is still taking the last process out
            return False
        return True

    until(gone, what=f"the removal of cgroup {group}", seconds=5, see="cgroup.procs in it lists who is still there.")
