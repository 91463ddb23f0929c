# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon as the lab's supervisor starts it: its words, and what it writes."""

from __future__ import annotations

import socket
import stat
import subprocess
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from lab.nodes.command import until
from lab.nodes.kkp import kkp_api_answers, kkp_api_program
from lab.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr("lab.settings._LONGEST_STATE_DIR", 1000)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return Settings(name="unit", state_dir=tmp_path, kkp_port=free.getsockname()[1])


@pytest.fixture
def daemon(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """The process, made to accept the test's long directory."""
    program = kkp_api_program(settings)
    lenient = "import runpy, lab.settings as s; s._LONGEST_STATE_DIR = 1000; runpy.run_module('lab.kkp_api', run_name='__main__')"
    words = [program.command[0], "-c", lenient, *program.command[3:]]
    with subprocess.Popen(words, env=dict(program.environment)) as process:
        until(lambda: kkp_api_answers(settings), what="the API", seconds=30, see="the test's output")
        yield process
        process.terminate()


@pytest.mark.slow
def test_it_serves_and_keeps_its_secrets(settings: Settings, daemon: subprocess.Popen[bytes]) -> None:
    assert daemon.poll() is None
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in settings.kkp_dir.glob("[as]*.[tks]*") if "-" not in path.name} == {
        "admin.token": 0o600,
        "signing.key": 0o600,
        "state.sqlite": 0o600,
    }
    connection = HTTPConnection("127.0.0.1", settings.kkp_port, timeout=5)
    connection.request("GET", "/api/v1/me", headers={"Authorization": f"Bearer {(settings.kkp_dir / 'admin.token').read_text()}"})
    assert connection.getresponse().status == 200
    connection.close()


def test_another_lab_on_the_port_is_not_taken_for_this_one(settings: Settings) -> None:
    assert not kkp_api_answers(settings)
