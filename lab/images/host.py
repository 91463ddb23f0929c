# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is taken from this machine's Debian packages: the C compiler's part, nft with its libraries, busybox."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import yaml

from lab.errors import LabError

PACKAGES = Path(__file__).with_name("debian.yml")
# "libmnl.so.0 => /lib/x86_64-linux-gnu/libmnl.so.0 (0x00007f…)", and the loader itself without the arrow.
_LOADED = re.compile(r"(/\S+) \(0x[0-9a-f]+\)$")
_SECONDS = 20  # for a program that only prints something


def packages() -> dict[str, str]:
    """The data file's packages: the file that shows a package's presence → the package's name."""
    document = cast("dict[str, list[dict[str, str]]]", yaml.safe_load(PACKAGES.read_text(encoding="utf-8")))
    return {entry["file"]: entry["name"] for entry in document["packages"]}


def require(files: Iterable[str]) -> None:
    """See that files of Debian packages are there.

    Args:
        files: absolute paths, each named in debian.yml.

    Raises:
        LabError: some are not; the message names their packages.
    """
    missing = [path for path in files if not Path(path).exists()]
    if not missing:
        return
    known = packages()
    names = " ".join(sorted({known[path] for path in missing}))
    raise LabError(
        "Debian packages that the lab's images are made with",
        found=f"no {', no '.join(missing)}",
        expected=f"the packages {names}",
        see=f"Install them with `apt-get install {names}`; the role lab_host does so. The list: lab/images/debian.yml.",
    )


def libraries(program: str) -> tuple[str, ...]:
    """Shared libraries of a program and the loader, as the loader itself finds them (ld.so(8), LD_TRACE_LOADED_OBJECTS).

    Args:
        program: absolute path of a program that does nothing but print when it is started without arguments.

    Returns:
        Absolute paths, sorted; none for a statically linked program. A library is named by the path the program asks for,
        which may be a symbolic link.

    Raises:
        LabError: the program misses a library.
    """
    listing = _traced(program).splitlines()
    missing = [line.split("=>")[0].strip() for line in listing if line.endswith("=> not found")]
    if missing:
        raise LabError(
            f"the shared libraries of {program}",
            found=f"no {', no '.join(missing)}",
            expected="a program whose package is installed with all it depends on",
            see=f"`ldd {program}` shows the same.",
        )
    return tuple(sorted(match[1] for line in listing if (match := _LOADED.search(line))))


def applets(busybox: str) -> tuple[str, ...]:
    """Names of a busybox's applets, sorted.

    Args:
        busybox: absolute path of a statically linked busybox.

    Raises:
        LabError: it is linked dynamically, so that it would not start in an image of its own.
    """
    if libraries(busybox):
        raise LabError(
            f"the busybox for the image, {busybox}",
            found="a dynamically linked program",
            expected="a static one",
            see="Install the package busybox-static in the place of busybox.",
        )
    return tuple(sorted(set(_output([busybox, "--list"]).split())))


def banner(program: str) -> str:
    """First line that a program prints when it is started without arguments; busybox says its version and package there."""
    return _output([program]).partition("\n")[0]


def _traced(program: str) -> str:
    environment = {**os.environ, "LD_TRACE_LOADED_OBJECTS": "1"}
    done = subprocess.run(
        [program], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    return done.stdout


def _output(command: list[str]) -> str:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS, check=True).stdout
