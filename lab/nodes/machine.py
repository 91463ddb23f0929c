# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine: the namespaces and supervised processes that make one Kubernetes node.

The lab's supervisord runs each machine as one program. Its first process is the machine's own supervisord in a PID namespace, so ending
that one ends everything on the machine, as a power switch does; the lab's supervisord then boots it again.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from lab.nodes.boot import BootSpec
from lab.nodes.cgroups import CgroupTree
from lab.nodes.command import run, until
from lab.nodes.runtime import COLLECTS_RARELY, containerd_configuration, containerd_program, kubelet_program, systemctl
from lab.nodes.supervision import Program, Supervisor, configuration
from lab.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]


class Machine:
    """One node's machine.

    Args:
        name: the node's name, and the host name of the machine.
        programs: folder with kubelet, containerd and the others.
        cni_dir: folder with the CNI plugins.
    """

    def __init__(self, settings: Settings, name: str, *, programs: Path, cni_dir: Path, supervisor: Supervisor) -> None:
        self.name = name
        self.directory = settings.node_dir(name)
        self._settings = settings
        self._programs = programs
        self._cni_dir = cni_dir
        self._lab_supervisor = supervisor
        self._tree = CgroupTree(settings.name)

    @property
    def program_name(self) -> str:
        """The machine's name among the lab's supervised programs."""
        return f"node-{self.name}"

    @property
    def supervisor(self) -> Supervisor:
        """The machine's own supervisord."""
        return Supervisor(self.directory)

    @property
    def etc(self) -> Path:
        """The machine's /etc, as this machine sees it: what the node changed."""
        return self.directory / "etc"

    def prepare(self, *, cni: str) -> None:
        """Write the machine's files.

        Args:
            cni: the CNI configuration list, JSON.
        """
        log = self.directory / "log"
        for folder in (log, self.directory / "bin", self.etc / "cni/net.d", self.etc / "containerd"):
            folder.mkdir(parents=True, exist_ok=True)
        (self.etc / "cni/net.d/10-lab.conflist").write_text(cni)
        certs = self._settings.state_dir / "registry/certs.d"
        (self.etc / "containerd/config.toml").write_text(
            containerd_configuration(programs=self._programs, cni_dir=self._cni_dir, mirrors=certs)
        )
        shim = self.directory / "bin/systemctl"
        shim.write_text(systemctl(self.directory))
        shim.chmod(0o755)
        programs = [containerd_program(self._programs), kubelet_program(self._programs)]
        (self.directory / "supervisord.conf").write_text(configuration(directory=self.directory, log_dir=log, programs=programs))
        BootSpec(
            lab=self._settings.name,
            node=self.name,
            netns=self._settings.netns(self.name),
            directory=str(self.directory),
            supervisord_configuration=str(self.directory / "supervisord.conf"),
            keep=_visible(self._settings, self._programs),
        ).write(self.directory / "boot.json")
        self._program_file.write_text(self._program().section(self._settings.log_dir))

    def power_on(self) -> None:
        """Boot, and wait until the machine's supervisord and containerd answer."""
        self._lab_supervisor.add(self.program_name)
        self._lab_supervisor.start(self.program_name)
        self.supervisor.wait(seconds=20, see=f"See `python -m lab logs {self.name} machine`.")
        until(
            self._containerd_listens,
            what=f"containerd on {self.name}",
            seconds=20,
            see=f"See `python -m lab logs {self.name} containerd`.",
        )

    def _containerd_listens(self) -> bool:
        return Path(f"/proc/{self._first_process()}/root/run/containerd/containerd.sock").is_socket()

    def is_on(self) -> bool:
        """Whether the machine runs and its supervisord answers."""
        return bool(self._tree.processes(self.name, "runtime")) and self.supervisor.answers()

    def destroy(self) -> None:
        """Pull the plug and take the machine away, whatever state it is in."""
        self._program_file.unlink(missing_ok=True)
        if self._lab_supervisor.answers():
            self._lab_supervisor.drop(self.program_name)
        self._tree.kill(self.name)
        self._tree.remove(self.name)
        shutil.rmtree(self.directory, ignore_errors=True)
        for log in self._settings.log_dir.glob(f"{self.program_name}.log*"):
            log.unlink()

    def words(self, command: Sequence[str]) -> list[str]:
        """The words that run a command on the machine."""
        return ["nsenter", f"--target={self._first_process()}", "--all", "--wdns=/", "--", "env", f"PATH={self._path}", *command]

    def run(self, command: Sequence[str], *, timeout: float = 120.0) -> str:
        """Run a command on the machine and return its output."""
        return run(self.words(command), timeout=timeout)

    @property
    def _path(self) -> str:
        # Its own systemctl first: kubeadm starts the kubelet through what it takes for the init system.
        return f"{self.directory / 'bin'}:{self._programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    @property
    def _program_file(self) -> Path:
        return self._settings.state_dir / "programs" / f"{self.program_name}.conf"

    def _program(self) -> Program:
        return Program(
            name=self.program_name,
            command=[sys.executable, "-m", "lab.nodes.boot", "plug", str(self.directory / "boot.json")],
            # What its supervisord starts has this, too, down to runc.
            environment={"PYTHONPATH": str(PROJECT), "PATH": self._path, **COLLECTS_RARELY},
            power_switch=True,
        )

    def _first_process(self) -> int:
        """The process id, seen from this machine, of the node's supervisord: the oldest process of the runtime group that is inside."""
        here = _pid_namespace("self")
        return min((pid for pid in self._tree.processes(self.name, "runtime") if _pid_namespace(pid) not in (None, here)), key=_started)


def _pid_namespace(pid: int | str) -> str | None:
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except (FileNotFoundError, ProcessLookupError):
        return None


def _started(pid: int) -> tuple[int, int]:
    try:
        # Field 22 of proc(5), counted after the command name, which may hold spaces.
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]), pid
    except (FileNotFoundError, ProcessLookupError):
        return sys.maxsize, pid


def _visible(settings: Settings, programs: Path) -> tuple[str, ...]:
    python = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent}
    return tuple(sorted({str(path) for path in {*python, PROJECT, settings.state_dir, programs.resolve(), settings.cache_dir}}))
