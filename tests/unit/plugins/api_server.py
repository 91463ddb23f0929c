# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An API server of two hundred lines: a store, watches, and a way to go wrong on purpose. It listens on the loopback only."""

from __future__ import annotations

import copy
import json
import re
import socket
import threading
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from tests.unit.plugins import api_kinds
from tests.unit.plugins.api_kinds import APIS, JSON, KINDS, PATH, Answer


def status(code: int, reason: str, message: str = "", **details: JSON) -> Answer:
    """A Status object."""
    return code, {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message or reason, "details": details}


class ApiServer:
    """The store and its faults.

    Attributes:
        requests: what was asked, as (method, path), in order.
        intercept: answers a request in the store's place, or returns None; may raise ConnectionAbortedError to drop the connection.
        created: is told of every new object, and may add or change others.
        keeps: objects for which it returns true are only marked when they are deleted, as a finalizer does it.
        forget: every watch that starts is told that its version is too old, so many times.
        cut: every watch is cut off after so many events.
    """

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], JSON] = {}
        self.requests: list[tuple[str, str]] = []
        self.intercept: Callable[[str, str, JSON], Answer | None] = lambda _method, _path, _body: None
        self.created: Callable[[JSON], None] = lambda _item: None
        self.keeps: Callable[[JSON], bool] = lambda _item: False
        self.forget = 0
        self.cut: int | None = None
        self.version = 100
        self.log: list[tuple[int, str, JSON]] = []
        self.changed = threading.Condition(threading.RLock())
        self.closing = False
        self.generation = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            api = outer

            def log_message(self, *_: object) -> None:
                """Says nothing."""

            def answer(self) -> None:
                outer.handle(self)

        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            setattr(Handler, f"do_{method}", Handler.answer)

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """A client that went away is nobody's trouble."""

        self.http = Server(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Goes away: open connections are dropped, new ones refused."""
        with self.changed:
            self.closing = True
            self.changed.notify_all()
        self.http.shutdown()
        self.http.server_close()

    def drop(self) -> None:
        """Breaks every watch."""
        with self.changed:
            self.generation += 1
            self.changed.notify_all()

    # The store

    def put(self, kind: str, name: str, *, space: str = "", **fields: JSON) -> JSON:
        """Adds or replaces an object, as a controller would."""
        with self.changed:
            old = self.objects.get((kind, space, name))
            metadata = {"name": name, "uid": str(uuid.uuid4()), **(old["metadata"] if old else {}), **fields.pop("metadata", {})}
            if space:
                metadata["namespace"] = space
            self.version += 1
            item = {
                "kind": kind,
                "apiVersion": APIS.get(kind, "v1"),
                "metadata": {**metadata, "resourceVersion": str(self.version)},
                **fields,
            }
            self.objects[kind, space, name] = item
            self._log("MODIFIED" if old else "ADDED", item)
        return item

    def remove(self, kind: str, name: str, *, space: str = "") -> None:
        """Removes an object, and what is inside it."""
        with self.changed:
            item = self.objects.pop((kind, space, name))
            self.version += 1
            self._log("DELETED", {**item, "metadata": {**item["metadata"], "resourceVersion": str(self.version)}})
            for inner in [key for key, other in self.objects.items() if self._goes_with(item, key, other)]:
                self.remove(inner[0], inner[2], space=inner[1])

    @staticmethod
    def _goes_with(item: JSON, key: tuple[str, str, str], other: JSON) -> bool:
        owners = {owner["uid"] for owner in other["metadata"].get("ownerReferences", [])}
        return (item["kind"] == "Namespace" and key[1] == item["metadata"]["name"]) or item["metadata"]["uid"] in owners

    def of_kind(self, kind: str) -> list[JSON]:
        """All objects of a kind."""
        with self.changed:
            return [item for (found, _, _), item in sorted(self.objects.items()) if found == kind]

    def _log(self, event: str, item: JSON) -> None:
        self.log.append((self.version, event, copy.deepcopy(item)))
        self.changed.notify_all()

    # HTTP

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        """Answers one request."""
        parts = urlsplit(request.path)
        query = dict(parse_qsl(parts.query))
        length = int(request.headers.get("Content-Length") or 0)
        body = json.loads(request.rfile.read(length)) if length else None
        with self.changed:
            self.requests.append((request.command, request.path))
        try:
            answer = self.intercept(request.command, request.path, body)
            match = PATH.fullmatch(parts.path)
            match = match if match and match["plural"] in KINDS else None
            if answer is None and query.get("watch") and match:
                self._watch(request, match, query)
                return
            code, content = answer or (self._store(request.command, match, query, body) if match else self._other(parts.path, body))
        except ConnectionAbortedError:
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        data = json.dumps(content).encode() if not isinstance(content, bytes) else content
        request.send_response(code)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def _other(self, path: str, body: JSON) -> Answer:
        if path in {"/api", "/apis"}:
            names = [name for name in sorted({APIS.get(kind, "v1") for kind in KINDS.values()}) if ("/" in name) == (path == "/apis")]
            groups = [api_kinds.named(name) for name in names]
            return 200, {
                "kind": "APIGroupList",
                "apiVersion": "v1",
                "items": [api_kinds.group(name) for name in names],
                "versions": names,
                "groups": groups,
            }
        if answer := api_kinds.resources(path.removeprefix("/apis/").removeprefix("/api/")):
            return answer
        if path == "/version":
            return 200, {"major": "1", "minor": "34", "gitVersion": "v1.34.4"}
        if path.endswith("selfsubjectaccessreviews"):
            return 201, {**body, "status": {"allowed": True}}
        return status(404, "NotFound", f"no {path}")

    def _store(self, method: str, match: re.Match[str], query: dict[str, str], body: JSON) -> Answer:
        kind, space, name = KINDS[match["plural"]], match["space"] or "", match["name"]
        with self.changed:
            if method == "POST":
                return self._create(kind, space, body, dry=bool(query.get("dryRun")))
            if not name:
                items = [item for item in self.of_kind(kind) if self._selected(item, space, query)]
                return 200, {"kind": f"{kind}List", "apiVersion": "v1", "metadata": {"resourceVersion": str(self.version)}, "items": items}
            item = self.objects.get((kind, space, name))
            if method == "PATCH" and query.get("fieldManager"):
                return 200, self.put(
                    kind, name, space=space, **{key: value for key, value in body.items() if key not in ("kind", "apiVersion")}
                )
            if item is None:
                return status(404, "NotFound", f"{kind} {name} not found")
            if method == "DELETE":
                return self._delete(kind, space, item, body)
            if method in {"PATCH", "PUT"}:
                marks = ("labels", "annotations")
                metadata = {mark: {**item["metadata"].get(mark, {}), **body["metadata"].get(mark, {})} for mark in marks}
                item = self.put(kind, name, space=space, metadata=metadata, **self._fields(item))
            return 200, item

    def _create(self, kind: str, space: str, body: JSON, *, dry: bool) -> Answer:
        name = body["metadata"]["name"]
        if (kind, space, name) in self.objects:
            return status(409, "AlreadyExists", f"{kind} {name} already exists")
        if dry:
            return 201, body
        fields = {key: value for key, value in body.items() if key not in ("kind", "apiVersion")}
        item = self.put(kind, name, space=space, **fields)
        self.created(item)
        return 201, item

    def _delete(self, kind: str, space: str, item: JSON, options: JSON) -> Answer:
        wanted = ((options or {}).get("preconditions") or {}).get("uid")
        if wanted not in (None, item["metadata"]["uid"]):
            return status(409, "Conflict", "the UID in the precondition does not match")
        if self.keeps(item):
            marked = {"deletionTimestamp": "2026-11-22T05:30:00Z"}
            return 200, self.put(kind, item["metadata"]["name"], space=space, metadata=marked, **self._fields(item))
        self.remove(kind, item["metadata"]["name"], space=space)
        return 200, {"kind": "Status", "status": "Success"}

    @staticmethod
    def _fields(item: JSON) -> dict[str, JSON]:
        return {key: value for key, value in item.items() if key not in {"kind", "apiVersion", "metadata"}}

    @staticmethod
    def _selected(item: JSON, space: str, query: dict[str, str]) -> bool:
        labels = item["metadata"].get("labels", {})
        wanted = dict(pair.split("=", 1) for pair in query.get("labelSelector", "").split(",") if pair)
        fields = dict(pair.split("=", 1) for pair in query.get("fieldSelector", "").split(",") if pair)
        driver = fields.get("spec.driver")
        return (
            (not space or item["metadata"].get("namespace") == space)
            and all(labels.get(key) == value for key, value in wanted.items())
            and ("metadata.name" not in fields or fields["metadata.name"] == item["metadata"]["name"])
            and (driver is None or item["spec"]["driver"] == driver)
        )

    def _watch(self, request: BaseHTTPRequestHandler, match: re.Match[str], query: dict[str, str]) -> None:
        kind, space = KINDS[match["plural"]], match["space"] or ""
        position, sent = int(query["resourceVersion"]), 0
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()

        def send(event: JSON) -> None:
            line = json.dumps(event).encode() + b"\n"
            request.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            request.wfile.flush()

        if self.forget > 0:
            self.forget -= 1
            send({"type": "ERROR", "object": status(410, "Expired", "too old resource version")[1]})
            request.close_connection = True
            return
        try:
            generation = self.generation
            while not self.closing and generation == self.generation:
                with self.changed:
                    news = [entry for entry in self.log if entry[0] > position]
                    if not news and not self.closing and generation == self.generation:
                        self.changed.wait(0.2)
                        continue
                for number, event, item in news:
                    position = number
                    if item["kind"] == kind and self._selected(item, space, query):
                        send({"type": event, "object": item})
                        sent += 1
                        if self.cut is not None and sent >= self.cut:
                            request.connection.shutdown(socket.SHUT_RDWR)
                            return
            request.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            request.close_connection = True
