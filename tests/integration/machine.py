# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lab could leave behind on this machine, as sets that can be compared."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

_NAMESPACES = ("net", "mnt", "pid", "uts", "ipc", "cgroup")
_TREES = ("/etc", "/opt", "/run", "/dev", "/var/lib", "/var/log", "/var/run", "/usr/libexec", "/usr/local", "/mnt", "/srv")
_TUNABLES = (
    "fs/inotify/max_user_instances",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "net/ipv4/ip_forward",
)
TESTS = "ailabtest"
# Every node of a lab has a cgroup beside the one of the lab's own processes (lab/nodes/cgroups.py), in each hierarchy.
_LABS = ("*/infrastructure", "*/*/infrastructure")
# What other programs of a living machine write while a test runs.
_RESTLESS = ("/var/lib/apt", "/var/lib/dpkg", "/var/log", "/run/systemd", "/run/user", "/dev/pts", "/dev/mqueue")


@dataclass(frozen=True)
class Traces:
    """A look at the machine. Each field is a set of texts; what a later look has more is what was left."""

    namespaces: frozenset[str]
    mounts: frozenset[str]
    links: frozenset[str]
    routes: frozenset[str]
    rules: frozenset[str]
    cgroups: frozenset[str]
    files: frozenset[str]
    tunables: frozenset[str]

    @classmethod
    def now(cls) -> Traces:
        """The machine as it is, without the labs that others have on it."""
        looked = cls(
            namespaces=frozenset(_namespaces(_others())),
            mounts=frozenset(line.split(" - ")[0].split(maxsplit=4)[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()),
            links=frozenset(str(link["ifname"]) for link in _ip("link")),
            routes=frozenset(json.dumps(route, sort_keys=True) for route in _ip("route", "show", "table", "all")),
            rules=frozenset(_words("nft", "list", "ruleset")),
            cgroups=frozenset(folder for folder, _, _ in os.walk("/sys/fs/cgroup")),
            files=frozenset(_files()),
            tunables=frozenset(f"{name}={Path('/proc/sys', name).read_text().strip()}" for name in _TUNABLES),
        )
        theirs = _others()
        return cls(**{field.name: frozenset(_without(theirs, getattr(looked, field.name))) for field in fields(cls)})

    def since(self, earlier: Traces) -> dict[str, list[str]]:
        """What is here now and was not there earlier, by kind; kinds without a difference are left out."""
        more = {field.name: sorted(getattr(self, field.name) - getattr(earlier, field.name)) for field in fields(self)}
        return {kind: texts for kind, texts in more.items() if texts}


def crowding() -> float:
    """How many processes shared each processor during the last minute; 1 where it was idle: what a duration is divided by."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def processes(word: str) -> list[str]:
    """The command lines of processes that a word of theirs, or their cgroup, ties to a lab."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            command = (folder / "cmdline").read_text().replace("\0", " ")
            groups = (folder / "cgroup").read_text()
        except OSError:
            continue
        if not _ended(folder) and (word in groups or f"/{word}/" in command):
            found.append(f"{folder.name} {command}")
    return found


def _ended(process: Path) -> bool:
    """Whether a process has ended, and this machine's first process has only not taken note of it yet (state Z, proc(5))."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _others() -> set[str]:
    """The names of labs that stand here and are not the tests'."""
    found = {path.parent.name for pattern in _LABS for path in Path("/sys/fs/cgroup").glob(pattern)}
    return {name for name in found if name != TESTS}


def _without(labs: set[str], texts: Iterable[str]) -> Iterator[str]:
    """The texts that name no such lab: none in a path, none at the start of a link or a network namespace."""
    theirs = re.compile(rf"""(^|[/" ])({"|".join(map(re.escape, sorted(labs)))})(-|/|$)""") if labs else None
    return (text for text in texts if theirs is None or not theirs.search(text))


def _namespaces(others: set[str]) -> set[str]:
    seen: set[str] = set()
    for folder in Path("/proc").glob("[0-9]*/ns"):
        try:
            groups = (folder.parent / "cgroup").read_text()
            if _ended(folder.parent) or any(f"/{name}/" in groups for name in others):
                continue
        except OSError:
            continue
        for kind in _NAMESPACES:
            try:
                seen.add(str((folder / kind).readlink()))
            except OSError:
                continue
    return seen


def _ip(*words: str) -> list[dict[str, object]]:
    out = subprocess.run(["ip", "-json", *words], capture_output=True, text=True, check=True).stdout
    found: list[dict[str, object]] = json.loads(out or "[]")
    return found


def _words(*command: str) -> list[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def _files() -> set[str]:
    found: set[str] = set()
    for tree in _TREES:
        for folder, names, files in os.walk(tree):
            names[:] = [name for name in names if f"{folder}/{name}" not in _RESTLESS and name != "shm"]
            found.update(f"{folder}/{name}" for name in (*names, *files))
    return found
