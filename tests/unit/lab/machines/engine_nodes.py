# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real nodes for the live tests: the node provider over one cluster of the node engine, and a process that runs the controllers on it."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from pathlib import Path

from lab.machines.controller import MachineControllers
from lab.machines.provider import ProvidedNode
from lab.nodes.cluster import Cluster
from lab.nodes.state import READY, NodeRecord
from lab.nodes.toolbox import Toolbox
from lab.settings import Settings


class EngineNodes:
    """Nodes of one cluster; only one process at a time may use it."""

    def __init__(self, settings: Settings, cluster: str) -> None:
        tools = Toolbox.of(settings)
        self._cluster = Cluster(tools, tools.store.clusters()[cluster])
        self._numbers = threading.Lock()
        self._taken: dict[str, int] = {}

    @property
    def load_balancers(self) -> IPv4Network:
        return self._cluster.addresses.load_balancers

    def create(self, machine_name: str, labels: Mapping[str, str], taints: Sequence[str]) -> ProvidedNode:
        if not self.exists(machine_name):
            node = NodeRecord(name=machine_name, index=self._number(machine_name), labels=dict(labels), taints=tuple(taints))
            self._cluster.join(node, self._cluster.boot(node))
        return ProvidedNode(machine_name, f"ailab://{self._cluster.record.name}/{machine_name}")

    def delete(self, node_name: str) -> None:
        if node := self._cluster.record.node(node_name):
            self._cluster.delete(node)
        with self._numbers:
            self._taken.pop(node_name, None)

    def exists(self, node_name: str) -> bool:
        node = self._cluster.record.node(node_name)
        return node is not None and node.phase == READY

    def _number(self, name: str) -> int:
        with self._numbers:
            known = {node.name: node.index for node in self._cluster.record.nodes} | self._taken
            free = next(index for index in range(1, len(known) + 2) if index not in known.values())
            self._taken[name] = known.get(name, free)
            return self._taken[name]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", required=True)
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--supernet", type=IPv4Network, required=True)
    parser.add_argument("--cluster", required=True)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    settings = Settings(name=args.name, state_dir=args.state_dir, supernet=args.supernet)
    nodes = EngineNodes(settings, args.cluster)
    controllers = MachineControllers(settings.kubeconfig(args.cluster), nodes, load_balancers=nodes.load_balancers)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    controllers.start()
    ended.wait()
    controllers.stop()


if __name__ == "__main__":
    main()
