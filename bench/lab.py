# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the lab takes, with everything built: ``sudo .venv/bin/python bench/lab.py [--write]``.

Machines differ and are noisy, so each figure is also given as a multiple of a yardstick that is measured in the same run: a fixed amount of
hashing on one core. The lab of the benchmark has a name, a place and addresses of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAME, STATE, SUPERNET, KKP_PORT = "ailabench", "/var/lib/ailabench", "10.144.0.0/12", 8385
RESULTS = Path(__file__).with_name("results.json")
POOL = "gpu-dra"
# A fleet: the lab's user cluster and one more from the same inventory.
FLEET = json.dumps({"user_clusters": {"hosts": {"other": {}}}})
# Budgets of the design in seconds, on two idle cores with everything built.
BUDGETS = {
    "nothing to a cluster with three GPU nodes Ready, through KKP": 60,
    "nothing to two such clusters, side by side": 120,
    "a further worker Ready": 8,
    "the platform, all roles, on a bare cluster": 180,
    "all nine requirements, with controls and clean-up": 180,
    "site.yml again, nothing to change, without verification": 45,
    "replay of the run": 2,
}


def lab(*words: str) -> None:
    """Run the lab's command line."""
    options = (f"--name={NAME}", f"--state-dir={STATE}", f"--supernet={SUPERNET}", f"--kkp-port={KKP_PORT}")
    run([sys.executable, "-m", "lab", *options, *words])


def play(playbook: str, *words: str, runs: str) -> None:
    """Run a playbook on the lab of the benchmark; runs and reports go below ``runs``."""
    variables = {
        "lab_host_name": NAME,
        "lab_host_state_dir": STATE,
        "lab_host_supernet": SUPERNET,
        "lab_host_kkp_port": KKP_PORT,
        "conformance_runs_dir": f"{runs}/runs",
        "conformance_report_dir": f"{runs}/report",
    }
    run([str(Path(sys.executable).parent / "ansible-playbook"), playbook, "--extra-vars", json.dumps(variables), *words])


def run(words: list[str]) -> str:
    """Run a command and return what it printed; what it said ends the benchmark when it fails."""
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def timed(work: Callable[[], None]) -> float:
    """Seconds that something takes."""
    started = time.monotonic()
    work()
    return time.monotonic() - started


def yardstick() -> float:
    """Seconds for hashing one GiB."""
    block = bytes(1 << 20)

    def work() -> None:
        digest = hashlib.sha256()
        for _ in range(1024):
            digest.update(block)

    return timed(work)


def kubectl(*words: str) -> str:
    """Run kubectl on the cluster; return what it printed."""
    return run([f"{STATE}/bin/kubectl", f"--kubeconfig={STATE}/kubeconfigs/lab", "--namespace=kube-system", *words])


def scaled(replicas: int) -> None:
    """Have a pool of so many nodes, Ready; of those that go nothing is left."""
    kubectl("scale", f"machinedeployment/{POOL}", f"--replicas={replicas}")
    for count in ("replicas", "availableReplicas"):
        kubectl("wait", f"machinedeployment/{POOL}", f"--for=jsonpath={{.status.{count}}}={replicas}", "--timeout=120s")


def add_and_delete() -> float:
    """Seconds until one more worker is Ready; it is deleted again."""
    seconds = timed(lambda: scaled(2))
    scaled(1)
    return seconds


def measure() -> dict[str, float]:
    """Seconds by name; the median where a thing was done three times, the longer one of the two verifications."""
    lab("down")
    try:
        with tempfile.TemporaryDirectory() as runs:
            more = Path(runs, "more.json")
            more.write_text(FLEET)
            two = timed(lambda: play("playbooks/user_cluster.yml", "--inventory=inventories/lab", f"--inventory={more}", runs=runs))
            lab("down")
            one = timed(lambda: play("playbooks/user_cluster.yml", runs=runs))
            worker = statistics.median(add_and_delete() for _ in range(3))
            platform = timed(lambda: play("playbooks/platform.yml", runs=runs))
            proof = max(timed(lambda: play("playbooks/checks.yml", runs=runs)) for _ in range(2))
            again = timed(lambda: play("site.yml", "--skip-tags", "verify,report", runs=runs))
            judged = timed(lambda: play("playbooks/replay.yml", runs=runs))
    finally:
        lab("down")
    return dict(zip(BUDGETS, (one, two, worker, platform, proof, again, judged), strict=True))


def main() -> None:
    """Measure, print, and keep the figures where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"keep the figures in {RESULTS.name}")
    write = parser.parse_args().write
    if os.geteuid() != 0:
        sys.exit("bench: namespaces and cgroups are made by root: use sudo")
    before = yardstick()
    found = measure()
    unit = statistics.mean((before, yardstick()))
    rows = {
        name: {"seconds": round(seconds, 1), "yardsticks": round(seconds / unit, 1), "budget_seconds": BUDGETS[name]}
        for name, seconds in found.items()
    }
    document = {"cores": os.cpu_count(), "yardstick_seconds": round(unit, 2), "figures": rows}
    sys.stdout.write(json.dumps(document, indent=1) + "\n")
    if write:
        RESULTS.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
