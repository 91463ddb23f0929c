# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images are a function of their content (OCI image specification 1.1)."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.images import oci
from lab.images.cache import Cache
from lab.images.catalog import Applets, Built, Directory, Image, Libraries, Link, Text

IMAGE = Image(
    name="registry.example/tool:1.0",
    layers=(
        (Text("etc/passwd", "root:x:0:0::/:\n"), Directory("tmp", 0o1777)),
        (Built("usr/local/bin/tool", "tool"), Link("usr/local/bin/other", "tool")),
    ),
    entrypoint=("/usr/local/bin/tool",),
    groups=("node",),
    user="65532:65532",
    env=(("COLOUR", "blue"),),
    labels=(("a", "b"),),
)


@pytest.fixture
def tool(tmp_path: Path) -> Path:
    path = tmp_path / "tool"
    path.write_bytes(b"program")
    return path


def pack(folder: Path, tool: Path, image: Image = IMAGE) -> oci.BuiltImage:
    return oci.pack(image, files={"tool": tool}, cache=Cache(folder), layout=folder / "layout")


def document(image: oci.BuiltImage, digest: str) -> Any:
    return json.loads((image.layout / "blobs" / digest.replace(":", "/")).read_bytes())


def layer(image: oci.BuiltImage, number: int) -> tarfile.TarFile:
    digest = document(image, image.digest)["layers"][number]["digest"]
    return tarfile.open(image.layout / "blobs" / digest.replace(":", "/"))


def test_the_same_content_gives_the_same_digest_whenever_and_whoever_packs_it(tmp_path: Path, tool: Path) -> None:
    first = pack(tmp_path / "one", tool)
    os.utime(tool, (1, 1))
    tool.chmod(0o600)
    assert pack(tmp_path / "two", tool).digest == first.digest


def test_other_content_gives_another_digest(tmp_path: Path, tool: Path) -> None:
    first = pack(tmp_path / "one", tool)
    tool.write_bytes(b"another")
    assert pack(tmp_path / "two", tool).digest != first.digest


def test_every_blob_is_what_its_name_says(tmp_path: Path, tool: Path) -> None:
    image = pack(tmp_path, tool)
    blobs = list((image.layout / "blobs" / "sha256").iterdir())
    assert len(blobs) == 4  # two layers, config, manifest
    for blob in blobs:
        assert hashlib.sha256(blob.read_bytes()).hexdigest() == blob.name


def test_manifest_config_and_layers_agree(tmp_path: Path, tool: Path) -> None:
    image = pack(tmp_path, tool)
    manifest = document(image, image.digest)
    config = document(image, manifest["config"]["digest"])
    assert config["rootfs"]["diff_ids"] == [part["digest"] for part in manifest["layers"]]
    assert config["config"]["Entrypoint"] == ["/usr/local/bin/tool"]
    assert config["config"]["User"] == "65532:65532"
    assert config["config"]["Labels"] == {"a": "b"}
    assert config["config"]["Env"][1:] == ["COLOUR=blue"]
    assert "/usr/sbin" in config["config"]["Env"][0].split(":")
    for part in (manifest["config"], *manifest["layers"]):
        assert (image.layout / "blobs" / part["digest"].replace(":", "/")).stat().st_size == part["size"]


def test_a_layer_has_nothing_of_this_machine(tmp_path: Path, tool: Path) -> None:
    with layer(pack(tmp_path, tool), 1) as archive:
        members = archive.getmembers()
    assert [member.name for member in members] == ["usr", "usr/local", "usr/local/bin", "usr/local/bin/other", "usr/local/bin/tool"]
    assert {(member.mtime, member.uid, member.gid, member.uname, member.gname) for member in members} == {(0, 0, 0, "", "")}
    assert [oct(member.mode) for member in members if member.isfile()] == ["0o755"]
    assert [member.linkname for member in members if member.issym()] == ["tool"]


def test_modes_of_directories_are_kept(tmp_path: Path, tool: Path) -> None:
    with layer(pack(tmp_path, tool), 0) as archive:
        assert archive.getmember("tmp").mode == 0o1777
        assert archive.getmember("etc").mode == 0o755


def test_images_with_an_equal_layer_share_its_file(tmp_path: Path, tool: Path) -> None:
    cache = Cache(tmp_path)
    sibling = Image(name="registry.example/sibling:1", layers=(IMAGE.layers[1],), entrypoint=("/usr/local/bin/other",), groups=("node",))
    first = oci.pack(IMAGE, files={"tool": tool}, cache=cache, layout=tmp_path / "a")
    second = oci.pack(sibling, files={"tool": tool}, cache=cache, layout=tmp_path / "b")
    digest = document(second, second.digest)["layers"][0]["digest"].replace(":", "/")
    assert (first.layout / "blobs" / digest).samefile(second.layout / "blobs" / digest)


def test_busybox_is_linked_to_by_its_applets_and_says_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "busybox"
    source.write_bytes(b"static")
    monkeypatch.setattr("lab.images.host.applets", lambda _: ("busybox", "ls", "sh"))
    monkeypatch.setattr("lab.images.host.banner", lambda _: "BusyBox v1.35.0")
    image = Image("docker.io/library/busybox:1", ((Applets("bin/busybox", str(source)),),), (), ("node",), command=("sh",))
    packed = oci.pack(image, files={}, cache=Cache(tmp_path / "cache"), layout=tmp_path / "layout")
    with layer(packed, 0) as archive:
        assert {member.name: member.linkname for member in archive if member.issym()} == {"bin/ls": "busybox", "bin/sh": "busybox"}
        assert archive.getmember("bin/busybox").isfile()
    config = document(packed, document(packed, packed.digest)["config"]["digest"])
    assert config["config"]["Labels"] == {"org.opencontainers.image.description": "BusyBox v1.35.0"}


def test_a_packed_image_is_found_again_and_one_that_is_not_there_is_not(tmp_path: Path, tool: Path) -> None:
    image = pack(tmp_path, tool)
    assert oci.read(IMAGE.name, image.layout) == image
    assert oci.read(IMAGE.name, tmp_path / "nowhere") is None


def test_a_program_s_shared_libraries_lie_where_it_looks_for_them(tmp_path: Path, tool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "libm.so.6"
    library.write_bytes(b"library")
    monkeypatch.setattr("lab.images.host.libraries", lambda program: (str(library),) if program == str(tool) else ())
    image = pack(tmp_path / "cache", tool, replace(IMAGE, layers=((Built("usr/local/bin/tool", "tool"), Libraries("tool")),)))
    with layer(image, 0) as archive:
        content = archive.extractfile(str(library).lstrip("/"))
        assert content is not None
        assert content.read() == b"library"
