# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m lab.kkp_api``: the daemon that serves a lab's KKP API and runs its clusters' controllers. The lab's supervisord starts it."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from ipaddress import IPv4Network
from pathlib import Path

from lab.errors import LabError
from lab.kkp_api.identity import Identity
from lab.kkp_api.lifecycle import LifeCycle
from lab.kkp_api.places import datacenter
from lab.kkp_api.platform import NodePlatform, Nodes
from lab.kkp_api.routes import ALL
from lab.kkp_api.server import server
from lab.kkp_api.services import Services
from lab.kkp_api.store import Store
from lab.machines.controller import MachineControllers
from lab.settings import Settings

_log = logging.getLogger("lab.kkp_api")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM; return the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    os.umask(0o022)
    try:
        settings = _settings(arguments)
    except LabError as error:
        _log.error("%s", error)
        return 1
    # Whoever ran sudo may reach the token there, which is hers or his; the other files are root's.
    settings.kkp_dir.mkdir(parents=True, exist_ok=True, mode=0o711)
    store = Store(settings.kkp_dir / "state.sqlite")
    platform = NodePlatform(settings, controllers=_controllers, progress=_log.info)
    services = Services(store=store, identity=Identity(store, settings.kkp_dir), platform=platform)
    services.notice = {**services.notice, "X-Ailab-Name": settings.name}
    life = LifeCycle(services)
    services.wake = life.wake
    store.put("datacenter", services.datacenter, datacenter(services))
    life.start()
    try:
        server(services, ALL, host="127.0.0.1", port=settings.kkp_port).run()
    finally:
        life.stop()
        platform.stop()
        store.close()
    return 0


def _controllers(kubeconfig: Path, nodes: Nodes, load_balancers: IPv4Network) -> MachineControllers:
    return MachineControllers(kubeconfig, nodes, load_balancers=load_balancers)


def _settings(arguments: Sequence[str] | None) -> Settings:
    defaults = Settings()
    parser = argparse.ArgumentParser(prog="python -m lab.kkp_api", description="The KKP API of a lab. It is no KKP.")
    parser.add_argument("--name", default=defaults.name)
    parser.add_argument("--state-dir", type=Path, default=defaults.state_dir)
    parser.add_argument("--cache-dir", type=Path, default=defaults.cache_dir)
    parser.add_argument("--supernet", type=IPv4Network, default=defaults.supernet)
    parser.add_argument("--kkp-port", type=int, default=defaults.kkp_port)
    args = parser.parse_args(arguments)
    return Settings(name=args.name, state_dir=args.state_dir, cache_dir=args.cache_dir, supernet=args.supernet, kkp_port=args.kkp_port)


if __name__ == "__main__":
    sys.exit(main())
