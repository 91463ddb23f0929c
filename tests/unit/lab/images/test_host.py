# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is taken from this machine, and what is said when it is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import LabError
from lab.images import host


def test_a_missing_file_is_reported_by_the_package_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "packages", lambda: {"/nowhere/seccomp.h": "libseccomp-dev", "/nowhere/gcc": "gcc", "/": "base"})
    with pytest.raises(LabError, match=r"no /nowhere/seccomp.h, no /nowhere/gcc.*apt-get install gcc libseccomp-dev"):
        host.require(["/", "/nowhere/seccomp.h", "/nowhere/gcc"])


def test_what_is_there_needs_no_words() -> None:
    host.require(["/"])


def test_the_libraries_of_a_program_are_paths_with_the_loader_among_them() -> None:
    found = host.libraries("/bin/ls")
    assert any("libc.so" in path for path in found)
    assert any("ld-linux" in path for path in found)
    assert all(Path(path).is_file() for path in found)
    assert list(found) == sorted(found)


LOADER = "\t/lib64/ld-linux-x86-64.so.2 (0x00007f0000000000)\n"
BANNER = "BusyBox v1.35.0 (Debian 1:1.35.0-4) multi-call binary.\nUsage: busybox\n"


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "_traced", lambda _: f"\tlibgone.so.1 => not found\n{LOADER}")
    with pytest.raises(LabError, match=r"/usr/sbin/nft: found no libgone\.so\.1"):
        host.libraries("/usr/sbin/nft")


def test_a_static_program_prints_its_own_words_and_has_no_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "_traced", lambda _: BANNER)
    assert host.libraries("/bin/busybox") == ()


def test_a_dynamic_busybox_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "_traced", lambda _: LOADER)
    with pytest.raises(LabError, match=r"dynamically linked.*busybox-static"):
        host.applets("/bin/busybox")


def test_applets_and_version_are_busybox_s_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "_traced", lambda _: BANNER)
    monkeypatch.setattr(host, "_output", lambda command: "sh\nls\nsh\n" if "--list" in command else BANNER)
    assert host.applets("/bin/busybox") == ("ls", "sh")
    assert host.banner("/bin/busybox") == "BusyBox v1.35.0 (Debian 1:1.35.0-4) multi-call binary."
