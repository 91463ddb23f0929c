# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which run a report is compared with when nobody names one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._report.earlier import find
from ansible_collections.ailab.conformance.plugins.module_utils._report.sealed import Evidence, read

MakeRun = Callable[..., Path]
Reseal = Callable[[Path], None]
Put = Callable[..., Path]


@pytest.fixture
def put(make_run: MakeRun, reseal: Reseal, tmp_path: Path) -> Put:
    """Puts a run of a given moment into a folder of runs."""

    def at(moment: str, *, sealed: bool = True) -> Path:
        path = tmp_path / "all" / f"{moment.replace('-', '').replace(':', '')}-1a2b3c"
        shutil.copytree(make_run(), path)
        document = json.loads((path / "run.json").read_text(encoding="utf-8"))
        document |= {"run_id": path.name, "started": f"{moment}.000Z"}
        (path / "run.json").write_text(json.dumps(document), encoding="utf-8")
        reseal(path)
        if not sealed:
            (path / "manifest.sha256").unlink()
        return path

    return at


def chosen(folder: Path, than: Evidence) -> str | None:
    found = find(folder, than=than).found
    return found.run.run_id if found else None


def test_the_newest_before_it_is_taken(put: Put) -> None:
    oldest, older, now, newer = (put(f"2026-11-{day}T05:30:00Z"[:-1]) for day in ("19", "20", "21", "22"))
    assert chosen(now.parent, read(now)) == older.name
    assert chosen(now.parent, read(older)) == oldest.name
    assert chosen(now.parent, read(newer)) == now.name


def test_without_an_older_one_there_is_no_comparison(put: Put, tmp_path: Path) -> None:
    now = put("2026-11-21T05:30:00")
    assert chosen(now.parent, read(now)) is None
    assert chosen(tmp_path / "nowhere", read(now)) is None


def test_a_run_that_was_not_sealed_does_not_count(put: Put) -> None:
    sealed, _, now = put("2026-11-19T05:30:00"), put("2026-11-20T05:30:00", sealed=False), put("2026-11-21T05:30:00")
    search = find(now.parent, than=read(now))
    assert (search.found.run.run_id if search.found else None, search.passed_over) == (sealed.name, ())


def test_a_damaged_run_is_named_and_passed_over(put: Put) -> None:
    good, damaged, now = put("2026-11-19T05:30:00"), put("2026-11-20T05:30:00"), put("2026-11-21T05:30:00")
    (damaged / "checks" / "DRA-05" / "result.json").write_bytes(b"{}")
    search = find(now.parent, than=read(now))
    assert search.found is not None
    assert search.found.run.run_id == good.name
    (reason,) = search.passed_over
    assert reason.startswith(f"{damaged.name} is not compared with: ")
    assert "checks/DRA-05/result.json was changed" in reason
