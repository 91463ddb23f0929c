# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Go module of the simulated GPUs: its dependencies are Kubernetes' own, and its tests pass."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from lab.images import toolchain
from lab.images.cache import Cache
from lab.settings import Settings

KUBERNETES = "v0.34.4"  # of the libraries; the cluster's version, as Kubernetes numbers its libraries
FLAGS = ("-trimpath", "-gcflags=all=-l")  # those of the lab's builds, whose compiled packages are then used again
# Compiling the client library from nothing takes a minute and a half on two cores.
SECONDS = 900


@pytest.fixture(scope="session")
def module(root: Path) -> Path:
    return root / "lab/simgpu"


@pytest.fixture(scope="session")
def go(module: Path) -> Path:
    """The toolchain that the lab's builder would take."""
    cache = Cache(Settings().cache_dir)
    chain = toolchain.find(toolchain.required([module]), cache)
    if not chain.installed:
        toolchain.install(chain, cache)
    return chain.go


def _requirements(go_mod: Path) -> dict[str, str]:
    return dict(re.findall(r"^(?:require )?\t?([\w./~-]+) (v\S+)(?: // indirect)?$", go_mod.read_text(encoding="utf-8"), re.MULTILINE))


def _run(command: list[str | Path], module: Path) -> str:
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    done = subprocess.run(command, cwd=module, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode != 0:
        pytest.fail(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}", pytrace=False)
    return done.stdout


def test_dependencies_are_those_of_kubernetes(root: Path, module: Path) -> None:
    ours = _requirements(module / "go.mod")
    theirs = _requirements(root / "lab/images/modules/kubernetes/go.mod")
    assert ours["k8s.io/dynamic-resource-allocation"] == ours["k8s.io/kubelet"] == ours["k8s.io/client-go"] == KUBERNETES
    # A package in another version would be compiled a second time, and all that import it with it.
    staged = {name for name, version in theirs.items() if version == "v0.0.0"}
    different = {
        name: (version, theirs[name]) for name, version in ours.items() if name in theirs.keys() - staged and version != theirs[name]
    }
    assert different == {}


def test_nothing_is_replaced(module: Path) -> None:
    assert not re.search(r"^\s*(replace|exclude|toolchain)\b", (module / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_file_says_whose_it_is(module: Path) -> None:
    head = "// SPDX-FileCopyrightText: The ailab.conformance authors\n// SPDX-License-Identifier: GPL-3.0-or-later\n"
    files = sorted(module.rglob("*.go"))
    assert files
    assert [path for path in files if not path.read_text(encoding="utf-8").startswith(head)] == []


@pytest.mark.slow
def test_the_code_is_formatted(go: Path, module: Path) -> None:
    assert _run([go.with_name("gofmt"), "-l", "."], module) == ""


@pytest.mark.slow
def test_go_finds_nothing_to_report(go: Path, module: Path) -> None:
    _run([go, "vet", *FLAGS, "./..."], module)


@pytest.mark.slow
def test_go_tests_pass(go: Path, module: Path) -> None:
    _run([go, "test", *FLAGS, "./..."], module)
