# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab as a whole: bring it up, take it away, tell how it is."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.nodes.cgroups import CgroupTree
from lab.nodes.cluster import Cluster
from lab.nodes.command import until
from lab.nodes.kkp import KKP_API, kkp_api_answers, kkp_api_program
from lab.nodes.limits import KernelLimits
from lab.nodes.state import ClusterRecord, NodeRecord, locked
from lab.nodes.supervision import Program, configuration, supervisord
from lab.nodes.toolbox import Toolbox
from lab.settings import Settings

_NEEDED_BYTES = 2 << 30
_API_SECONDS = 60.0

Progress = Callable[[str], None]


def new_record(name: str, version: str, others: Mapping[str, ClusterRecord]) -> ClusterRecord:
    """The record of a cluster that is to be made, with the lowest number that no other has.

    Args:
        version: of Kubernetes, with a leading v.
    """
    taken = {known.index for known in others.values()}
    index = next(number for number in range(len(taken) + 1) if number not in taken)
    return ClusterRecord(name=name, index=index, version=version, token=f"{secrets.token_hex(3)}.{secrets.token_hex(8)}")


@dataclass(frozen=True, slots=True)
class Supplies:
    """What was built for the nodes.

    Attributes:
        programs: path below the programs folder → executable.
        images: the names of all images.
        push: uploads the images to the registry at a URL; returns how many were new there.
    """

    programs: Mapping[str, Path]
    images: Sequence[str]
    push: Callable[[str], int]


