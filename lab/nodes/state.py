# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab has made, on disk: one JSON file per cluster, written before a thing is made and when it is done.

A node whose phase is ``creating`` was begun by a run that did not live to finish it: it is taken away and made again.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TextIO

from lab.errors import LabError
from lab.settings import Settings

CREATING, READY = "creating", "ready"
_LOCKS = Path("/run")
_LOCK_POLL = 0.1


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """A node of a cluster; ``index`` decides its addresses, 0 is the control plane."""

    name: str
    index: int
    phase: str = CREATING
    pool: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    taints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterRecord:
    """A user cluster.

    Attributes:
        index: decides its address ranges.
        addons: whether it has cluster DNS and the other add-ons; their images may be built while it already stands.
    """

    name: str
    index: int
    version: str
    token: str
    nodes: tuple[NodeRecord, ...] = ()
    addons: bool = False

    def node(self, name: str) -> NodeRecord | None:
        """The node of that name, if there is one."""
        return next((node for node in self.nodes if node.name == name), None)

    def with_node(self, record: NodeRecord) -> ClusterRecord:
        """The cluster with this node in the place of its namesake."""
        others = [node for node in self.nodes if node.name != record.name]
        return replace(self, nodes=tuple(sorted([*others, record], key=lambda node: node.index)))

    def without_node(self, name: str) -> ClusterRecord:
        """The cluster without the node of that name."""
        return replace(self, nodes=tuple(node for node in self.nodes if node.name != name))


class StateStore:
    """The records of a lab's clusters."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def clusters(self) -> dict[str, ClusterRecord]:
        """All clusters by name.

        Raises:
            LabError: a record cannot be read.
        """
        found = (self._read(path) for path in sorted(self._settings.state_dir.glob("clusters/*/cluster.json")))
        return {record.name: record for record in found}

    def save(self, record: ClusterRecord) -> None:
        """Write a record; a reader sees the old one or the new one."""
        path = self._path(record.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".new")
        # The token lets a machine join the cluster.
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(record), file, indent=1)
        draft.replace(path)

    def _path(self, cluster: str) -> Path:
        return self._settings.cluster_dir(cluster) / "cluster.json"

    @staticmethod
    def _read(path: Path) -> ClusterRecord:
        try:
            data = json.loads(path.read_text())
            nodes = tuple(NodeRecord(**{**node, "taints": tuple(node["taints"])}) for node in data.pop("nodes"))
            return ClusterRecord(**data, nodes=nodes)
        except (ValueError, TypeError, KeyError) as exc:
            raise LabError(
                f"the lab's record {path}",
                found=f"what cannot be read ({exc})",
                expected="JSON as this version of the lab writes it",
                see="`python -m lab down` takes the whole lab away; then it can be made again.",
            ) from exc


@contextmanager
def locked(settings: Settings, *, shared: bool = False, wait: float = 0.0) -> Iterator[None]:
    """Hold the lab for oneself: two runs at once would make every node twice.

    Args:
        shared: others may hold it this way too: the threads of the one process that is the only writer of its clusters' records.
        wait: seconds to wait for others to let go.

    Raises:
        LabError: another run holds it.
    """
    # Outside the state directory, which goes with the lab.
    path = _LOCKS / f"{settings.name}.lab.lock"
    deadline = time.monotonic() + wait
    while (file := _held(path, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)) is None:
        if time.monotonic() > deadline:
            raise LabError(
                f"the lab {settings.name}",
                found="another run at work on it",
                expected="one at a time",
                see=f"It holds {path}; fuser(1) tells who.",
            )
        time.sleep(_LOCK_POLL)
    with file:
        try:
            yield
        finally:
            # Others may share it: the one who has it alone takes it away.
            if not shared:
                path.unlink(missing_ok=True)


def _held(path: Path, how: int) -> TextIO | None:
    """The lock's file, locked; nothing where somebody else has it."""
    file = path.open("w")
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
        # The one who had it may have taken the file away in between: then this lock is on nothing.
        if path.exists() and path.stat().st_ino == os.fstat(file.fileno()).st_ino:
            return file
    except (BlockingIOError, FileNotFoundError):
        pass
    file.close()
    return None
