# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input and half-finished work: told plainly, nothing of the user's touched, healed by the next run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.nodes.cgroups import CgroupTree
from tests.integration.machine import Traces
from tests.integration.standing import NAME, STATE, SUPERNET, Lab

pytestmark = pytest.mark.integration

OTHER = "ailabbad"


def other(lab: Lab, *words: str, state: Path = Path("/var/lib/ailabbad"), supernet: str = "10.224.0.0/12") -> str:
    """Run a command of another lab that must fail; return what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "lab", f"--name={OTHER}", f"--state-dir={state}", f"--supernet={supernet}", *words],
        cwd=lab.root,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system with next to no room."""
    place = Path("/mnt/ailabbad")
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)
        place.rmdir()


def test_an_address_range_in_use_is_refused_before_anything_is_made(lab: Lab) -> None:
    before = Traces.now()
    said = other(lab, "up", supernet=SUPERNET)
    assert f"{SUPERNET} overlaps" in said
    assert f"on link {NAME}-host" in said
    assert "files" not in Traces.now().since(before)
    assert "links" not in Traces.now().since(before)


def test_a_full_disk_is_refused_before_anything_is_made(lab: Lab, small_disk: Path) -> None:
    said = other(lab, "up", state=small_disk / "lab")
    assert "free space" in said
    assert "at least 2048 MiB" in said
    assert not list(small_disk.iterdir())


def test_a_wrong_pool_is_refused_with_its_name(lab: Lab) -> None:
    said = lab.cli("up", "--pools", '[{"name": "gpu", "accelerators": {"allocation": "both", "count": 1}}]', expect=1).stderr
    assert "pool gpu, accelerators.allocation: found 'both'; expected dra or device-plugin" in said
    assert len(lab.get("nodes")["items"]) == 3


def test_another_version_is_no_upgrade_by_accident(lab: Lab) -> None:
    said = lab.cli("up", "--kubernetes-version", "v1.33.0", expect=1).stderr
    assert "found Kubernetes v1.34.4; expected v1.33.0" in said


def test_a_misspelt_variable_stops_the_play_and_the_right_one_is_named(lab: Lab) -> None:
    play = lab.play("site.yml", variables={"lab_host_pool": []}, expect=None)
    assert play.status != 0
    assert "lab_host_pools" in play.output
    assert len(lab.get("nodes")["items"]) == 3


def test_a_run_that_was_killed_is_healed_by_the_next(lab: Lab) -> None:
    pools = json.dumps([{"name": "cpu", "replicas": 1}])
    words = [sys.executable, "-m", "lab", f"--name={NAME}", f"--state-dir={STATE}", f"--supernet={SUPERNET}", "up", "--cluster", "half"]
    record = STATE / "clusters/half/cluster.json"
    with subprocess.Popen(
        [*words, "--pools", pools], cwd=lab.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as run:
        deadline = time.monotonic() + 60
        while not record.exists() or not CgroupTree(NAME).processes("half-control-plane", "runtime"):
            assert time.monotonic() < deadline
            assert run.poll() is None
            time.sleep(0.05)
        os.killpg(run.pid, signal.SIGKILL)
    assert json.loads(record.read_text())["nodes"][0]["phase"] == "creating"
    try:
        lab.cli("up", "--cluster", "half", "--pools", pools)
        names = lab.cli("kubectl", "--cluster", "half", "--", "get", "nodes", "-o", "name").stdout.split()
        assert names == ["node/half-control-plane", "node/half-cpu-0"]
    finally:
        lab.cli("down", "--cluster", "half")
    assert len(lab.get("nodes")["items"]) == 3
