# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files appear whole, only when something changes, and never over somebody's work."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._report import files
from ansible_collections.ailab.conformance.plugins.module_utils._report.files import RECORD, Change, ReportFilesError, plan

FIRST = {"a.md": b"a1\n", "evidence/b.md": b"b1\n"}
SECOND = {"a.md": b"a2\n", "evidence/c.md": b"c2\n"}


def put(dest: Path, content: dict[str, bytes], *, force: bool = False) -> list[Change]:
    changes = plan(dest, content, force=force)
    files.apply(dest, changes, content)
    return changes


def present(dest: Path) -> dict[str, bytes]:
    return {path.relative_to(dest).as_posix(): path.read_bytes() for path in dest.rglob("*") if path.is_file() and path.name != RECORD}


def test_a_plan_alone_writes_nothing(tmp_path: Path) -> None:
    assert [change.path for change in plan(tmp_path / "report", FIRST)] == list(FIRST)
    assert not (tmp_path / "report").exists()


def test_the_second_time_nothing_changes(tmp_path: Path) -> None:
    put(tmp_path, FIRST)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert put(tmp_path, FIRST) == []
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == times


def test_a_newer_report_replaces_the_older_one_whole(tmp_path: Path) -> None:
    put(tmp_path, FIRST)
    assert put(tmp_path, SECOND) == [
        Change(path="a.md", before=b"a1\n", after=b"a2\n"),
        Change(path="evidence/c.md", before=None, after=b"c2\n"),
        Change(path="evidence/b.md", before=b"b1\n", after=None),
    ]
    assert present(tmp_path) == SECOND


def test_somebody_elses_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"mine\n")
    with pytest.raises(ReportFilesError, match=r"a\.md was not written by a report or was changed since: .*force: true"):
        put(tmp_path, FIRST)
    assert present(tmp_path) == {"a.md": b"mine\n"}


def test_a_file_that_was_edited_is_not_overwritten_unless_forced(tmp_path: Path) -> None:
    put(tmp_path, FIRST)
    (tmp_path / "a.md").write_bytes(b"edited\n")
    with pytest.raises(ReportFilesError, match=r"a\.md"):
        put(tmp_path, SECOND)
    put(tmp_path, SECOND, force=True)
    assert present(tmp_path) == SECOND


def test_an_edited_file_that_is_no_longer_needed_stays(tmp_path: Path) -> None:
    put(tmp_path, FIRST)
    (tmp_path / "evidence" / "b.md").write_bytes(b"edited\n")
    put(tmp_path, SECOND)
    assert present(tmp_path) == {**SECOND, "evidence/b.md": b"edited\n"}


def test_a_lost_file_comes_back(tmp_path: Path) -> None:
    put(tmp_path, FIRST)
    (tmp_path / "a.md").unlink()
    assert [change.path for change in put(tmp_path, FIRST)] == ["a.md"]


def test_a_run_that_was_killed_in_between_is_carried_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, FIRST)
    write = files._write

    def killed_at_c(path: Path, content: bytes) -> None:
        if path.name == "c.md":
            raise KeyboardInterrupt
        write(path, content)

    monkeypatch.setattr(files, "_write", killed_at_c)
    with pytest.raises(KeyboardInterrupt):
        put(tmp_path, SECOND)
    monkeypatch.undo()
    third = {"a.md": b"a3\n"}
    put(tmp_path, third)
    assert present(tmp_path) == third


def test_a_record_cannot_make_us_remove_files_elsewhere(tmp_path: Path) -> None:
    dest, victim = tmp_path / "report", tmp_path / "victim"
    victim.write_bytes(b"x")
    put(dest, FIRST)
    with (dest / RECORD).open("a", encoding="utf-8") as record:
        record.write(f"{files._digest(b'x')}  ../victim\n{files._digest(b'x')}  {victim}\n")
    put(dest, SECOND)
    assert victim.read_bytes() == b"x"


def test_a_file_that_cannot_be_written_is_named_and_leaves_no_debris(tmp_path: Path) -> None:
    (tmp_path / "evidence").write_bytes(b"a file where a folder should be")
    with pytest.raises(ReportFilesError, match=r"cannot write .*evidence/b\.md: .*a second run carries on"):
        put(tmp_path, FIRST)
    assert not list(tmp_path.rglob("*.tmp"))
    (tmp_path / "evidence").unlink()
    put(tmp_path, FIRST)
    assert present(tmp_path) == FIRST
