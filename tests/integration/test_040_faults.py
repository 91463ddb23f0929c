# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input and half-finished work: told plainly, nothing of the user's touched, healed by the next run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.machine import Traces
from tests.integration.standing import NAME, POOLS, SUPERNET, Lab

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
    said = other(lab, "kkp", supernet=SUPERNET)
    assert f"{SUPERNET} overlaps" in said
    assert f"on link {NAME}-host" in said
    assert "files" not in Traces.now().since(before)
    assert "links" not in Traces.now().since(before)


def test_a_full_disk_is_refused_before_anything_is_made(lab: Lab, small_disk: Path) -> None:
    said = other(lab, "kkp", state=small_disk / "lab")
    assert "free space" in said
    assert "at least 2048 MiB" in said
    assert not list(small_disk.iterdir())


def test_a_wrong_flavor_is_refused_before_the_pool_is_changed(lab: Lab) -> None:
    pools = [{"name": "gpu-dra", "machine": {"flavor": "lab.gpu-99", "image": "lab-node"}}]
    play = lab.play("playbooks/user_cluster.yml", variables={"kkp_user_cluster_pools": pools}, expect=None)
    assert play.status != 0
    assert "lab.gpu-99" in play.output
    assert lab.play("playbooks/user_cluster.yml").changed == []
    assert len(lab.get("nodes")["items"]) == 1 + len(POOLS)


def test_an_older_version_is_refused_and_the_cluster_stays(lab: Lab) -> None:
    play = lab.play("playbooks/user_cluster.yml", variables={"kkp_user_cluster_version": "1.33.0"}, expect=None)
    assert play.status != 0
    assert "1.33.0" in play.output
    assert {node["status"]["nodeInfo"]["kubeletVersion"] for node in lab.get("nodes")["items"]} == {"v1.34.4"}


def test_a_misspelt_variable_stops_the_play_and_the_right_one_is_named(lab: Lab) -> None:
    play = lab.play("site.yml", variables={"kkp_user_cluster_pool": []}, expect=None)
    assert play.status != 0
    assert "kkp_user_cluster_pools" in play.output
    assert len(lab.get("nodes")["items"]) == 1 + len(POOLS)


def test_a_run_that_was_killed_is_healed_by_the_next(lab: Lab) -> None:
    pool = {"name": "cpu", "replicas": 1, "machine": {"flavor": "lab.cpu", "image": "lab-node"}}
    words = [*lab.more({"half": {"kkp_user_cluster_pools": [pool]}}), "--limit=half"]
    with subprocess.Popen(
        lab.command("playbooks/user_cluster.yml", *words),
        cwd=lab.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as run:
        deadline = time.monotonic() + 60
        while not any(found["name"] == "half" for found in lab.clusters()):
            assert time.monotonic() < deadline
            assert run.poll() is None
            time.sleep(0.05)
        os.killpg(run.pid, signal.SIGKILL)
    try:
        assert lab.play("playbooks/user_cluster.yml", *words).changed == ["half"]
        assert [found["name"] for found in lab.clusters()] == ["lab", "half"]
        assert len(lab.get("nodes", cluster="half")["items"]) == 2
        assert lab.play("playbooks/user_cluster.yml", *words).changed == []
    finally:
        lab.play("playbooks/destroy.yml", "--tags=user_cluster", *words)
    assert [found["name"] for found in lab.clusters()] == ["lab"]
    assert len(lab.get("nodes")["items"]) == 1 + len(POOLS)
