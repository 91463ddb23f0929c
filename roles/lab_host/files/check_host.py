#!/usr/bin/env python3
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Can the embedded lab live on this machine? One line for each thing that it lacks.

Run by `make setup` before there is a virtual environment, and by the role `lab_host`: the standard library only, no root, nothing changed.
Exit status 0: everything is there; 1: something is missing; 2: wrong arguments.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

GIB = 1024**3
GB = 1000**3

# What a node is made of: namespaces(7), the overlay of container images, veth pairs on a bridge, and kube-proxy's nftables.
NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "uts")
KERNEL_OPTIONS: Mapping[str, str] = {
    "CONFIG_BRIDGE": "network bridges",
    "CONFIG_NF_NAT": "address translation",
    "CONFIG_NF_TABLES": "nftables",
    "CONFIG_OVERLAY_FS": "the overlay file system",
    "CONFIG_VETH": "virtual Ethernet pairs",
}
CONTROLLERS = ("cpu", "cpuset", "memory", "pids")
# capabilities(7), by bit: what root in a container may have been denied.
CAPABILITIES: Mapping[int, str] = {12: "CAP_NET_ADMIN", 18: "CAP_SYS_CHROOT", 21: "CAP_SYS_ADMIN", 27: "CAP_MKNOD"}


@dataclass(frozen=True, slots=True)
class Machine:
    """The few places where a Linux machine says what it can do; a test puts its own root directory under them.

    Attributes:
        root: the directory that holds /proc, /sys and /boot.
        release: the kernel's release, as uname(2) has it.
        uid: the effective user.
        search_path: where programs are looked for.
    """

    root: Path = Path("/")
    release: str = field(default_factory=platform.release)
    uid: int = field(default_factory=os.geteuid)
    search_path: str = field(default_factory=lambda: os.environ.get("PATH", os.defpath))

    def lines(self, path: str) -> list[str]:
        """The lines of a file below the root, none where it is absent or closed to us."""
        try:
            return (self.root / path).read_text().splitlines()
        except OSError:
            return []

    def kernel_options(self) -> Mapping[str, str]:
        """The kernel's build options, as far as the machine tells; a module (``m``) counts as present, the kernel loads it on demand."""
        packed = self.root / "proc/config.gz"
        if packed.is_file():
            lines = gzip.decompress(packed.read_bytes()).decode().splitlines()
        else:
            lines = self.lines(f"boot/config-{self.release}")
        return dict(line.split("=", 1) for line in lines if line.startswith("CONFIG_") and "=" in line)

    def cgroup_mode(self) -> str:
        """``v2``, ``hybrid``, ``v1`` or ``none``: how the control groups are mounted (cgroups(7))."""
        tree = self.root / "sys/fs/cgroup"
        if (tree / "cgroup.controllers").exists():
            return "v2"
        if not (tree / "memory").is_dir():
            return "none"
        return "hybrid" if (tree / "unified").is_dir() else "v1"

    def controllers(self) -> set[str]:
        """The cgroup controllers that a new group can have."""
        if self.cgroup_mode() == "v2":
            return {name for line in self.lines("sys/fs/cgroup/cgroup.controllers") for name in line.split()}
        return {name for name in CONTROLLERS if (self.root / "sys/fs/cgroup" / name).is_dir()}

    def memory_available(self) -> int:
        """Bytes that new processes can have without swapping (MemAvailable of proc(5))."""
        for line in self.lines("proc/meminfo"):
            name, _, value = line.partition(":")
            if name == "MemAvailable":
                return int(value.split()[0]) * 1024
        return 0

    def capabilities(self) -> int:
        """The effective capabilities of this process, as a bit mask."""
        return next((int(line.split()[1], 16) for line in self.lines("proc/self/status") if line.startswith("CapEff:")), 0)


@dataclass(frozen=True, slots=True)
class Need:
    """How much room the lab wants.

    Attributes:
        memory: bytes available.
        disk: bytes free in the file system of each of these directories, which need not exist yet.
    """

    memory: int
    disk: Mapping[Path, int]


