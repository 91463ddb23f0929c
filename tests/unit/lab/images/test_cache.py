# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thing in the cache is whole, or it is not there; its key is what it is made of."""

from __future__ import annotations

import hashlib
import os
import threading
from functools import partial
from pathlib import Path

import pytest

from lab.images.cache import Cache, key_of


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def blob(cache: Cache, content: bytes) -> Path:
    def fill(path: Path) -> str:
        path.write_bytes(content)
        return hashlib.sha256(content).hexdigest()

    return cache.publish_blob(fill)


def link(place: Path, folder: Path) -> None:
    os.link(place, folder / "blob")


def test_the_key_changes_with_the_definition_the_content_and_the_name_of_a_file(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("same")
    two.write_text("same")
    keys = {
        key_of({"a": 1}),
        key_of({"a": 2}),
        key_of({"a": [1, 2]}),
        key_of({"a": [2, 1]}),
        key_of({"a": 1}, files=[("one", one)]),
        key_of({"a": 1}, files=[("two", two)]),
        key_of({"a": 1}, files=[("one", one), ("two", two)]),
    }
    two.write_text("other")
    keys.add(key_of({"a": 1}, files=[("two", two)]))
    assert len(keys) == 8


def test_the_key_does_not_change_with_the_order_in_which_things_are_found(tmp_path: Path) -> None:
    files = [(name, tmp_path / name) for name in ("b", "a")]
    for _, path in files:
        path.write_text(path.name)
    assert key_of({"x": 1, "y": 2}, files=files) == key_of({"y": 2, "x": 1}, files=reversed(files))


def test_what_raises_while_it_is_made_leaves_nothing(cache: Cache) -> None:
    target = cache.program("kube", "key")

    def fill(folder: Path) -> None:
        (folder / "kube").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.publish(target, fill)
    assert list(target.parent.iterdir()) == []


def test_what_a_killed_builder_left_is_not_a_program_and_goes_with_the_next_lock(cache: Cache) -> None:
    target = cache.program("kube", "key")

    def fill(folder: Path) -> None:
        (folder / "kube").write_text("half")
        os._exit(9)  # as SIGKILL does: no clean-up of any kind

    child = os.fork()
    if child == 0:
        cache.publish(target, fill)
    assert os.waitpid(child, 0)[1] >> 8 == 9
    assert [entry.name.startswith(".unfinished-") for entry in target.parent.iterdir()] == [True]
    assert not target.exists()
    with cache.locked(waiting=pytest.fail):
        assert list(target.parent.iterdir()) == []
    cache.publish(target, lambda folder: (folder / "kube").touch())
    assert (target / "kube").exists()


def test_a_published_directory_can_be_read_by_everybody(cache: Cache) -> None:
    target = cache.program("kube", "key")
    cache.publish(target, lambda folder: (folder / "kube").touch())
    assert target.stat().st_mode & 0o777 == 0o755


def test_equal_blobs_are_one_file(cache: Cache) -> None:
    first = blob(cache, b"layer")
    inode = first.stat().st_ino
    assert blob(cache, b"layer") == first
    assert first.stat().st_ino == inode
    assert [entry.name for entry in cache.blobs.iterdir()] == [hashlib.sha256(b"layer").hexdigest()]


def test_a_second_builder_is_told_who_builds_and_waits(cache: Cache) -> None:
    told: list[str] = []
    asked, order = threading.Event(), list[str]()

    def waiting(holder: str) -> None:
        told.append(holder)
        asked.set()

    def second() -> None:
        with cache.locked(waiting=waiting):
            order.append("second")

    with cache.locked(waiting=pytest.fail):
        thread = threading.Thread(target=second)
        thread.start()
        assert asked.wait(5)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]
    assert told == [f"process {os.getpid()}"]


def test_pruning_keeps_what_is_named_and_its_blobs(cache: Cache) -> None:
    kept, dropped = cache.layout("registry/a:1", "new"), cache.layout("registry/a:1", "old")
    for layout, content in ((kept, b"kept"), (dropped, b"dropped")):
        cache.publish(layout, partial(link, blob(cache, content)))
    cache.publish(cache.program("kube", "old"), lambda folder: (folder / "kube").touch())
    assert cache.prune([kept]) == len(b"dropped")
    assert kept.exists()
    assert not dropped.exists()
    assert not cache.program("kube", "old").parent.exists()
    assert [entry.name for entry in cache.blobs.iterdir()] == [hashlib.sha256(b"kept").hexdigest()]
