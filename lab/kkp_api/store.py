# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API's memory: JSON documents in one SQLite file (WAL), so that a process killed at any point finds what it had answered for."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

JSON = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
  kind TEXT NOT NULL, id TEXT NOT NULL, parent TEXT NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS children ON documents (kind, parent, number);
"""


class Store:
    """Documents by kind and id, each under a parent: a service account under its project, say.

    One connection serves all threads, one at a time. What is written is on its way to the disk before a method returns; several writes
    inside ``together`` are there all or not at all.

    Args:
        path: the file; its directory exists.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        # It holds presets' credentials; SQLite gives the files beside it the same mode.
        path.touch(mode=0o600)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """One transaction; an exception undoes it."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def put(self, kind: str, key: str, body: JSON, *, parent: str = "") -> None:
        """Write a document; a namesake is replaced and keeps its place in lists."""
        with self._lock:
            self._connection.execute(
                "INSERT INTO documents VALUES (?, ?, ?, (SELECT COALESCE(MAX(number), 0) + 1 FROM documents WHERE kind = ?), ?) "
                "ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body, parent = excluded.parent",
                (kind, key, parent, kind, json.dumps(body)),
            )

    def get(self, kind: str, key: str) -> JSON | None:
        """A document, or nothing."""
        with self._lock:
            row = self._connection.execute("SELECT body FROM documents WHERE kind = ? AND id = ?", (kind, key)).fetchone()
        return None if row is None else self._loaded(row[0])

    def all(self, kind: str, *, parent: str | None = None) -> list[JSON]:
        """All documents of a kind, or those of one parent, oldest first."""
        query, values = "SELECT body FROM documents WHERE kind = ?", [kind]
        if parent is not None:
            query, values = f"{query} AND parent = ?", [kind, parent]
        with self._lock:
            rows = self._connection.execute(f"{query} ORDER BY number", values).fetchall()
        return [self._loaded(row[0]) for row in rows]

    def delete(self, kind: str, key: str) -> None:
        """Forget a document; one that is not there is forgotten already."""
        with self._lock:
            self._connection.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (kind, key))

    def delete_children(self, kind: str, parent: str) -> None:
        """Forget all documents of a kind under a parent."""
        with self._lock:
            self._connection.execute("DELETE FROM documents WHERE kind = ? AND parent = ?", (kind, parent))

    @staticmethod
    def _loaded(text: str) -> JSON:
        body: JSON = json.loads(text)
        return body
