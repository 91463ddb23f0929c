# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A key changes with each thing that goes in, and with nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lab.images.cache import Cache
from lab.images.catalog import Built, FromHost, Image, Libraries, Program
from lab.images.shelf import Shelf
from lab.images.toolchain import Toolchain

PROGRAM = Program(
    name="tool", version="v1", module="tool", packages=(".",), groups=("node",), expected_seconds=1, modules_mib=1, objects_mib=1
)
IMAGE = Image(name="registry.example/tool:1", layers=((Built("tool", "tool"),),), entrypoint=("/tool",), groups=("node",))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    module = tmp_path / "lab" / "tool"
    (module / "internal").mkdir(parents=True)
    (module / "go.mod").write_text("module tool\n\ngo 1.24.0\n")
    (module / "go.sum").write_text("")
    (module / "main.go").write_text("package main\n")
    (module / "internal" / "part.go").write_text("package internal\n")
    return tmp_path / "lab"


def shelf(folder: Path, program: Program = PROGRAM, go: str = "go1.26.6") -> Shelf:
    return Shelf(
        cache=Cache(folder.parent / "cache"), folder=folder, programs=[program], toolchain=Toolchain(Path("/go"), go, installed=True)
    )


@pytest.mark.parametrize("name", ["go.mod", "go.sum", "main.go", "internal/part.go", "internal/new.go"])
def test_a_source_changes_the_key(folder: Path, name: str) -> None:
    before = shelf(folder).place(PROGRAM)
    (folder / "tool" / name).write_text("changed\n")
    assert shelf(folder).place(PROGRAM) != before


@pytest.mark.parametrize("name", ["README.md", "main_test.go", "manifests/daemonset.yaml"])
def test_what_is_not_compiled_does_not(folder: Path, name: str) -> None:
    before = shelf(folder).place(PROGRAM)
    path = folder / "tool" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("changed\n")
    assert shelf(folder).place(PROGRAM) == before


CHANGES: dict[str, Callable[[Program], Program]] = {
    "packages": lambda program: replace(program, packages=("./cmd",)),
    "links": lambda program: replace(program, links=("other",)),
    "tags": lambda program: replace(program, tags=("seccomp",)),
    "cgo": lambda program: replace(program, cgo=True),
    "stamps": lambda program: replace(program, stamps=(("main.version", "v1"),)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_definition_changes_the_key(folder: Path, change: Callable[[Program], Program]) -> None:
    other = change(PROGRAM)
    assert shelf(folder, other).place(other) != shelf(folder).place(PROGRAM)


def test_the_toolchain_changes_the_key(folder: Path) -> None:
    assert shelf(folder, go="go1.26.8").place(PROGRAM) != shelf(folder).place(PROGRAM)


def test_what_people_are_told_does_not_change_the_key(folder: Path) -> None:
    other = replace(PROGRAM, expected_seconds=99, objects_mib=99, groups=("cluster",))
    assert shelf(folder, other).place(other) == shelf(folder).place(PROGRAM)


def test_an_image_changes_with_its_program_its_description_and_nothing_else(folder: Path) -> None:
    before = shelf(folder).layout(IMAGE)
    assert shelf(folder).layout(IMAGE) == before
    changed = {
        shelf(folder, go="go1.26.8").layout(IMAGE).name,
        shelf(folder).layout(replace(IMAGE, user="1:1")).name,
        shelf(folder).layout(replace(IMAGE, entrypoint=("/tool", "serve"))).name,
        shelf(folder).layout(replace(IMAGE, layers=((Built("bin/tool", "tool"),),))).name,
    }
    assert len(changed | {before.name}) == 5


def test_an_image_changes_with_the_machine_s_files_and_their_libraries(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nft, library = tmp_path / "nft", tmp_path / "libnftables.so.1"
    nft.write_text("1")
    library.write_text("1")
    monkeypatch.setattr("lab.images.host.libraries", lambda _: (str(library),))
    image = replace(IMAGE, layers=((FromHost(str(nft)),),))
    keys = {shelf(folder).layout(image)}
    nft.write_text("2")
    keys.add(shelf(folder).layout(image))
    library.write_text("2")
    keys.add(shelf(folder).layout(image))
    assert len(keys) == 3


def test_a_program_with_a_missing_file_is_not_there(folder: Path) -> None:
    program = replace(PROGRAM, links=("other",))
    place = shelf(folder, program).place(program)
    place.mkdir(parents=True)
    (place / "tool").touch()
    assert not shelf(folder, program).has(program)
    (place / "other").symlink_to("tool")
    assert shelf(folder, program).has(program)
    assert shelf(folder, program).files([program]) == {"tool": place / "tool", "other": place / "other"}


def test_an_image_changes_with_the_libraries_that_its_program_loads(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "libc.so.6"
    library.write_text("1")
    monkeypatch.setattr("lab.images.host.libraries", lambda _: (str(library),))
    image = replace(IMAGE, layers=((Built("tool", "tool"), Libraries("tool")),))
    unbuilt = shelf(folder).layout(image)
    place = shelf(folder).place(PROGRAM)
    place.mkdir(parents=True)
    (place / "tool").touch()
    keys = {unbuilt, shelf(folder).layout(image)}
    library.write_text("2")
    keys.add(shelf(folder).layout(image))
    assert len(keys) == 3
