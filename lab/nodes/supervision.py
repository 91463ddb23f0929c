# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Supervised processes, by supervisord (supervisord.org): one for the lab, and one as the first process of each node."""

from __future__ import annotations

import sys
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any, cast

from supervisor.xmlrpc import SupervisorTransport

from lab.errors import LabError
from lab.nodes.command import until

SOCKET = "supervisor.sock"
_NO_WAIT = False
# supervisord's fault codes (supervisor.xmlrpc.Faults)
_ALREADY_ADDED, _ALREADY_STARTED, _BAD_NAME, _NOT_RUNNING = 90, 60, 10, 70


@dataclass(frozen=True, slots=True)
class Program:
    """A process that is started again whenever it ends.

    Attributes:
        command: the words of its command line; the first is an absolute path.
        expected_exit: exit codes after which it is left alone.
        settled: seconds that it must run to count as started; a program that ends sooner is tried again with growing pauses.
        power_switch: it is stopped by SIGKILL, as by pulling the plug.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    expected_exit: int | None = None
    settled: int = 1
    power_switch: bool = False

    def section(self, log_dir: Path) -> str:
        """The program's part of supervisord's configuration."""
        options = {
            "command": " ".join(_quoted(word) for word in self.command),
            "environment": ",".join(f"{key}={_quoted(value)}" for key, value in sorted(self.environment.items())),
            "autostart": "true",
            "autorestart": "true" if self.expected_exit is None else "unexpected",
            "exitcodes": "" if self.expected_exit is None else str(self.expected_exit),
            "startsecs": str(self.settled),
            "startretries": "1000000",
            "stopsignal": "KILL" if self.power_switch else "TERM",
            "stopwaitsecs": "10",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": str(log_dir / f"{self.name}.log"),
            "stdout_logfile_maxbytes": "10MB",
            "stdout_logfile_backups": "1",
        }
        return "\n".join([f"[program:{self.name}]", *(f"{key}={value}" for key, value in options.items() if value), ""])


def configuration(*, directory: Path, log_dir: Path, programs: Sequence[Program] = (), include: str | None = None) -> str:
    """Configuration file of a supervisord.

    Args:
        directory: holds the control socket and the file of the process id.
        include: a glob of further files with programs.
    """
    sections = [
        f"[unix_http_server]\nfile={directory / SOCKET}\nchmod=0700\n",
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n",
        f"[supervisord]\nlogfile={log_dir / 'supervisord.log'}\nlogfile_maxbytes=5MB\nlogfile_backups=1\nminfds=4096\ndirectory=/\n",
        f"pidfile={directory / 'supervisord.pid'}\nchildlogdir={log_dir}\n",
        *(program.section(log_dir) for program in programs),
    ]
    if include:
        sections.append(f"[include]\nfiles={include}\n")
    return "\n".join(sections)


def supervisord(configuration_file: Path, *, foreground: bool) -> list[str]:
    """The words that start a supervisord."""
    return [
        sys.executable,
        "-m",
        "supervisor.supervisord",
        *(["--nodaemon"] if foreground else []),
        "--configuration",
        str(configuration_file),
    ]


class Supervisor:
    """Talks to a supervisord over its socket."""

    def __init__(self, directory: Path) -> None:
        self._socket = directory / SOCKET

    @property
    def _rpc(self) -> Any:
        # A proxy of its own for each call: a connection serves one thread at a time.
        transport = SupervisorTransport(None, None, serverurl=f"unix://{self._socket}")
        return cast(Any, xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)).supervisor

    def answers(self) -> bool:
        """Whether it is there and done with starting."""
        if not self._socket.exists():
            return False
        try:
            return bool(self._rpc.getState()["statename"] == "RUNNING")
        except (OSError, HTTPException, xmlrpc.client.Error):
            return False

    def wait(self, *, seconds: float, see: str) -> None:
        """Wait until it answers; ``see`` tells where to look if it does not."""
        until(self.answers, what=f"the supervisor at {self._socket}", seconds=seconds, see=see)

    def states(self) -> dict[str, str]:
        """Program → state (RUNNING, BACKOFF, EXITED, …)."""
        return {process["name"]: process["statename"] for process in self._rpc.getAllProcessInfo()}

    def add(self, program: str) -> None:
        """Take a program's new configuration file into service, and start it."""
        self._rpc.reloadConfig()
        self._tolerating(_ALREADY_ADDED, self._rpc.addProcessGroup, program)

    def start(self, program: str) -> None:
        """Start a program that it knows; one that runs is left alone."""
        self._tolerating(_ALREADY_STARTED, self._rpc.startProcess, program, _NO_WAIT)

    def drop(self, program: str) -> None:
        """Stop a program and forget it; its configuration file must be gone already."""
        self._tolerating((_BAD_NAME, _NOT_RUNNING), self._rpc.stopProcess, program)
        self._tolerating(_BAD_NAME, self._rpc.removeProcessGroup, program)

    def _tolerating(self, faults: int | tuple[int, ...], call: Any, *arguments: Any) -> None:
        try:
            call(*arguments)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode not in (faults if isinstance(faults, tuple) else (faults,)):
                raise LabError(
                    f"supervisord at {self._socket}",
                    found=f"{fault.faultString} for {arguments[0]}",
                    expected="the program to be taken",
                    see="Its log is beside the socket, in log/supervisord.log.",
                ) from fault


def _quoted(word: str) -> str:
    # % starts an expansion in supervisord's configuration.
    escaped = word.replace("%", "%%").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
