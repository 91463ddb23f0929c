# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a verification says the same each time: ``sudo .venv/bin/python bench/runs.py --times 20`` on the standing lab.

Every run is one line in ``bench/runs.jsonl``, also one in which something did not pass: what it was, and why, is in that line. A log that
leaves such runs out proves nothing. All runs of one call are of one commit.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOG = Path(__file__).with_name("runs.jsonl")
COMMAND = ("ansible-playbook", "site.yml", "--tags", "verify,report")
# What a check says that was not asked for: it needs leave, or something that this cluster lacks.
PASSED, NOT_ASKED = "pass", "not_run"


def commit() -> str:
    """The commit that is checked out, marked where the work tree differs from it."""
    return subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def verify(words: list[str]) -> tuple[int, float, str]:
    """Run the verification once: its exit status, its seconds and the end of what it printed.

    Ctrl-C reaches the verification too. It is waited for: it removes what it has made before it ends.
    """
    started = time.monotonic()
    program = str(Path(sys.executable).with_name(COMMAND[0]))
    with subprocess.Popen([program, *COMMAND[1:], *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        try:
            said, _ = run.communicate()
        except KeyboardInterrupt:
            run.communicate()
            raise
    return run.returncode, time.monotonic() - started, said[-2000:]


def documents(run: Path, folder: str, pattern: str) -> list[Any]:
    """The JSON documents of a part of a run."""
    return [json.loads(path.read_text()) for path in sorted((run / folder).glob(pattern))]


def row(run: Path, *, seconds: float, status: int) -> dict[str, Any]:
    """What is kept of a run."""
    requirements = documents(run, "requirements", "*.json")
    checks = documents(run, "checks", "*/result.json")
    odd = [
        {key: check[key] for key in ("id", "mandatory", "verdict", "reason", "sentence")}
        for check in checks
        if check["verdict"] not in (PASSED, NOT_ASKED) or (check["verdict"] == PASSED and not check["control"]["flipped"])
    ]
    return {
        "run": run.name,
        "commit": commit(),
        "status": status,
        "load": os.getloadavg()[0],
        "seconds": round(seconds, 1),
        "requirements": {item["id"]: [item["verdict"], item["seconds"]] for item in requirements},
        "passed": sum(check["verdict"] == PASSED for check in checks),
        "flipped": sum(check["control"]["flipped"] for check in checks),
        "not_run": [check["id"] for check in checks if check["verdict"] == NOT_ASKED],
        "odd": odd,
        "leaked": sum(len(item["leaked"]) for item in requirements),
    }


def say(line: str) -> None:
    """Print a line now: whoever follows a run of an hour wants to see it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Verify so many times in a row; the exit status is that of the worst."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20, help="how many runs (20)")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "lab", help="where the runs are (runs/lab)")
    parser.add_argument("words", nargs="*", help="for ansible-playbook, after --")
    asked = parser.parse_args()
    took, bad = [], 0
    for number in range(1, asked.times + 1):
        before = set(asked.runs.glob("*")) if asked.runs.is_dir() else set()
        status, seconds, said = verify(asked.words)
        new = sorted(set(asked.runs.glob("*")) - before)
        if not new:
            sys.exit(f"no run was made:\n{said}")
        found = row(new[-1], seconds=seconds, status=status)
        with LOG.open("a", encoding="utf-8") as log:
            log.write(json.dumps(found) + "\n")
        slowest = max(found["requirements"].values(), key=lambda item: item[1])[1]
        well = status == 0 and not found["odd"] and not found["leaked"]
        bad += not well
        took.append(slowest)
        said = "pass" if well else ", ".join(f"{item['id']} {item['verdict']} ({item['reason']})" for item in found["odd"]) or "see the log"
        say(f"{number}: {found['run']} {said}; slowest requirement {slowest:.0f} s, all {seconds:.0f} s")
    say(f"{asked.times - bad} of {asked.times} runs passed; slowest requirement {statistics.median(took):.0f} s, at most {max(took):.0f} s")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
