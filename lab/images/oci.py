# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OCI images from plain descriptions (OCI image specification 1.1): the same content gives the same digest, always."""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from lab.images import host
from lab.images.cache import JSON, Cache
from lab.images.catalog import Applets, Built, Directory, Entry, FromHost, Image, Libraries, Link, Text

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"  # uncompressed: what is unpacked on the same machine is not worth the gzip
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_EPOCH = "1970-01-01T00:00:00Z"
# Names of `uname -m` and of the OCI specification, which takes Go's (GOARCH).
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """An image in the cache.

    Attributes:
        name: upstream's name with host and tag.
        layout: an OCI layout that holds this image alone.
        digest: of its manifest, as ``sha256:…``.
    """

    name: str
    layout: Path
    digest: str


@dataclass(frozen=True, slots=True)
class _Item:
    """One entry of a layer: exactly one of source, text and target, or none of them for a directory."""

    path: str
    mode: int
    source: Path | None = None
    text: str | None = None
    target: str | None = None


def architecture() -> str:
    """This machine's architecture in the words of the OCI specification."""
    machine = platform.machine()
    return _ARCHITECTURES.get(machine, machine)


def pack(image: Image, *, files: Mapping[str, Path], cache: Cache, layout: Path) -> BuiltImage:
    """Build an image's layers, config and manifest, and publish its layout.

    Args:
        image: what is in it.
        files: places of the programs' files, by name.
        cache: where its blobs go.
        layout: the place for the layout; nothing may be there.

    Raises:
        LabError: a Debian file is missing or does not fit.
    """
    layers = [cache.publish_blob(_layer_writer(entries, files)) for entries in image.layers]
    config = _store_json(cache, _config(image, [blob.name for blob in layers]))
    manifest = _store_json(
        cache,
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _descriptor(_CONFIG, config),
            "layers": [_descriptor(_LAYER, blob) for blob in layers],
        },
    )
    index: JSON = {
        "schemaVersion": 2,
        "manifests": [{**_descriptor(MANIFEST, manifest), "annotations": {"org.opencontainers.image.ref.name": image.name}}],
    }

    def fill(directory: Path) -> None:
        blobs = directory / "blobs" / "sha256"
        blobs.mkdir(parents=True)
        for blob in {*layers, config, manifest}:
            os.link(blob, blobs / blob.name)
        (directory / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}', encoding="ascii")
        (directory / "index.json").write_text(json.dumps(index), encoding="ascii")

    cache.publish(layout, fill)
    return BuiltImage(image.name, layout, f"sha256:{manifest.name}")


def read(name: str, layout: Path) -> BuiltImage | None:
    """Find an image that was packed before.

    Returns:
        The image, or nothing where there is no layout.
    """
    try:
        index = json.loads((layout / "index.json").read_bytes())
    except FileNotFoundError:
        return None
    return BuiltImage(name, layout, index["manifests"][0]["digest"])


def _config(image: Image, layers: Iterable[str]) -> JSON:
    return {
        "created": _EPOCH,
        "architecture": architecture(),
        "os": "linux",
        "config": {
            "Env": [f"PATH={_PATH}", *(f"{name}={value}" for name, value in image.env)],
            "Entrypoint": image.entrypoint,
            "Cmd": image.command,
            "User": image.user,
            "WorkingDir": "/",
            "Labels": dict(image.labels) | _applets_label(image),
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in layers]},
    }


def _applets_label(image: Image) -> dict[str, str]:
    """The version of this machine's busybox, whatever the tag that manifests ask for."""
    source = next((entry.source for layer in image.layers for entry in layer if isinstance(entry, Applets)), None)
    return {"org.opencontainers.image.description": host.banner(source)} if source else {}


def _descriptor(media_type: str, blob: Path) -> dict[str, str | int]:
    return {"mediaType": media_type, "digest": f"sha256:{blob.name}", "size": blob.stat().st_size}


def _store_json(cache: Cache, document: JSON) -> Path:
    content = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()

    def fill(path: Path) -> str:
        path.write_bytes(content)
        return hashlib.sha256(content).hexdigest()

    return cache.publish_blob(fill)


def _layer_writer(entries: Iterable[Entry], files: Mapping[str, Path]) -> Callable[[Path], str]:
    items = {item.path: item for entry in entries for item in _items(entry, files)}
    for path in list(items):
        for parent in PurePosixPath(path).parents[:-1]:  # the last one is the root itself
            items.setdefault(str(parent), _Item(str(parent), 0o755))

    def fill(path: Path) -> str:
        with path.open("wb") as stream:
            hashing = _Hashing(stream)
            with tarfile.open(fileobj=cast("BinaryIO", hashing), mode="w", format=tarfile.USTAR_FORMAT) as archive:
                for name in sorted(items):
                    _append(archive, items[name])
            return hashing.digest.hexdigest()

    return fill


def _items(entry: Entry, files: Mapping[str, Path]) -> Iterator[_Item]:
    match entry:
        case Directory(path, mode):
            yield _Item(path, mode)
        case Text(path, text):
            yield _Item(path, 0o644, text=text)
        case Link(path, target):
            yield _Item(path, 0o777, target=target)
        case Built(path, file):
            yield _Item(path, 0o755, source=files[file])
        case _:
            yield from _host_items(entry, files)


def _host_items(entry: Libraries | FromHost | Applets, files: Mapping[str, Path]) -> Iterator[_Item]:
    """What comes from this machine."""
    match entry:
        case Libraries(file):
            for place in host.libraries(str(files[file])):
                yield _Item(place.lstrip("/"), 0o755, source=Path(place))
        case FromHost(path):
            for place in (path, *host.libraries(path)):
                yield _Item(place.lstrip("/"), 0o755, source=Path(place))
        case Applets(path, source):
            yield _Item(path, 0o755, source=Path(source))
            for applet in host.applets(source):
                link = PurePosixPath(path).with_name(applet)
                if str(link) != path:
                    yield _Item(str(link), 0o777, target=PurePosixPath(path).name)


def _append(archive: tarfile.TarFile, item: _Item) -> None:
    """Add an item with nothing of this machine in it: no time, no owner, no order of a directory."""
    header = tarfile.TarInfo(item.path)
    header.mode = item.mode
    if item.source is not None:
        header.size = item.source.stat().st_size
        with item.source.open("rb") as content:
            archive.addfile(header, content)
    elif item.text is not None:
        text = item.text.encode()
        header.size = len(text)
        archive.addfile(header, io.BytesIO(text))
    elif item.target is not None:
        header.type, header.linkname = tarfile.SYMTYPE, item.target
        archive.addfile(header)
    else:
        header.type = tarfile.DIRTYPE
        archive.addfile(header)


class _Hashing:
    """A file that knows the digest of what was written to it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self._stream.write(data)

    def tell(self) -> int:
        return self._stream.tell()
