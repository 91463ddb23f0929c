# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's command line, for people and for the role lab_host."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from lab import platform
from lab.errors import LabError
from lab.images import cli as images
from lab.invoker import give_to_invoker
from lab.kkp_api.names import cluster_id, cluster_names
from lab.nodes.engine import Engine
from lab.nodes.kkp import kkp_api_answers
from lab.nodes.toolbox import Toolbox
from lab.settings import Settings, default_cache_dir
from lab.supplies import supplies


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status: 0 done, 1 an error that was told, 2 a wrong command line."""
    args = _parser().parse_args(arguments)
    try:
        settings = Settings(
            name=args.name, state_dir=args.state_dir, cache_dir=args.cache_dir, supernet=args.supernet, kkp_port=args.kkp_port
        )
        return int(args.run(args, settings))
    except LabError as error:
        _tell(f"lab: {error}")
        if getattr(args, "json", False):
            _say(json.dumps({"failed": True, "msg": str(error)}))
        return 1


def _parser() -> argparse.ArgumentParser:
    defaults = Settings()
    parser = argparse.ArgumentParser(
        prog="python -m lab", description="The embedded lab: real Kubernetes nodes on this machine, with simulated GPUs."
    )
    parser.add_argument("--name", default=defaults.name, help="the lab's name (default: %(default)s)")
    parser.add_argument("--state-dir", type=Path, default=defaults.state_dir, help="what the lab writes (default: %(default)s)")
    parser.add_argument("--cache-dir", type=Path, default=default_cache_dir(), help="what was built (default: %(default)s)")
    parser.add_argument("--supernet", type=IPv4Network, default=defaults.supernet, help="the lab's addresses (default: %(default)s)")
    parser.add_argument("--kkp-port", type=int, default=defaults.kkp_port, help="the lab's KKP API, on 127.0.0.1 (default: %(default)s)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    images.add_parser(commands)
    platform.add_parser(commands)

    kkp = _command(commands, "kkp", _kkp, "make the lab and serve its KKP API, through which clusters are asked for")
    down = _command(commands, "down", _down, "take the whole lab away, with its clusters")
    for command in (kkp, down):
        command.add_argument("--check", action="store_true", help="only tell what would be done")
    _command(commands, "status", _status, "clusters, nodes and processes")

    logs = _command(commands, "logs", _logs, "a node's log")
    logs.add_argument("node")
    logs.add_argument("program", nargs="?", default="kubelet", choices=["kubelet", "containerd", "machine"])
    execute = _command(commands, "exec", _exec, "run a command on a node")
    execute.add_argument("node")
    kubectl = _command(commands, "kubectl", _kubectl, "kubectl as the cluster's administrator")
    kubectl.add_argument("--cluster", help="its name or its id (default: the only one there is)")
    for command in (execute, kubectl):
        command.add_argument("words", nargs=argparse.REMAINDER, metavar="-- WORD")
    return parser


def _command(parent: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = parent.add_parser(name, help=text, description=text)
    parser.add_argument("--json", action="store_true", help="the result as JSON, on the last line of standard output")
    parser.set_defaults(run=run)
    return parser


def _kkp(args: argparse.Namespace, settings: Settings) -> int:
    _root()
    built = supplies(settings.cache_dir, progress=images.tell, check=args.check)
    engine = Engine(settings, progress=_Progress(), check=args.check)
    engine.serve(built)
    if not args.check:
        settings.user_kubeconfigs.mkdir(exist_ok=True, mode=0o700)
        give_to_invoker(settings.user_kubeconfigs)
    return _result(
        args,
        {
            "changed": bool(engine.actions),
            "actions": engine.actions,
            "url": f"http://127.0.0.1:{settings.kkp_port}",
            "token_file": str(settings.kkp_dir / "admin.token"),
            "serves": kkp_api_answers(settings),
        },
    )


def _down(args: argparse.Namespace, settings: Settings) -> int:
    _root()
    engine = Engine(settings, progress=_Progress(), check=args.check)
    engine.down()
    return _result(args, {"changed": bool(engine.actions), "actions": engine.actions})


def _status(args: argparse.Namespace, settings: Settings) -> int:
    _root()
    found = Engine(settings).status()
    names = cluster_names(settings)
    for key, cluster in found["clusters"].items():
        # A cluster that was deleted at the API a moment ago has no name any more, and is going.
        cluster["name"] = names.get(key, key)
    if args.json:
        _say(json.dumps(found))
        return 0
    _say(
        f"lab {found['name']}: " + ", ".join(f"{part} {'up' if found[part] else 'down'}" for part in ("supervisor", "network", "registry"))
    )
    for key, cluster in found["clusters"].items():
        ready = "ready" if cluster["api_ready"] else "not ready"
        _say(f"cluster {cluster['name']} ({key}): Kubernetes {cluster['version']}, API {cluster['endpoint']} {ready}")
        _say(f"  kubeconfig {cluster['kubeconfig']}")
        for node in cluster["nodes"]:
            programs = ", ".join(f"{program} {state}" for program, state in node["programs"].items()) or "off"
            _say(f"  {node['name']:32} {node['address']:15} {node['phase']:9} {programs}")
    return 0


def _logs(args: argparse.Namespace, settings: Settings) -> int:
    name = f"node-{args.node}.log" if args.program == "machine" else f"{args.program}.log"
    path = settings.log_dir / name if args.program == "machine" else settings.node_dir(args.node) / "log" / name
    if not path.exists():
        raise LabError(
            f"the log of {args.program} on {args.node}",
            found=f"no file {path}",
            expected="one",
            see="`python -m lab status` lists the nodes.",
        )
    with path.open("rb") as file:
        sys.stdout.flush()
        sys.stdout.buffer.write(file.read())
    return 0


def _exec(args: argparse.Namespace, settings: Settings) -> int:
    _root()
    machine = Toolbox.of(settings).machine(args.node)
    if not machine.is_on():
        raise LabError(
            f"node {args.node}", found="no running machine of that name", expected="one", see="`python -m lab status` lists the nodes."
        )
    return subprocess.run(machine.words(_words(args)), check=False).returncode


def _kubectl(args: argparse.Namespace, settings: Settings) -> int:
    _root()
    kubeconfig = settings.kubeconfig(cluster_id(settings, args.cluster))
    if not kubeconfig.exists():
        raise LabError(
            f"cluster {args.cluster or ''}".strip(),
            found=f"no {kubeconfig}",
            expected="a kubeconfig",
            see="Its control plane is being made: `python -m lab status` tells how far it is.",
        )
    return subprocess.run([settings.state_dir / "bin/kubectl", f"--kubeconfig={kubeconfig}", *_words(args)], check=False).returncode


def _words(args: argparse.Namespace) -> list[str]:
    words = args.words[1:] if args.words[:1] == ["--"] else args.words
    if not words:
        raise LabError("the command to run", found="none", expected="words after --", see="For example: python -m lab kubectl -- get nodes")
    return list(words)


def _root() -> None:
    if os.geteuid() != 0:
        raise LabError("the user", found=f"uid {os.geteuid()}", expected="root", see="Namespaces and cgroups are made by root: use sudo.")
    # Others may read what the lab makes, where a file does not say otherwise; pods run as other users.
    os.umask(0o022)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class _Progress:
    """Tells each thing that was done, with the seconds since the start, on standard error."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def __call__(self, action: str) -> None:
        _tell(f"{time.monotonic() - self._start:7.1f} s  {action}")


def _result(args: argparse.Namespace, result: dict[str, Any]) -> int:
    if args.json:
        _say(json.dumps(result))
    elif not result["changed"]:
        _say("nothing to do")
    return 0
