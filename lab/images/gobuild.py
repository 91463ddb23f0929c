# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of ``go build``: its command line, its environment, and what its failures mean to the person who waits for it."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from lab.errors import LabError
from lab.images.catalog import Program
from lab.images.scratch import Scratch
from lab.images.toolchain import Toolchain

# Inlining takes a third of the compile time and is worth little where the programs mostly wait for each other. What debuggers
# read takes another tenth, and the linker drops it anyway.
_FLAGS = ("-trimpath", "-buildvcs=false", "-mod=readonly", "-gcflags=all=-l -dwarf=false")
_STRIPPED = "-s -w"
# Settings of the caller's shell that would change what is built, or where from without the checksums.
_UNWANTED = ("GOFLAGS", "GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GODEBUG", "CGO_CFLAGS", "CGO_LDFLAGS", "CC")
_NOTICE_SECONDS = 15.0

_NETWORK = re.compile(
    r"dial tcp|no such host|i/o timeout|connection re(?:fused|set)|TLS handshake|network is unreachable|proxyconnect|"
    r"disabled by GOPROXY|unexpected EOF|\b(?:403|404|410|429|50[0234]) "
)
_MODULE = re.compile(r"([\w.~-]+\.[\w.~-]+(?:/[\w.~!-]+)+@v[\w.+-]+)")


def recipe(program: Program) -> dict[str, object]:
    """All that decides what comes out, apart from the sources and the toolchain."""
    return {
        "flags": [*_FLAGS, _STRIPPED],
        "packages": program.packages,
        "files": program.files,
        "links": program.links,
        "tags": program.tags,
        "cgo": program.cgo,
        "stamps": program.stamps,
    }


def command(program: Program, toolchain: Toolchain, output: Path) -> list[str]:
    """The command line that builds a program into a directory."""
    stamps = " ".join(f"-X {name}={value}" for name, value in program.stamps)
    target = str(output / program.name) if len(program.packages) == 1 else f"{output}/"
    return [
        str(toolchain.go),
        "build",
        *_FLAGS,
        *(["-tags", ",".join(program.tags)] if program.tags else []),
        *("-ldflags", f"{_STRIPPED} {stamps}".strip()),
        *("-o", target),
        *program.packages,
    ]


def environment(program: Program, scratch: Scratch, inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment of the compiler."""
    return {**surroundings(scratch, inherited), "CGO_ENABLED": "1" if program.cgo else "0"}


def surroundings(scratch: Scratch, inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment of any go command. The user's GOPROXY stays: a company's mirror is what makes a build possible there."""
    kept = {name: value for name, value in inherited.items() if name not in _UNWANTED}
    return {
        **kept,
        "GOCACHE": str(scratch.objects),
        "GOFLAGS": "-modcacherw",  # else nobody could remove the modules without chmod
        "GOGC": inherited.get("GOGC", "100") if scratch.collect_garbage else "off",
        "GOMODCACHE": str(scratch.modules),
        "GOTMPDIR": str(scratch.temporary),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }


def run(
    program: Program,
    *,
    toolchain: Toolchain,
    scratch: Scratch,
    folder: Path,
    output: Path,
    log: Path,
    alive: Callable[[float], None],
) -> None:
    """Build a program.

    Args:
        program: what to build.
        toolchain: what with.
        scratch: where the compiler works.
        folder: the wrapper module.
        output: an empty directory for the files and links.
        log: file for the compiler's words.
        alive: called every quarter of a minute with the seconds since the start.

    Raises:
        LabError: the build failed; the message names the module or file at fault and the log.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command(program, toolchain, output),
            cwd=folder,
            env=environment(program, scratch, os.environ),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        try:
            while (status := _wait(process)) is None:
                alive(time.monotonic() - started)
        finally:
            if process.poll() is None:  # the builder was interrupted
                process.terminate()
                process.wait()
    if status:
        raise failure(program, log.read_text(encoding="utf-8", errors="replace"), status, log)
    for link in program.links:
        (output / link).symlink_to(program.files[0])


def _wait(process: subprocess.Popen[bytes]) -> int | None:
    """Exit status, or nothing when the process runs on."""
    try:
        return process.wait(_NOTICE_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def failure(program: Program, words: str, status: int, log: Path) -> LabError:
    """Say in one sentence why a build failed.

    Args:
        program: what was built.
        words: the go command's output.
        status: its exit status; negative is the signal that ended it.
        log: where the output is kept.
    """
    downloads = [line.strip() for line in words.splitlines() if line.startswith("go: downloading")]
    lines = [line.strip() for line in words.splitlines() if line.strip() and not line.startswith(("go: downloading", "#"))]
    what = f"building {program.name} {program.version}"
    checksum = next((line for line in lines if "checksum mismatch" in line or "SECURITY ERROR" in line), None)
    network = next((line for line in lines if _NETWORK.search(line)), None)
    if checksum:
        return LabError(
            what,
            found=f"a module that is not the one go.sum knows: {checksum}",
            expected="the module with the recorded checksum",
            see=f"The Go module proxy (GOPROXY) serves something else. All of it: {log}",
        )
    if network:
        # The proxy's address, switched off, gives an answer without a name; the download that was tried last has it then.
        named = _MODULE.search(network) or re.search(r"downloading (.+)", downloads[-1] if downloads else "")
        return LabError(
            what,
            found=f"no download of {named[1] if named else 'a Go module'}: {network}",
            expected="an answer of the Go module proxy",
            see=f"Is there a network? GOPROXY names the proxy. What is downloaded and built stays, a second run goes on. All of it: {log}",
        )
    if "no space left on device" in words:
        return LabError(
            what,
            found="a full disk: " + next(line for line in lines if "no space left on device" in line),
            expected="free space for the compiler",
            see=f"Free some, or name another place with AILAB_CACHE. All of it: {log}",
        )
    if "signal: killed" in words or status < 0:
        return LabError(
            what,
            found=f"the compiler was killed (status {status})",
            expected="enough memory: 8 GiB for the whole, 4 GiB at the least",
            see=f"`dmesg` tells if the kernel was short of memory. All of it: {log}",
        )
    return LabError(what, found=" / ".join(lines[-3:]) or f"status {status}", expected="a compiled program", see=f"All of it: {log}")
