# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A registry gets each blob once, and nothing that it has (OCI distribution specification 1.1)."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from lab.errors import LabError
from lab.images import oci
from lab.images.cache import Cache
from lab.images.catalog import Built, Image
from lab.images.oci import BuiltImage
from lab.images.push import Registry, push

SHARED = (Built("tool", "tool"),)


class Store(ThreadingHTTPServer):
    """A registry in memory."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.blobs: dict[tuple[str, str], bytes] = {}
        self.manifests: dict[str, bytes] = {}
        self.received: list[str] = []
        self.mounts, self.refuse = True, ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Store

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_HEAD(self) -> None:  # the name is http.server's
        repository, kind, name = self.path.removeprefix("/v2/").rsplit("/", 2)
        if kind == "blobs":
            return self.answer(200 if (repository, name) in self.server.blobs else 404)
        manifest = self.server.manifests.get(f"{repository}:{name}")
        if manifest is None:
            return self.answer(404)
        return self.answer(200, Docker_Content_Digest=f"sha256:{hashlib.sha256(manifest).hexdigest()}")

    def do_POST(self) -> None:
        target = urlsplit(self.path)
        repository = target.path.removeprefix("/v2/").removesuffix("/blobs/uploads/")
        wish = parse_qs(target.query)
        if wish and self.server.mounts:
            digest, origin = wish["mount"][0], wish["from"][0]
            self.server.blobs[repository, digest] = self.server.blobs[origin, digest]
            return self.answer(201)
        return self.answer(202, Location=f"{self.server.url}/v2/{repository}/blobs/uploads/1?_state=abc")

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        target = urlsplit(self.path)
        if self.server.refuse and self.server.refuse in target.path:
            return self.answer(507)
        if "/manifests/" in target.path:
            self.server.manifests[target.path.removeprefix("/v2/").replace("/manifests/", ":")] = body
            return self.answer(201)
        digest = parse_qs(target.query)["digest"][0]
        assert f"sha256:{hashlib.sha256(body).hexdigest()}" == digest
        assert parse_qs(target.query)["_state"] == ["abc"]
        self.server.blobs[target.path.removeprefix("/v2/").partition("/blobs/")[0], digest] = body
        self.server.received.append(digest)
        return self.answer(201)


@pytest.fixture
def store() -> Iterator[Store]:
    server = Store()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def images(tmp_path: Path) -> list[BuiltImage]:
    """Two images that share a layer and differ in their config."""
    (tmp_path / "tool").write_bytes(b"program")
    described = [
        Image(name=f"registry.example/{name}:1.0", layers=(SHARED,), entrypoint=(f"/{name}",), groups=("node",)) for name in ("a", "b/c")
    ]
    return [
        oci.pack(image, files={"tool": tmp_path / "tool"}, cache=Cache(tmp_path / "cache"), layout=tmp_path / str(number))
        for number, image in enumerate(described)
    ]


def test_images_lie_under_the_host_of_their_upstream_name(store: Store, images: list[BuiltImage]) -> None:
    assert push(store.url, images) == ("registry.example/a:1.0", "registry.example/b/c:1.0")
    assert sorted(store.manifests) == ["registry.example/a:1.0", "registry.example/b/c:1.0"]


def test_a_shared_layer_is_sent_once_and_is_in_both_repositories(store: Store, images: list[BuiltImage]) -> None:
    push(store.url, images)
    assert len(store.received) == 3  # the layer and two configs
    assert len(store.blobs) == 4


def test_a_registry_that_does_not_mount_gets_the_layer_twice(store: Store, images: list[BuiltImage]) -> None:
    store.mounts = False
    push(store.url, images)
    assert len(store.received) == 4
    assert len(store.manifests) == 2


def test_what_is_there_is_not_sent_again(store: Store, images: list[BuiltImage]) -> None:
    push(store.url, images)
    store.received.clear()
    assert push(store.url, images) == ()
    assert store.received == []


def test_a_tag_that_stands_for_another_image_is_moved(store: Store, images: list[BuiltImage]) -> None:
    push(store.url, images)
    store.manifests["registry.example/a:1.0"] = b"{}"
    assert push(store.url, images) == ("registry.example/a:1.0",)
    assert len(store.received) == 3, "its blobs were there"


def test_a_refusal_names_the_request(store: Store, images: list[BuiltImage]) -> None:
    store.refuse = "/blobs/"
    with pytest.raises(LabError, match=r"status 507 for PUT /v2/registry\.example/"):
        push(store.url, images)
    assert store.manifests == {}, "a tag never comes before its blobs"


def test_no_registry_is_told_with_its_address(images: list[BuiltImage]) -> None:
    with pytest.raises(LabError, match=r"the registry http://127\.0\.0\.1:1: found .*refused"):
        push("http://127.0.0.1:1", images)


@pytest.mark.parametrize(
    "url", ["127.0.0.1:5000", "https://127.0.0.1:5000", "http://", "http://host:5000/path", "http://host:99999", "http://[::", ""]
)
def test_an_address_of_another_form_is_refused(url: str) -> None:
    with pytest.raises(LabError, match="expected http://HOST:PORT"):
        Registry.at(url)


def test_the_usual_port_may_be_left_out() -> None:
    assert Registry.at("http://registry") == Registry("registry", 80)
