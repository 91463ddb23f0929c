#!/usr/bin/env python3
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes demo/recording.tar.gz, which `make demo` replays, from a sealed run of the lab. The same run gives the same bytes.

Refused is a run that is not sealed, that this version judges otherwise, that lacks a requirement or has not passed one, and one that holds
what must not be published: secrets, kubeconfigs, places and the name of the machine that recorded it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import io
import json
import re
import socket
import sys
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import CHECKS, SUITES
from ansible_collections.ailab.conformance.plugins.module_utils._engine.codec import MalformedDocumentError, read
from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import Run
from ansible_collections.ailab.conformance.plugins.module_utils._engine.redact import redacted
from ansible_collections.ailab.conformance.plugins.module_utils._engine.replay import replay
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_directory import RunDirectory, RunDirectoryError
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict

_ROOT = Path(__file__).resolve().parents[1]
_RECORDING = _ROOT / "demo" / "recording.tar.gz"
_MOST_BYTES = 3_000_000

_KUBECONFIG = re.compile(r"current-context|(?:client-certificate|client-key|certificate-authority)-data|kind\W+Config\b")
_HOMES = re.compile(r"/(?:home|Users)/\w")


class RefusedError(Exception):
    """The run is not fit to be shown. The message says all of why."""


def newest(runs: Path) -> RunDirectory:
    """The newest run that is sealed and has all requirements; run ids begin with the time.

    Raises:
        RefusedError: there is none.
    """
    sealed = [run for path in sorted(runs.glob("*/"), reverse=True) if (run := RunDirectory(path)).is_sealed]
    for run in sealed:
        if not set(SUITES) - {path.stem for path in run.requirements.glob("*.json")}:
            return run
    raise RefusedError(
        f"found {len(sealed)} sealed runs in {runs}, none with all {len(SUITES)} requirements; expected one: `make lab` or `make verify`"
    )


def recording(run: RunDirectory, *, private: Sequence[str]) -> bytes:
    """The archive of a run.

    Args:
        run: what to pack.
        private: texts that only the machine knows that recorded it.

    Raises:
        RefusedError: it must not be shown, or is too large.
    """
    try:
        problems = list(_problems(run, private))
    except (RunDirectoryError, MalformedDocumentError, OSError) as problem:
        problems = [str(problem)]
    if problems:
        raise RefusedError("\n".join(f"{run.path.name}: {problem}" for problem in problems))
    archive = _packed(run)
    if len(archive) > _MOST_BYTES:
        raise RefusedError(f"{run.path.name}: found {len(archive):,} bytes when packed, expected at most {_MOST_BYTES:,}")
    return archive


def private_texts() -> list[str]:
    """What would tell where a run was recorded: the checkout, the home directory, the machine's name."""
    home = Path.home()
    return [str(_ROOT), *([f"{home}/"] if home != Path(home.anchor) else []), socket.gethostname()]


def _problems(run: RunDirectory, private: Sequence[str]) -> Iterator[str]:
    yield from replay(run, checks=CHECKS).differences
    found = {requirement.id: requirement for requirement in read(Run, run.run_file).requirements}
    yield from (f"{identifier} was not verified" for identifier in SUITES if identifier not in found)
    yield from (
        f"{item.id} came out as {item.verdict} ({item.reason}), expected pass. {item.sentence}"
        for item in found.values()
        if item.verdict is not Verdict.PASS
    )
    for path in _files(run):
        yield from (f"{path.relative_to(run.path)}: {what}" for what in _exposed(path, private))


def _exposed(path: Path, private: Sequence[str]) -> Iterator[str]:
    """What a file says that must not be published. Nothing of it is repeated."""
    text = path.read_text(encoding="utf-8")
    documents = {".json": lambda: [text], ".jsonl": text.splitlines}.get(path.suffix, list)()
    if any(redacted(document) != document for document in map(json.loads, documents)):
        yield "found a secret that redaction hides, expected none"
    if _KUBECONFIG.search(text):
        yield "found a piece of a kubeconfig, expected none"
    if _HOMES.search(text) or any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in private):
        yield "found a place or the name of this machine, expected none"


def _packed(run: RunDirectory) -> bytes:
    """Order, owners, modes and times come from the run alone, so that nothing of the machine or the hour is in the archive."""
    finished = dt.datetime.fromisoformat(read(Run, run.run_file).finished)
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for path in _files(run):
            content = path.read_bytes()
            member = tarfile.TarInfo((Path(run.path.name) / path.relative_to(run.path)).as_posix())
            member.size, member.mode, member.mtime = len(content), 0o644, int(finished.timestamp())
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _files(run: RunDirectory) -> list[Path]:
    return sorted(path for path in run.path.rglob("*") if path.is_file())


def main(arguments: Iterable[str]) -> int:
    """Write the recording, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "run", nargs="?", type=Path, help="directory of a sealed run; by default the newest of runs/lab with all requirements"
    )
    parser.add_argument("--to", type=Path, default=_RECORDING, help="the archive to write")
    options = parser.parse_args(list(arguments))
    try:
        run = RunDirectory(options.run.resolve()) if options.run else newest(_ROOT / "runs" / "lab")
        archive = recording(run, private=private_texts())
    except RefusedError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    options.to.parent.mkdir(parents=True, exist_ok=True)
    options.to.write_bytes(archive)
    sys.stdout.write(f"{options.to}: {len(archive):,} bytes, run {run.path.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
