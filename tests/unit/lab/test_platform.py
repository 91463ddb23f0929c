# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What roles of the platform need comes to a lab that stands; a lab that does not is told before anything is built."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from lab import cli, platform
from lab.errors import LabError
from lab.images.builder import Artifacts
from lab.images.oci import BuiltImage
from lab.nodes.registry import Registry
from lab.settings import Settings

IMAGE = BuiltImage("quay.io/example/tool:1", Path("/layout"), "sha256:1")
MADE = Artifacts({"helm": Path("/cache/helm")}, (IMAGE,), {"kueue": Path("/cache/kueue")}, "digest")


class Bench:
    """A cache and a registry that only remember what was asked of them."""

    def __init__(self) -> None:
        self.missing = ["kueue"]
        self.made = MADE
        self.serves = True
        self.sent = ["quay.io/example/tool:1"]
        self.built: list[Sequence[str]] = []


@pytest.fixture
def state() -> Iterator[Path]:
    """A state directory whose path is short enough for sockets below it."""
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        yield Path(folder)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench()

    class Builder:
        def __init__(self, **_: object) -> None:
            pass

        def missing(self, _: Sequence[str]) -> list[str]:
            return bench.missing

        def made(self, _: Sequence[str]) -> Artifacts:
            return bench.made

        def build(self, groups: Sequence[str], *, keep_scratch: bool) -> Artifacts:
            assert not keep_scratch
            bench.built.append(groups)
            return bench.made

    monkeypatch.setattr(platform, "Builder", Builder)
    monkeypatch.setattr(Registry, "answers", lambda _: bench.serves)
    monkeypatch.setattr(platform, "push", lambda _url, _images: tuple(bench.sent))
    return bench


def test_what_is_missing_is_built_and_uploaded_and_the_nodes_find_it(bench: Bench, state: Path) -> None:
    done = platform.supply(Settings(state_dir=state), ["kueue"])
    assert bench.built == [["kueue"]]
    assert done.actions == ("built: kueue", "uploaded: quay.io/example/tool:1")
    assert "v2/quay.io" in (state / "registry/certs.d/quay.io/hosts.toml").read_text()


def test_a_second_supply_has_nothing_to_do(bench: Bench, state: Path) -> None:
    bench.missing, bench.sent = [], []
    assert platform.supply(Settings(state_dir=state), ["kueue"]).actions == ()


def test_check_mode_builds_nothing_and_needs_no_lab(bench: Bench, state: Path) -> None:
    bench.serves = False
    assert platform.supply(Settings(state_dir=state), ["kueue"], check=True).actions == ("built: kueue",)
    assert bench.built == []
    assert not (state / "registry").exists()


def test_a_lab_that_does_not_stand_is_told_before_the_long_build(bench: Bench, state: Path) -> None:
    bench.serves = False
    with pytest.raises(LabError, match="expected a lab that stands"):
        platform.supply(Settings(state_dir=state), ["kueue"])
    assert bench.built == []


def test_the_commands_tell_where_things_are(bench: Bench, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = [f"--state-dir={state}", f"--cache-dir={state}"]
    wanted = {"helm": "/cache/helm", "charts": {"kueue": "/cache/kueue"}}
    assert cli.main([*common, "charts", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"changed": False, **wanted}
    assert cli.main([*common, "supply", "--json", "--group", "kueue"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer == {"changed": True, "actions": ["built: kueue", "uploaded: quay.io/example/tool:1"], **wanted}
    assert bench.built == [["kueue"]]


def test_without_helm_its_place_is_empty() -> None:
    assert platform.places(Artifacts({}, (), {}, ""))["helm"] == ""