def missing(machine: Machine, need: Need) -> Iterator[str]:
    """What the lab lacks here, one sentence each: what was found, what is expected, what to do."""
    if not (machine.root / "proc/self/ns").is_dir():
        yield f"Linux: found {platform.system()} without /proc, expected a Linux machine (Debian 12 or later is tested)"
        return
    yield from _kernel(machine)
    yield from _cgroups(machine)
    yield from _privileges(machine)
    yield from _room(machine, need)


def _kernel(machine: Machine) -> Iterator[str]:
    for name in NAMESPACES:
        if not (machine.root / "proc/self/ns" / name).exists():
            yield f"kernel feature: no {name} namespaces in {machine.release}, expected /proc/self/ns/{name}; use a distribution's kernel"
    options = machine.kernel_options()
    for name, meaning in KERNEL_OPTIONS.items():
        if options and options.get(name) not in {"y", "m"}:
            yield f"kernel feature: {machine.release} is built without {meaning}, expected {name}=y or =m; use a distribution's kernel"


def _cgroups(machine: Machine) -> Iterator[str]:
    mode = machine.cgroup_mode()
    if mode == "none":
        yield "cgroups: nothing is mounted on /sys/fs/cgroup, expected cgroup v1, hybrid or v2; in a container, hand in the host's"
        return
    lacking = sorted(set(CONTROLLERS) - machine.controllers())
    if lacking:
        yield f"cgroups: {mode} without {', '.join(lacking)}, expected {', '.join(CONTROLLERS)}; see the kernel's command line"


def _privileges(machine: Machine) -> Iterator[str]:
    if machine.uid != 0:
        if shutil.which("sudo", path=machine.search_path) is None:
            yield f"root: user {machine.uid} has no sudo, expected root or a user who may become root; install sudo or log in as root"
        return
    held = machine.capabilities()
    for bit, name in CAPABILITIES.items():
        if not held >> bit & 1:
            yield f"root: this root has no {name}, expected a full root; in a container, start it privileged"


def _room(machine: Machine, need: Need) -> Iterator[str]:
    free = machine.memory_available()
    if free < need.memory:
        yield f"memory: {free / GIB:.1f} GiB available, expected {need.memory / GIB:.0f} GiB; stop something or take a larger machine"
    for filesystem, (paths, wanted) in _by_filesystem(need.disk).items():
        left = shutil.disk_usage(filesystem).free
        if left < wanted:
            yield f"disk: {left / GB:.1f} GB free for {' and '.join(map(str, paths))}, expected {wanted / GB:.0f} GB; make room there"


def _by_filesystem(disk: Mapping[Path, int]) -> dict[Path, tuple[list[Path], int]]:
    """Wants of directories on the same file system, summed up, by a directory of it that exists."""
    found: dict[int, tuple[Path, list[Path], int]] = {}
    for path, wanted in disk.items():
        existing = next(parent for parent in (path.absolute(), *path.absolute().parents) if parent.exists())
        device = existing.stat().st_dev
        first, paths, total = found.get(device, (existing, [], 0))
        found[device] = (first, [*paths, path], total + wanted)
    return {existing: (paths, total) for existing, paths, total in found.values()}


def _room_of(text: str) -> tuple[Path, int]:
    path, _, size = text.rpartition("=")
    if not path:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected DIRECTORY=GIGABYTES")
    return Path(path).expanduser(), int(float(size) * GB)


def main(arguments: Iterable[str]) -> int:
    """Print what is missing, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", type=float, default=6, metavar="GIB", help="memory that must be available, in GiB")
    parser.add_argument("--disk", type=_room_of, action="append", default=[], metavar="DIRECTORY=GB", help="free space a directory wants")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    options = parser.parse_args(list(arguments))
    machine = Machine()
    lines = list(missing(machine, Need(memory=int(options.memory * GIB), disk=dict(options.disk))))
    if options.json:
        sys.stdout.write(json.dumps({"missing": lines, "cgroups": machine.cgroup_mode(), "kernel": machine.release}) + "\n")
    else:
        sys.stderr.writelines(f"missing  {line}\n" for line in lines)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
