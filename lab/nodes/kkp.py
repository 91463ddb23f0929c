# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's KKP API as one of the lab's supervised processes."""

from __future__ import annotations

import os
import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from lab.nodes.supervision import Program
from lab.settings import Settings

KKP_API = "kkp-api"
_PROJECT = Path(__file__).resolve().parents[2]


def kkp_api_program(settings: Settings) -> Program:
    """The process to supervise."""
    options = {
        "name": settings.name,
        "state-dir": settings.state_dir,
        "cache-dir": settings.cache_dir,
        "supernet": settings.supernet,
        "kkp-port": settings.kkp_port,
    }
    environment = {"PYTHONPATH": str(_PROJECT), "PYTHONUNBUFFERED": "1", "PATH": os.defpath + ":/usr/sbin:/sbin"}
    # The administrator's token is given to whoever ran sudo.
    environment |= {key: os.environ[key] for key in ("SUDO_UID", "SUDO_GID") if key in os.environ}
    words = [sys.executable, "-m", "lab.kkp_api", *(f"--{key}={value}" for key, value in options.items())]
    return Program(name=KKP_API, command=words, environment=environment)


def kkp_api_answers(settings: Settings) -> bool:
    """Whether it serves, and is this lab's."""
    connection = HTTPConnection("127.0.0.1", settings.kkp_port, timeout=2)
    try:
        connection.request("GET", "/api/v1/healthz")
        reply = connection.getresponse()
        return reply.status == HTTPStatus.OK and reply.getheader("X-Ailab-Name") == settings.name
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
