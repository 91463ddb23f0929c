# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""One call of ``python -m lab``: progress line by line, the answer as JSON.

The lab's command line writes its progress to stderr, one line per step, and with ``--json`` one JSON object as the last line of
stdout: ``changed``, what it did, and on failure ``failed`` and ``msg``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

JSON = Any

ARGUMENT_SPEC: Mapping[str, Mapping[str, JSON]] = {
    "command": {"type": "list", "elements": "str", "required": True},
    "stdin": {"type": "raw"},
    "project_dir": {"type": "path"},
}

# What is shown of a program that died without an answer: enough for a traceback's end, not a screen full.
_LAST_LINES = 12


class LabCommandError(Exception):
    """The lab did not answer in the form that was agreed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call of the lab came to.

    Attributes:
        document: the lab's JSON object.
        progress: every line of progress, in order.
    """

    document: Mapping[str, JSON]
    progress: Sequence[str]

    def result(self) -> dict[str, JSON]:
        """The result of the task: ``changed`` and, on failure, ``failed`` and ``msg`` are the lab's own."""
        result: dict[str, JSON] = {
            "changed": bool(self.document.get("changed", False)),
            "answer": dict(self.document),
            "progress": list(self.progress),
        }
        if self.document.get("failed", False):
            result |= {"failed": True, "msg": str(self.document.get("msg", "the lab failed and did not say why"))}
        return result


def arguments(command: Sequence[str], *, check: bool) -> list[str]:
    """The program and its arguments for a lab command such as ``["up", "--cluster", "lab"]``."""
    return [sys.executable, "-m", "lab", *command, "--json", *(["--check"] if check else [])]


def call(argv: Sequence[str], *, project_dir: Path, stdin: JSON = None, progress: Callable[[str], None]) -> Answer:
    """Run the lab's command line and hand on each line of progress as it comes.

    Args:
        argv: program and arguments, see :func:`arguments`.
        project_dir: the directory that holds the package ``lab``.
        stdin: what the command reads from its standard input, as JSON; None: nothing.
        progress: called with every line that the command writes to stderr.

    Raises:
        LabCommandError: there is no such directory, or the last line of stdout is not a JSON object.
    """
    if not (project_dir / "lab" / "__main__.py").is_file():
        raise LabCommandError(f"found no package 'lab' in {project_dir}, expected the root of a checkout or of the installed collection")
    lines: list[str] = []
    with (
        subprocess.Popen(
            list(argv), cwd=project_dir, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
        ) as process,
        ThreadPoolExecutor(max_workers=2) as threads,
    ):
        try:
            output = threads.submit(_read, process.stdout)
            threads.submit(_write, process.stdin, "" if stdin is None else json.dumps(stdin))
            for line in process.stderr or ():
                lines.append(line.rstrip("\n"))
                progress(lines[-1])
            document = _document(output.result())
        finally:
            # Reached early only when the task was interrupted: the build must not go on without anybody to tell.
            process.terminate()
    if document is None:
        raise LabCommandError(_no_answer(argv, process.returncode, lines))
    if process.returncode != 0 and not document.get("failed", False):
        document = {**document, "failed": True, "msg": _no_answer(argv, process.returncode, lines)}
    return Answer(document=document, progress=lines)


def _read(stream: IO[str] | None) -> str | None:
    """The last line that is not empty; what comes before it is for people."""
    last = deque((line.strip() for line in stream or () if line.strip()), maxlen=1)
    return last[0] if last else None


def _write(stream: IO[str] | None, text: str) -> None:
    if stream is not None:
        try:
            with stream:
                stream.write(text)
        except BrokenPipeError:
            return  # the command ended without reading; its exit status tells why


def _document(line: str | None) -> Mapping[str, JSON] | None:
    try:
        document = json.loads(line or "null")
    except json.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


def _no_answer(argv: Sequence[str], status: int, lines: Sequence[str]) -> str:
    said = "\n".join(lines[-_LAST_LINES:]) or "(nothing on stderr)"
    call_made = " ".join(["python", *argv[1:]])
    return f"`{call_made}` ended with status {status}, expected 0 and a JSON object as the last line of stdout. It said:\n{said}"
