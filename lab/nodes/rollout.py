# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing one cluster from what it is to what its pools ask for, with as much at the same time as can be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from lab.errors import LabError
from lab.nodes.cluster import Cluster
from lab.nodes.pools import Pool, desired_nodes, same, workers
from lab.nodes.state import READY, NodeRecord
from lab.nodes.toolbox import Toolbox

_PARALLEL = 4
_API_SECONDS = 240.0

Do = Callable[[str, Callable[[], None]], None]


class Rollout:
    """One reconciliation of one cluster.

    Args:
        do: does a thing and tells of it, or only tells.
    """

    def __init__(self, tools: Toolbox, team: Cluster, do: Do) -> None:
        self._tools = tools
        self._team = team
        self._do = do
        self._api = threading.Event()
        self._failed = threading.Event()

    def apply(self, pools: Sequence[Pool], *, addons: bool, wait: bool = True) -> None:
        """Make the cluster's nodes what the pools ask for.

        Args:
            addons: whether the images of the add-ons are there.
            wait: until the nodes are Ready and the cluster's DNS answers; else until the API server answers.
        """
        record = self._team.record
        first = record.node(f"{record.name}-control-plane") or NodeRecord(name=f"{record.name}-control-plane", index=0)
        fresh = first.phase != READY
        wanted, found = desired_nodes(record.name, pools), workers(record)
        unfit = [
            node for node in found.values() if fresh or node.phase != READY or node.name not in wanted or not same(node, wanted[node.name])
        ]
        changed = self._mend(except_for=unfit) if not fresh else False
        for node in unfit:
            self._do(f"node {node.name}: deleted", partial(self._team.delete, node))
        kept = set(found) - {node.name for node in unfit}
        missing = self._numbered([node for name, node in wanted.items() if name not in kept], gone=unfit)
        if fresh or missing:
            self._create(first if fresh else None, missing)
        if wait and (fresh or missing or changed):
            names = [first.name, *wanted]
            self._do(f"cluster {record.name}: {len(names)} nodes Ready", partial(self._team.wait_until_ready, names))
        if addons and not self._team.record.addons:
            self._do(f"cluster {record.name}: cluster DNS and metrics", partial(self._team.apply_addons, wait=wait))

    def add(self, node: NodeRecord) -> None:
        """Make one more worker, and wait until it is Ready."""
        (numbered,) = self._numbered([node], gone=[])
        self._create(None, [numbered])
        self._do(f"node {node.name}: Ready", partial(self._team.wait_until_ready, [node.name]))

    def _mend(self, *, except_for: Iterable[NodeRecord]) -> bool:
        changed = False
        spared = {node.name for node in except_for}
        for node in self._team.record.nodes:
            if node.name in spared or node.phase != READY:
                continue
            for ailment, cure in self._team.ailments(node):
                self._do(f"node {node.name}: {ailment}", cure)
                changed = True
        return changed

    def _numbered(self, nodes: Sequence[NodeRecord], *, gone: Sequence[NodeRecord]) -> list[NodeRecord]:
        taken = {0, *(node.index for node in self._team.record.nodes)} - {node.index for node in gone}
        free = (index for index in range(1, len(taken) + len(nodes) + 1) if index not in taken)
        return [replace(node, index=index) for node, index in zip(nodes, free, strict=False)]

    def _create(self, first: NodeRecord | None, missing: Sequence[NodeRecord]) -> None:
        for node in missing:
            self._team.addresses.node(node.index)  # refuses a node that has no address left, before anything is made
        with ThreadPoolExecutor(_PARALLEL) as threads:
            running = []
            if first is None:
                self._api.set()
            else:
                running.append(threads.submit(self._do, f"node {first.name}: control plane created", partial(self._control_plane, first)))
            running += [threads.submit(self._do, f"node {node.name}: created", partial(self._worker, node)) for node in missing]
        for future in running:
            future.result()

    def _control_plane(self, node: NodeRecord) -> None:
        try:
            self._team.create_control_plane(node)
        except BaseException:
            self._failed.set()
            raise
        finally:
            self._api.set()

    def _worker(self, node: NodeRecord) -> None:
        machine = self._team.boot(node)
        if not self._api.wait(_API_SECONDS) or self._failed.is_set():
            raise LabError(
                f"node {node.name}", found="no control plane to join", expected="one", see="The control plane's own error comes first."
            )
        self._team.join(node, machine)
