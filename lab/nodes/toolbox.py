# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs and services that every part of the node engine needs, put together once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.nodes.command import run
from lab.nodes.links import Fabric
from lab.nodes.machine import Machine
from lab.nodes.registry import Registry
from lab.nodes.state import StateStore
from lab.nodes.supervision import Supervisor
from lab.settings import Settings


@dataclass(frozen=True, slots=True)
class Toolbox:
    """One lab's tools."""

    settings: Settings
    store: StateStore
    fabric: Fabric
    registry: Registry
    supervisor: Supervisor

    @classmethod
    def of(cls, settings: Settings) -> Toolbox:
        """The tools of the lab with these settings."""
        return cls(
            settings=settings,
            store=StateStore(settings),
            fabric=Fabric(settings),
            registry=Registry(settings),
            supervisor=Supervisor(settings.state_dir),
        )

    @property
    def programs(self) -> Path:
        """The folder with kubelet, containerd and the others, for every node."""
        return self.settings.state_dir / "bin"

    def machine(self, node: str) -> Machine:
        """The machine of a node, whether it is there or not."""
        return Machine(self.settings, node, programs=self.programs, cni_dir=self.programs / "cni", supervisor=self.supervisor)

    def kubectl(self, cluster: str, *words: str, stdin: str | None = None, timeout: float = 60.0) -> str:
        """Run kubectl as the cluster's administrator and return its output."""
        return run([self.programs / "kubectl", f"--kubeconfig={self.settings.kubeconfig(cluster)}", *words], stdin=stdin, timeout=timeout)

    def api_ready(self, cluster: str) -> bool:
        """Whether the cluster's API server says that it is ready (its /readyz)."""
        if not self.settings.kubeconfig(cluster).exists():
            return False
        try:
            return self.kubectl(cluster, "get", "--raw", "/readyz", "--request-timeout=3s", timeout=10) == "ok"
        except LabError:
            return False

    def link_programs(self, programs: Mapping[str, Path]) -> bool:
        """Point the programs folder to what was built.

        Args:
            programs: path below the folder → executable.

        Returns:
            Whether a link changed.
        """
        changed = False
        for name, target in programs.items():
            link = self.programs / name
            if link.is_symlink() and link.readlink() == target:
                continue
            link.parent.mkdir(parents=True, exist_ok=True)
            draft = link.with_name(f".{link.name}.new")
            draft.unlink(missing_ok=True)
            draft.symlink_to(target)
            draft.replace(link)
            changed = True
        return changed
