# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running the system's programs: one place for errors that say what failed."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lab.errors import LabError

_TAIL_LINES = 12


def run(
    argv: Sequence[str | Path],
    *,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 120.0,
) -> str:
    """Run a program to its end and return what it wrote on standard output.

    Args:
        timeout: seconds after which the program is killed and counted as failed.

    Raises:
        LabError: the program is missing, failed or took too long; the message ends with its last words.
    """
    words = [str(word) for word in argv]
    shown = " ".join(words[:8]) + (" …" if len(words) > 8 else "")
    try:
        done = subprocess.run(words, input=stdin, env=env, timeout=timeout, capture_output=True, text=True, check=False)
    except FileNotFoundError as exc:
        raise LabError(
            f"the program {words[0]}",
            found="no such program on this machine",
            expected="it to be installed",
            see="The role lab_host installs what the lab needs; lab/images/debian.yml lists the packages.",
        ) from exc
    except subprocess.TimeoutExpired as exc:
        raise LabError(
            f"`{shown}`", found=f"still running after {timeout:.0f} s", expected="an answer by then", see=_tail(exc.stderr)
        ) from exc
    if done.returncode != 0:
        raise LabError(
            f"`{shown}`",
            found=f"exit status {done.returncode}",
            expected="0",
            see=_tail(done.stderr) or _tail(done.stdout) or "It said nothing.",
        )
    return done.stdout


def until(decided: Callable[[], bool], *, what: str, seconds: float, see: str, every: float = 0.03) -> None:
    """Wait for something that has no events to listen to: a socket of a program that is just starting, say.

    Args:
        what: what is waited for, a noun phrase for the error.
        seconds: the deadline, counted from now.
        every: seconds between two looks.

    Raises:
        LabError: it did not come about by the deadline.
    """
    deadline = time.monotonic() + seconds
    while not decided():
        if time.monotonic() > deadline:
            raise LabError(what, found=f"nothing after {seconds:.0f} s", expected="it to come up by then", see=see)
        time.sleep(every)


def _tail(text: str | bytes | None) -> str:
    if not text:
        return ""
    lines = (text.decode(errors="replace") if isinstance(text, bytes) else text).strip().splitlines()
    return "It said: " + "\n".join(lines[-_TAIL_LINES:])
