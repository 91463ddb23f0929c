# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upload images to a registry (OCI distribution specification 1.1), each blob once however many images hold it.

An image lies under the host of its upstream name: ``registry.k8s.io/pause:3.10.1`` becomes ``<registry>/registry.k8s.io/pause:3.10.1``.
So nothing collides, and a node finds it with one hosts.toml per upstream host (containerd, ``override_path``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlencode, urlsplit

from lab.errors import LabError
from lab.images.oci import MANIFEST, BuiltImage

_SECONDS = 60.0  # without a byte from the registry
_STREAMS = 4
_BLOCK = 1 << 20
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry that speaks plain HTTP, as one on this machine does.

    Attributes:
        host: name or address.
        port: TCP port.
    """

    host: str
    port: int

    @classmethod
    def at(cls, url: str) -> Registry:
        """Read an address such as ``http://127.0.0.1:5000``.

        Raises:
            LabError: it is not one.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or 80
        except ValueError:
            parts, port = urlsplit(""), 0
        if parts.scheme != "http" or not parts.hostname or parts.path.strip("/") or parts.query:
            raise LabError(
                "the address of the registry",
                found=repr(url),
                expected="http://HOST:PORT",
                see="The lab's registry is on this machine and has no certificate.",
            )
        return cls(parts.hostname, port)

    def __str__(self) -> str:
        return f"http://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class _Upload:
    """An image on its way."""

    image: BuiltImage
    repository: str
    tag: str
    blobs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Answer:
    """Status and headers (names in lower case) of an answer."""

    status: int
    headers: Mapping[str, str]


def push(registry: str, images: Iterable[BuiltImage]) -> tuple[str, ...]:
    """Upload what the registry does not have.

    Args:
        registry: its address, for example ``http://127.0.0.1:5000``.
        images: from the cache.

    Returns:
        Names of the images that were sent; those whose manifest the registry had already are not among them.

    Raises:
        LabError: the registry cannot be reached or refuses.
    """
    place = Registry.at(registry)
    with ThreadPoolExecutor(_STREAMS, thread_name_prefix="push") as pool:
        wanted = [upload for upload in pool.map(lambda image: _plan(place, image), images) if upload is not None]
        # Every blob goes to the first repository that needs it; the others then take it from there without a byte sent.
        owners: dict[str, _Upload] = {}
        for upload in wanted:
            for blob in upload.blobs:
                owners.setdefault(blob, upload)
        largest_first = sorted(owners, key=lambda blob: _file(owners[blob].image, blob).stat().st_size, reverse=True)
        list(pool.map(lambda blob: _send_blob(place, owners[blob], blob), largest_first))
        list(pool.map(lambda upload: _finish(place, upload, owners), wanted))
    return tuple(upload.image.name for upload in wanted)


def _plan(place: Registry, image: BuiltImage) -> _Upload | None:
    """What an image needs, or nothing where its tag stands for this manifest already."""
    repository, _, tag = image.name.rpartition(":")
    accept = {"Accept": MANIFEST}
    present = _ask(place, "HEAD", f"/v2/{repository}/manifests/{tag}", headers=accept, expected=(200, 404))
    if present.status == 200 and present.headers.get("docker-content-digest") == image.digest:
        return None
    manifest = json.loads(_file(image, image.digest).read_bytes())
    blobs = tuple(part["digest"] for part in (manifest["config"], *manifest["layers"]))
    return _Upload(image, repository, tag, blobs)


def _send_blob(place: Registry, upload: _Upload, blob: str) -> None:
    """Send a blob in one piece, unless the repository has it."""
    repository = f"/v2/{upload.repository}/blobs"
    if _ask(place, "HEAD", f"{repository}/{blob}", expected=(200, 404)).status == 200:
        return
    started = _ask(place, "POST", f"{repository}/uploads/", expected=(202,))
    with _file(upload.image, blob).open("rb") as content:
        _ask(
            place,
            "PUT",
            _extended(started.headers["location"], digest=blob),
            headers={"Content-Type": "application/octet-stream", "Content-Length": str(_file(upload.image, blob).stat().st_size)},
            body=content,
            expected=(201,),
        )


def _finish(place: Registry, upload: _Upload, owners: Mapping[str, _Upload]) -> None:
    """Give a repository the blobs that another one has received, then its manifest."""
    for blob in upload.blobs:
        owner = owners[blob]
        if owner is not upload:
            wish = urlencode({"mount": blob, "from": owner.repository})
            mounted = _ask(place, "POST", f"/v2/{upload.repository}/blobs/uploads/?{wish}", expected=(201, 202))
            if mounted.status == 202:  # this registry does not mount
                _send_blob(place, upload, blob)
    _ask(
        place,
        "PUT",
        f"/v2/{upload.repository}/manifests/{upload.tag}",
        headers={"Content-Type": MANIFEST},
        body=_file(upload.image, upload.image.digest).read_bytes(),
        expected=(201,),
    )


def _file(image: BuiltImage, digest: str) -> Path:
    return image.layout / "blobs" / digest.replace(":", "/")


def _extended(location: str, **parameters: str) -> str:
    """The path of an upload with more query parameters; a registry may give the whole URL or its path."""
    parts = urlsplit(location)
    return f"{parts.path}?{'&'.join(filter(None, (parts.query, urlencode(parameters))))}"


def _ask(
    place: Registry,
    method: str,
    path: str,
    *,
    expected: Sequence[int],
    headers: Mapping[str, str] = _NOTHING,
    body: bytes | BinaryIO | None = None,
) -> _Answer:
    """Send one request.

    Raises:
        LabError: no answer, or one with another status than expected.
    """
    try:
        with closing(HTTPConnection(place.host, place.port, timeout=_SECONDS, blocksize=_BLOCK)) as connection:
            connection.request(method, path, body=body, headers=dict(headers))
            response = connection.getresponse()
            words = response.read()
    except (OSError, HTTPException) as error:
        raise LabError(
            f"the registry {place}",
            found=f"{error} for {method} {path}",
            expected="an answer",
            see="Is it running? The lab's own is a process of `python -m lab status`.",
        ) from error
    if response.status not in expected:
        raise LabError(
            f"the registry {place}",
            found=f"status {response.status} for {method} {path}: {words[:200].decode(errors='replace')}",
            expected=" or ".join(map(str, expected)),
            see="Its log says more.",
        )
    return _Answer(response.status, {name.lower(): value for name, value in response.getheaders()})