class Engine:
    """One lab.

    Args:
        progress: is told each thing that is done, in a few words.
        check: only tell what would be done.
    """

    def __init__(self, settings: Settings, *, progress: Progress = lambda _: None, check: bool = False) -> None:
        self._settings = settings
        self._tools = Toolbox.of(settings)
        self._tree = CgroupTree(settings.name)
        self._limits = KernelLimits(settings.name)
        self._progress = progress
        self._check = check
        self._told = threading.Lock()
        self._actions: list[str] = []

    @property
    def actions(self) -> list[str]:
        """What was done, or with ``check`` would be, in order."""
        return list(self._actions)

    def serve(self, supplies: Supplies) -> None:
        """Make the lab without any cluster, and have its KKP API run from now on; a new build of the lab's code is taken by a restart.

        Raises:
            LabError: before anything is changed where this machine is at fault.
        """
        with locked(self._settings, wait=_API_SECONDS):
            self._preflight()
            self._lab(supplies)
            program = kkp_api_program(self._settings)
            file, text = self._settings.state_dir / "programs" / f"{program.name}.conf", program.section(self._settings.log_dir)
            serves = kkp_api_answers(self._settings)
            if not serves or not file.exists() or file.read_text() != text:
                self._do("KKP API: started", lambda: self._start_api(program, file, text))

    def _start_api(self, program: Program, file: Path, text: str) -> None:
        supervisor = self._tools.supervisor
        supervisor.drop(program.name)
        file.write_text(text)
        supervisor.add(program.name)
        supervisor.start(program.name)
        log = self._settings.log_dir / f"{program.name}.log"
        until(lambda: kkp_api_answers(self._settings), what="the lab's KKP API", seconds=_API_SECONDS, every=0.2, see=f"Its log: {log}")

    def down(self) -> None:
        """Take the whole lab away: processes, namespaces, links, routes, cgroups and files."""
        if not self._check and self._tools.supervisor.answers():
            # It holds the lab while it makes or deletes something.
            self._tools.supervisor.drop(KKP_API)
        with locked(self._settings):
            if self._anything_left():
                self._do("lab: removed", self._remove)

    def status(self) -> dict[str, Any]:
        """The lab as it is: clusters, nodes, processes."""
        tools, clusters = self._tools, {}
        for name, record in tools.store.clusters().items():
            team = Cluster(tools, record)
            clusters[name] = {
                "version": record.version,
                "endpoint": team.endpoint,
                "api_ready": team.answers(),
                "kubeconfig": str(self._settings.kubeconfig(name)),
                "nodes": [self._node_status(team, node) for node in record.nodes],
            }
        return {
            "name": self._settings.name,
            "supervisor": tools.supervisor.answers(),
            "network": tools.fabric.is_up(),
            "registry": tools.registry.answers() if tools.fabric.is_up() else False,
            "clusters": clusters,
        }

    def _node_status(self, team: Cluster, node: NodeRecord) -> dict[str, Any]:
        machine = self._tools.machine(node.name)
        return {
            "name": node.name,
            "phase": node.phase,
            "pool": node.pool,
            "address": str(team.addresses.node(node.index).ip),
            "programs": machine.supervisor.states() if machine.is_on() else {},
        }

    def _preflight(self) -> None:
        if not self._tools.fabric.is_up():
            self._tools.fabric.check_range_is_free()
        place = next(path for path in (self._settings.state_dir, *self._settings.state_dir.parents) if path.exists())
        if (free := shutil.disk_usage(place).free) < _NEEDED_BYTES:
            raise LabError(
                f"free space at {place}",
                found=f"{free >> 20} MiB",
                expected=f"at least {_NEEDED_BYTES >> 20} MiB",
                see="Free some, or choose another --state-dir.",
            )

    def _lab(self, supplies: Supplies) -> None:
        tools = self._tools
        if not tools.fabric.is_up() or not tools.supervisor.answers():
            # Machines cannot outlive the namespaces and the supervisor that they were started with: they are booted again below.
            self._do("lab: network, registry and supervisor started", self._start)
        if self._check:
            return
        relinked = tools.link_programs(supplies.programs)
        tools.registry.write_mirrors(supplies.images)
        tools.registry.wait()
        if pushed := supplies.push(tools.registry.url):
            self._tell(f"registry: {pushed} images uploaded")
        if relinked and any(record.nodes for record in tools.store.clusters().values()):
            self._tell("programs: new builds linked; nodes take them when they boot next")

    def _start(self) -> None:
        tools, settings = self._tools, self._settings
        self._tree.kill()
        self._limits.raise_them()
        self._tree.create("infrastructure")
        tools.fabric.create()
        programs = settings.state_dir / "programs"
        for folder in (programs, settings.log_dir):
            folder.mkdir(parents=True, exist_ok=True)
        for stale in programs.glob("node-*.conf"):
            stale.unlink()
        file = settings.state_dir / "supervisord.conf"
        file.write_text(
            configuration(
                directory=settings.state_dir,
                log_dir=settings.log_dir,
                programs=[tools.registry.program()],
                include=str(programs / "*.conf"),
            )
        )
        # The child joins the lab's cgroup before it becomes supervisord, so that no process of the lab is ever outside.
        subprocess.run(supervisord(file, foreground=False), check=True, preexec_fn=lambda: self._tree.join("infrastructure"))
        tools.supervisor.wait(seconds=20, see=f"Its log: {settings.log_dir / 'supervisord.log'}")

    def _anything_left(self) -> bool:
        return self._settings.state_dir.exists() or self._tree.exists() or self._tools.fabric.leftovers()

    def _remove(self) -> None:
        self._tree.kill()
        self._limits.put_back()
        self._tools.fabric.remove()
        self._tree.remove()
        shutil.rmtree(self._settings.state_dir, ignore_errors=True)
        if self._settings.state_dir.exists():
            raise LabError(
                f"the removal of {self._settings.state_dir}",
                found="files that stay",
                expected="none",
                see="A mount may hold them: see findmnt(8).",
            )

    def _do(self, action: str, work: Callable[[], None]) -> None:
        """Do one thing and tell of it; with ``check`` only tell."""
        if not self._check:
            work()
        self._tell(action)

    def _tell(self, action: str) -> None:
        with self._told:
            self._actions.append(action)
            self._progress(action)
