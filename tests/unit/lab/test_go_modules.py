# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's own Go modules: nothing is replaced, the code is formatted, and its tests pass."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from lab.images import toolchain
from lab.images.cache import Cache
from lab.images.programs import INFERENCE_STUB_VERSION, SIMGPU_VERSION
from lab.settings import Settings

FLAGS = ("-trimpath", "-gcflags=all=-l")  # those of the lab's builds, whose compiled packages are then used again
# Compiling the client library from nothing takes a minute and a half on two cores.
SECONDS = 900
VERSIONS = {"simgpu": SIMGPU_VERSION, "inference": INFERENCE_STUB_VERSION}


@pytest.fixture(scope="module", params=sorted(VERSIONS))
def module(root: Path, request: pytest.FixtureRequest) -> Path:
    return root / "lab" / str(request.param)


@pytest.fixture(scope="module")
def go(module: Path) -> Path:
    """The toolchain that the lab's builder would take."""
    cache = Cache(Settings().cache_dir)
    chain = toolchain.find(toolchain.required([module]), cache)
    if not chain.installed:
        toolchain.install(chain, cache)
    return chain.go


def _run(command: list[str | Path], module: Path) -> str:
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    done = subprocess.run(command, cwd=module, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode != 0:
        pytest.fail(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}", pytrace=False)
    return done.stdout


def test_nothing_is_replaced(module: Path) -> None:
    assert not re.search(r"^\s*(replace|exclude|toolchain)\b", (module / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_file_says_whose_it_is(module: Path) -> None:
    head = "// SPDX-FileCopyrightText: The ailab.conformance authors\n// SPDX-License-Identifier: GPL-3.0-or-later\n"
    files = sorted(module.rglob("*.go"))
    assert files
    assert [path for path in files if not path.read_text(encoding="utf-8").startswith(head)] == []


def test_the_program_knows_the_version_of_its_image(module: Path) -> None:
    code = (module / "main.go").read_text(encoding="utf-8")
    assert re.findall(r'^const version = "(.+)"$', code, re.MULTILINE) == [VERSIONS[module.name]]


@pytest.mark.slow
def test_the_code_is_formatted(go: Path, module: Path) -> None:
    assert _run([go.with_name("gofmt"), "-l", "."], module) == ""


@pytest.mark.slow
def test_go_finds_nothing_to_report(go: Path, module: Path) -> None:
    _run([go, "vet", *FLAGS, "./..."], module)


@pytest.mark.slow
def test_go_tests_pass(go: Path, module: Path) -> None:
    _run([go, "test", *FLAGS, "./..."], module)
