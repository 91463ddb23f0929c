# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is there is not built again, and what is interrupted goes on where it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.images import builder, scratch, toolchain
from lab.images.builder import Artifacts, Event
from lab.images.cache import Cache
from lab.images.catalog import Built, Chart, Image, Program, Wheel

FIRST = Program(
    name="first", version="v1", module="first", packages=(".",), groups=("node",), expected_seconds=7, modules_mib=1, objects_mib=1
)
SECOND = replace(FIRST, name="second", module="second", links=("alias",))
LATER = replace(FIRST, name="later", module="later", groups=("cluster",))
IMAGE = Image(name="registry.example/first:1", layers=((Built("first", "first"),),), entrypoint=("/first",), groups=("node",))
CHART = Chart(name="queue", version="1.0.0", wrapper="first", module="example.org/queue", folder="chart", groups=("kueue",))
PARENT = replace(CHART, name="parent", charts=("queue",))
WHEEL = Wheel(
    name="proxy",
    version="1",
    requirement="proxy.txt",
    member="proxy",
    groups=("ai_gateway",),
    expected_seconds=1,
    modules_mib=1,
    objects_mib=1,
)
LATE_IMAGE = Image(name="registry.example/later:1", layers=((Built("later", "later"),),), entrypoint=("/later",), groups=("cluster",))

# Writes down each call, and fails for the modules named in the file "broken".
GO = """#!/bin/sh
here=$(dirname "$0")
module=$(basename "$PWD")
[ "$1" = mod ] && { printf '{"Version": "v1.0.0", "Sum": "h1:1=", "Dir": "%s"}' "$here/module"; exit; }
echo "$module" >> "$here/calls"
grep -qx "$module" "$here/broken" 2>/dev/null && { echo "./main.go:1:1: broken"; exit 1; }
while [ "$1" != -o ]; do shift; done
echo "program $module" > "$2"
"""


class Bench:
    """A lab folder with three modules, and a go command that is quick."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = folder / "cache"
        self.bin = folder / "go" / "bin"
        self.events: list[Event] = []

    def build(self, *groups: str) -> Artifacts:
        return builder.build(cache=self.cache, progress=self.events.append, groups=groups or ("node",))

    @property
    def calls(self) -> list[str]:
        """The modules that were compiled, in order."""
        calls = self.bin / "calls"
        return calls.read_text().split() if calls.exists() else []


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench(tmp_path)
    for name in ("first", "second", "later"):
        (tmp_path / "lab" / name).mkdir(parents=True)
        (tmp_path / "lab" / name / "go.mod").write_text(f"module {name}\n\ngo 1.24.0\n")
    bench.bin.mkdir(parents=True)
    (bench.bin / "go").write_text(GO)
    (bench.bin / "go").chmod(0o755)
    (bench.bin.parent / "VERSION").write_text("go1.26.6\n")
    monkeypatch.setenv("PATH", f"{bench.bin}:/usr/bin:/bin")
    monkeypatch.setattr(builder, "LAB", tmp_path / "lab")
    monkeypatch.setattr(builder, "PROGRAMS", (FIRST, SECOND, LATER))
    monkeypatch.setattr(builder, "WHEELS", ())
    monkeypatch.setattr(builder, "IMAGES", (IMAGE, LATE_IMAGE))
    monkeypatch.setattr(builder, "CHARTS", ())
    monkeypatch.setattr(scratch, "_TMPFS", tmp_path / "no tmpfs")
    monkeypatch.delenv("GOCACHE", raising=False)
    monkeypatch.delenv("GOMODCACHE", raising=False)
    return bench


def test_a_build_brings_programs_links_and_images(bench: Bench) -> None:
    made = bench.build()
    assert bench.calls == ["first", "second"]
    assert made.program("first").read_text() == "program first\n"
    assert made.program("alias").resolve() == made.program("second")
    assert [image.name for image in made.images] == [IMAGE.name]
    assert (made.images[0].layout / "index.json").exists()


def test_the_second_run_starts_nothing_and_says_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    made = bench.build()
    bench.events.clear()
    monkeypatch.setattr("subprocess.Popen", pytest.fail)
    monkeypatch.setattr(Cache, "locked", pytest.fail)
    assert bench.build() == made
    assert bench.events == []


def test_a_changed_module_builds_its_program_alone(bench: Bench) -> None:
    before = bench.build()
    (bench.folder / "lab" / "second" / "go.sum").write_text("changed\n")
    after = bench.build()
    assert bench.calls == ["first", "second", "second"]
    assert after.program("first") == before.program("first")
    assert after.digest != before.digest


def test_after_a_failure_finished_programs_stay_and_the_next_run_goes_on(bench: Bench) -> None:
    (bench.bin / "broken").write_text("second\n")
    with pytest.raises(LabError, match=r"building second v1: found \./main\.go:1:1: broken"):
        bench.build()
    (bench.bin / "broken").unlink()
    bench.build()
    assert bench.calls == ["first", "second", "second"]


def test_a_lost_image_is_packed_again_without_a_compiler(bench: Bench) -> None:
    made = bench.build()
    (made.images[0].layout / "index.json").unlink()
    for blob in sorted(made.images[0].layout.rglob("*"), reverse=True):
        blob.rmdir() if blob.is_dir() else blob.unlink()
    made.images[0].layout.rmdir()
    assert bench.build() == made
    assert bench.calls == ["first", "second"]


def test_groups_build_in_the_order_of_need_and_share_what_is_there(bench: Bench) -> None:
    bench.build("node")
    made = bench.build("cluster", "node")
    assert bench.calls == ["first", "second", "later"]
    assert [image.name for image in made.images] == [IMAGE.name, LATE_IMAGE.name]


def test_progress_names_each_program_with_its_place_and_time(bench: Bench) -> None:
    bench.build()
    told = [(event.name, event.state, event.expected, event.position) for event in bench.events]
    assert told == [
        ("first v1", "start", 7, (1, 2)),
        ("first v1", "done", 7, (1, 2)),
        ("second v1", "start", 7, (2, 2)),
        ("second v1", "done", 7, (2, 2)),
        (f"image {IMAGE.name}", "start", 1, (1, 1)),
        (f"image {IMAGE.name}", "done", 1, (1, 1)),
    ]


def test_the_compiler_s_room_is_dropped_unless_another_build_follows(bench: Bench) -> None:
    builder.build(cache=bench.cache, progress=bench.events.append, groups=("node",), keep_scratch=True)
    assert (bench.cache / "images" / "scratch").exists()
    bench.build("cluster")
    assert not (bench.cache / "images" / "scratch").exists()


def test_a_toolchain_is_fetched_only_when_there_is_something_to_compile(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    missing = toolchain.Toolchain(bench.bin / "go", "go1.26.6", installed=False)
    monkeypatch.setattr(toolchain, "find", lambda *_: missing)
    monkeypatch.setattr(toolchain, "install", lambda tools, _: fetched.append(tools.version))
    bench.build()
    bench.build()
    assert fetched == ["go1.26.6"]


def test_a_program_that_was_not_asked_for_is_named(bench: Bench) -> None:
    with pytest.raises(LabError, match="the program later: found only alias, first, second"):
        bench.build().program("later")


def test_pruning_leaves_what_today_s_catalog_names(bench: Bench) -> None:
    old = bench.build()
    (bench.folder / "lab" / "first" / "go.sum").write_text("changed\n")
    new = bench.build()
    freed = builder.Builder(cache=bench.cache, progress=bench.events.append).prune()
    assert freed > 0
    assert not old.program("first").exists()
    assert not old.images[0].layout.exists()
    assert bench.build() == new


@pytest.fixture
def charts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a chart in its module; the catalog has it, and one that it goes into."""
    (bench.folder / "lab/first/go.mod").write_text("module first\n\ngo 1.24.0\n\nrequire example.org/queue v1.0.0\n")
    (bench.folder / "lab/first/go.sum").write_text("example.org/queue v1.0.0 h1:1=\n")
    chart = bench.bin / "module" / "chart"
    chart.mkdir(parents=True)
    (chart / "Chart.yaml").write_text("name: queue\n")
    monkeypatch.setattr(builder, "CHARTS", (CHART, PARENT))
    return chart


