# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The go command is called with what makes a build reproducible, and its failures are told in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.images import gobuild
from lab.images.catalog import Program
from lab.images.scratch import Scratch
from lab.images.toolchain import Toolchain

SMALL = Program(
    name="tool",
    version="v1.2.3",
    module="tool",
    packages=("example.org/tool/v3",),
    groups=("node",),
    expected_seconds=1,
    modules_mib=1,
    objects_mib=1,
    links=("other",),
    tags=("one", "two"),
    cgo=True,
    stamps=(("main.version", "v1.2.3"), ("main.commit", "unknown")),
)
SEVERAL = Program(
    name="plugins",
    version="v1",
    module="plugins",
    packages=("example.org/p/bridge", "example.org/p/loopback"),
    groups=("node",),
    expected_seconds=1,
    modules_mib=1,
    objects_mib=1,
)


@pytest.fixture
def room(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path / "modules", tmp_path / "objects", tmp_path / "temporary", collect_garbage=False)


def go(tmp_path: Path, words: str) -> Toolchain:
    """A go command that says and does what the test wants."""
    path = tmp_path / "go"
    path.write_text(f"#!/bin/sh\n{words}\n")
    path.chmod(0o755)
    return Toolchain(path, "go1.26.6", installed=True)


def test_one_package_gets_the_program_s_name(tmp_path: Path) -> None:
    line = gobuild.command(SMALL, Toolchain(Path("/go"), "go1.26.6", installed=True), tmp_path)
    assert line[:2] == ["/go", "build"]
    assert line[line.index("-o") + 1] == str(tmp_path / "tool")
    assert line[line.index("-tags") + 1] == "one,two"
    assert line[line.index("-ldflags") + 1] == "-s -w -X main.version=v1.2.3 -X main.commit=unknown"
    assert {"-trimpath", "-mod=readonly", "-buildvcs=false"} <= set(line)


def test_several_packages_go_to_a_directory_under_their_own_names(tmp_path: Path) -> None:
    line = gobuild.command(SEVERAL, Toolchain(Path("/go"), "go1.26.6", installed=True), tmp_path)
    assert line[line.index("-o") + 1] == f"{tmp_path}/"
    assert "-tags" not in line
    assert SEVERAL.files == ("bridge", "loopback")


def test_the_environment_builds_the_same_for_everybody_but_keeps_the_proxy(room: Scratch) -> None:
    theirs = {"GOPROXY": "https://proxy.example", "GOFLAGS": "-mod=mod", "GOARCH": "arm", "HOME": "/home/me", "GOTOOLCHAIN": "auto"}
    found = gobuild.environment(SMALL, room, theirs)
    assert (found["GOPROXY"], found["HOME"]) == ("https://proxy.example", "/home/me")
    assert "GOARCH" not in found
    assert (found["CGO_ENABLED"], found["GOTOOLCHAIN"], found["GOFLAGS"], found["GOGC"]) == ("1", "local", "-modcacherw", "off")
    assert gobuild.environment(SEVERAL, room, theirs)["CGO_ENABLED"] == "0"
    assert "GOSUMDB" not in found, "checksums are verified as go does by default"


def test_garbage_is_collected_where_memory_is_short(room: Scratch) -> None:
    small = Scratch(room.modules, room.objects, room.temporary, collect_garbage=True)
    assert gobuild.environment(SMALL, small, {})["GOGC"] == "100"
    assert gobuild.environment(SMALL, small, {"GOGC": "50"})["GOGC"] == "50"


def build(tmp_path: Path, room: Scratch, words: str, alive: Callable[[float], None] = lambda _elapsed: None) -> Path:
    output = tmp_path / "output"
    output.mkdir()
    gobuild.run(
        SMALL,
        toolchain=go(tmp_path, words),
        scratch=room,
        folder=tmp_path,
        output=output,
        log=tmp_path / "log" / "tool.log",
        alive=alive,
    )
    return output


def test_a_build_makes_the_file_and_its_links(tmp_path: Path, room: Scratch) -> None:
    output = build(tmp_path, room, f"touch {tmp_path}/output/tool")
    assert sorted(entry.name for entry in output.iterdir()) == ["other", "tool"]
    assert (output / "other").readlink() == Path("tool")


def test_a_long_build_says_that_it_lives(tmp_path: Path, room: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gobuild, "_NOTICE_SECONDS", 0.02)
    alive: list[float] = []
    build(tmp_path, room, f"sleep 0.2; touch {tmp_path}/output/tool", alive.append)
    assert len(alive) >= 2
    assert alive == sorted(alive)


def test_an_interrupted_build_takes_the_compiler_with_it(tmp_path: Path, room: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gobuild, "_NOTICE_SECONDS", 0.05)

    def interrupt(_elapsed: float) -> None:
        raise KeyboardInterrupt

    pid = tmp_path / "pid"
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path, room, f"echo $$ > {pid}; exec sleep 30", interrupt)
    assert not Path("/proc", pid.read_text().strip()).exists()


def test_a_failed_build_keeps_the_compiler_s_words(tmp_path: Path, room: Scratch) -> None:
    with pytest.raises(LabError, match=r"building tool v1\.2\.3: found \./main\.go:3:1: undefined: x.*tool\.log"):
        build(tmp_path, room, "echo '# example.org/tool'; echo './main.go:3:1: undefined: x' >&2; exit 1")
    assert "undefined" in (tmp_path / "log" / "tool.log").read_text()


NO_HOST = (
    "go: downloading example.org/lib v1.0.0\nmain.go:4:2: example.org/lib@v1.0.0: "
    'Get "https://proxy.example/lib.zip": dial tcp: lookup proxy.example on 10.0.0.1:53: no such host'
)
OFF = "go: downloading example.org/lib v1.0.0\nmodule lookup disabled by GOPROXY=off"
BAD_SUM = "verifying example.org/lib@v1.0.0: checksum mismatch\n\tdownloaded: h1:a=\n\tgo.sum:     h1:b="
FULL = "example.org/lib: write /cache/a: no space left on device"
KILLED = "example.org/lib: /usr/local/go/pkg/tool/linux_amd64/compile: signal: killed"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (NO_HOST, r"no download of example\.org/lib@v1\.0\.0: .*no such host; expected an answer of the Go module proxy"),
        (OFF, r"no download of example\.org/lib v1\.0\.0: module lookup disabled"),
        (BAD_SUM, r"a module that is not the one go\.sum knows: verifying example\.org/lib@v1\.0\.0"),
        (FULL, r"a full disk: .*write /cache/a.*AILAB_CACHE"),
        (KILLED, r"the compiler was killed .*8 GiB"),
    ],
    ids=["no host", "proxy off", "checksum", "disk", "memory"],
)
def test_a_cause_is_told_with_the_thing_it_is_about(words: str, sentence: str) -> None:
    error = gobuild.failure(SMALL, words, 1, Path("/cache/log/tool.log"))
    with pytest.raises(LabError, match=sentence):
        raise error
    assert "/cache/log/tool.log" in str(error)
