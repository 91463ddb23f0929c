# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that leave the file, against a server on this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._report.lint.network import LandscapeError, members, reach


class Pages(BaseHTTPRequestHandler):
    """``/404`` answers 404 and so on; ``/get-only`` refuses HEAD; ``/moved`` leads to ``/200``."""

    def do_HEAD(self) -> None:  # the server's own naming
        self._answer(405 if self.path == "/get-only" else self._status())

    def do_GET(self) -> None:
        self._answer(200 if self.path == "/get-only" else self._status())

    def _status(self) -> int:
        return 302 if self.path == "/moved" else int(self.path.strip("/"))

    def _answer(self, status: int) -> None:
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/200")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, _format: str, *args: object) -> None:
        """Tests are quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("page", ["200", "get-only", "moved", "429"])
def test_an_address_that_answers(server: str, page: str) -> None:
    assert reach(f"{server}/{page}") is None


@pytest.mark.parametrize("status", ["403", "404", "500"])
def test_a_refusal_is_told_by_its_status(server: str, status: str) -> None:
    assert reach(f"{server}/{status}") == f"status {status}"


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "http://[", "https://"])
def test_an_address_that_nobody_serves_is_told_in_words(address: str) -> None:
    assert reach(address, seconds=2)


def test_members_lose_their_suffix(tmp_path: Path) -> None:
    path = tmp_path / "landscape.yml"
    path.write_text(
        "landscape:\n- name: Other\n  subcategories: []\n- name: CNCF Members\n  subcategories:\n  - name: Silver\n    items:\n"
        "    - name: Example Works (member)\n    - name: Other Works (supporter)\n    - name: Plain Works\n",
        encoding="utf-8",
    )
    assert members(path) == {"Example Works", "Other Works", "Plain Works"}


@pytest.mark.parametrize("content", ["", "[]", "landscape: []", "a: [", "landscape: [{name: Other}]"])
def test_a_file_without_members_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "landscape.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(LandscapeError, match="landscape"):
        members(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LandscapeError, match="cannot read the landscape file"):
        members(tmp_path / "none.yml")
