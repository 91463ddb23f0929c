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
NAME, STATE, SUPERNET = "ailabench", "/var/lib/ailabench", "10.160.0.0/12"
RESULTS = Path(__file__).with_name("results.json")
POOLS = json.dumps(
    [
        {"name": f"gpu-{allocation}", "replicas": 1, "accelerators": {"allocation": allocation, "count": 2}}
        for allocation in ("dra", "device-plugin")
    ]
)
# Budgets of the design in seconds, on two idle cores with everything built.
BUDGETS = {
    "nothing to a cluster with two GPU nodes Ready": 60,
    "a further worker Ready": 8,
    "verify dra_support, with controls and clean-up": 30,
    "site.yml again, nothing to change, without verification": 45,
}


def lab(*words: str) -> None:
    """Run the lab's command line."""
    run([sys.executable, "-m", "lab", f"--name={NAME}", f"--state-dir={STATE}", f"--supernet={SUPERNET}", *words])


def play(playbook: str, *words: str, runs: str) -> None:
    """Run a playbook on the lab of the benchmark; runs and reports go below ``runs``."""
    variables = {
        "lab_host_name": NAME,
        "lab_host_state_dir": STATE,
        "lab_host_supernet": SUPERNET,
        "conformance_runs_dir": f"{runs}/runs",
        "conformance_report_dir": f"{runs}/report",
    }
    run([str(Path(sys.executable).parent / "ansible-playbook"), playbook, "--extra-vars", json.dumps(variables), *words])


def run(words: list[str]) -> None:
    """Run a command; what it said ends the benchmark when it fails."""
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


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


def add_and_delete() -> float:
    """Seconds until one more worker is Ready; it is deleted again."""
    seconds = timed(lambda: lab("nodes", "add", "lab", "lab-extra"))
    lab("nodes", "delete", "lab", "lab-extra")
    return seconds


def measure() -> dict[str, float]:
    """Seconds by name; the median where a thing was done three times."""
    lab("down")
    try:
        with tempfile.TemporaryDirectory() as runs:
            up = timed(lambda: lab("up", "--pools", POOLS))
            worker = statistics.median(add_and_delete() for _ in range(3))
            play("site.yml", runs=runs)
            proof = statistics.median(timed(lambda: play("playbooks/checks.yml", runs=runs)) for _ in range(3))
            again = timed(lambda: play("site.yml", "--skip-tags", "verify,report", runs=runs))
    finally:
        lab("down")
    return dict(zip(BUDGETS, (up, worker, proof, again), strict=True))


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