def test_charts_come_with_their_group_and_no_compiler(bench: Bench, charts: Path) -> None:
    assert builder.Builder(cache=bench.cache, progress=bench.events.append).missing(["kueue"]) == ["chart queue", "chart parent"]
    made = bench.build("kueue")
    assert sorted(made.charts) == ["parent", "queue"]
    assert (made.charts["parent"] / "charts/queue/Chart.yaml").exists()
    assert bench.calls == []
    (charts / "Chart.yaml").unlink()
    assert bench.build("kueue") == made, "what is there is not unpacked again"
    assert bench.build("node").charts == {}


def test_a_cache_tells_what_it_holds_without_building(bench: Bench, charts: Path) -> None:
    assert charts.is_dir()
    asked = builder.Builder(cache=bench.cache, progress=bench.events.append)
    assert (asked.made(["node", "kueue"]).programs, asked.made(["node", "kueue"]).charts) == ({}, {})
    made = bench.build("node", "kueue")
    assert asked.made(["node", "kueue"]) == made


def test_pruning_leaves_charts_that_are_named(bench: Bench, charts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert charts.is_dir()
    made = bench.build("kueue")
    monkeypatch.setattr(builder, "CHARTS", (CHART,))
    builder.Builder(cache=bench.cache, progress=bench.events.append).prune()
    assert made.charts["queue"].exists()
    assert not made.charts["parent"].exists()


def test_a_program_out_of_a_wheel_is_one_like_the_others(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    (bench.folder / "lab" / "proxy.txt").write_text("proxy==1\n")
    taken: list[str] = []

    def take(wheel: Wheel, *, folder: Path, output: Path) -> None:
        assert folder == bench.folder / "lab"
        taken.append(wheel.name)
        (output / wheel.name).write_text("proxy")

    monkeypatch.setattr(builder, "WHEELS", (WHEEL,))
    monkeypatch.setattr("lab.images.wheel.take", take)
    made = bench.build("ai_gateway")
    assert made.program("proxy").read_text() == "proxy"
    assert bench.build("ai_gateway") == made
    assert taken == ["proxy"]
    (bench.folder / "lab" / "proxy.txt").write_text("proxy==2\n")
    assert bench.build("ai_gateway") != made
