# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that a client in the cluster sends to the gateway, and what came back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import CONTAINER

from .objects import HTTP_ROUTE, is_settled
from .settings import InferenceSettings
from .site import CLIENT

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import View
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Manifest

JSON = Any

_ANSWER = re.compile(r"(?P<body>.*) (?P<status>\d{3})")
_SECONDS = 10
_TOGETHER = 240.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What came back.

    Attributes:
        counts: how many answers of each status and text; status 0 stands for no answer.
    """

    counts: Mapping[tuple[int, str], int]

    @classmethod
    def read(cls, fact: JSON) -> Answers | None:
        """From a record of ``send``; None where nothing was sent, or the client did not come to its end."""
        values: Mapping[str, JSON] = fact if isinstance(fact, Mapping) else {}
        if not isinstance(values.get("stdout"), str) or values.get("ended") is not True:
            return None
        lines = (_ANSWER.fullmatch(line) for line in values["stdout"].splitlines())
        return cls(counts=Counter((int(match["status"]), match["body"][:40]) for match in lines if match))

    @property
    def total(self) -> int:
        """All answers."""
        return sum(self.counts.values())

    def of(self, body: str) -> int:
        """Answers with status 200 and this text."""
        return self.counts.get((200, body), 0)

    def status(self, status: int) -> int:
        """Answers of this status."""
        return sum(count for (found, _), count in self.counts.items() if found == status)

    @property
    def good(self) -> int:
        """Answers with status 200."""
        return self.status(200)

    def __str__(self) -> str:
        parts = (f"{count} x {status}{f' {body}' if status == 200 else ''}" for (status, body), count in sorted(self.counts.items()))
        return ", ".join(parts) or "no answer"


def send(bench: Bench, fact: str, *, at: str, host: str, requests: int, headers: Mapping[str, str] | None = None) -> None:
    """Sends requests one after the other, each over a connection of its own, recorded with the client's output.

    Args:
        bench: the way to the cluster.
        fact: the record's name.
        at: address of the gateway.
        host: that they ask for.
        requests: how many.
        headers: of the requests.

    Raises:
        ExecError: the client did not come to an end.
    """
    url = f"http://[{at}]" if ":" in at else f"http://{at}"
    given = [
        word for name, value in {"Host": host, "Connection": "close", **(headers or {})}.items() for word in ("-H", f"{name}: {value}")
    ]
    command = [
        "curl",
        "--globoff",
        "--silent",
        "--max-time",
        str(_SECONDS),
        *given,
        "--write-out",
        " %{http_code}\n",
        *[f"{url}/"] * requests,
    ]
    path = kinds.POD.path(name=CLIENT, namespace=bench.namespace)
    done = bench.cluster.execute(path, container=CONTAINER, command=_script(command, url=f"{url}/", requests=requests), seconds=_TOGETHER)
    shown = {"command": command[: len(command) - requests + 1], "requests": requests, "exit_code": done.exit_code}
    # curl's exit status is that of the last transfer; whether all were made is told by the number of lines.
    bench.note(fact, {**shown, "stdout": done.stdout, "stderr": done.stderr[-400:], "ended": len(done.stdout.splitlines()) >= requests})


def _script(command: Sequence[str], *, url: str, requests: int) -> list[str]:
    """The same command with its addresses in a file, because a request to the API server has room for some hundred words only."""
    options = [word for word in command if word != url]
    listing = f'n=0; while [ $n -lt {requests} ]; do echo "url = {url}"; n=$((n+1)); done'
    return ["sh", "-c", f'{{ {listing}; }} | "$@" --config -', "sh", *options]


def attached(bench: Bench, role: str, manifest: Manifest) -> JSON:
    """Makes a route and waits until its gateway has answered to it, recorded as ``route.<role>``; the route as it is then.

    Raises:
        ApiError: the server refuses it.
    """
    made = bench.create(role, manifest)

    def answered(view: View) -> bool:
        found = view.by_uid("HTTPRoute", made["metadata"]["uid"])
        return found is not None and is_settled(found)

    own = bench.own(InferenceSettings)
    bench.until(lambda view: answered(view) or None, of=(HTTP_ROUTE,), seconds=own.route_seconds)
    return bench.read(f"route.{role}", HTTP_ROUTE, name=made["metadata"]["name"])


def host_of(bench: Bench) -> str:
    """A host name that only this side of this check asks for."""
    return f"{bench.name('host')}.ai-conformance.example"


def until_answered(bench: Bench, fact: str, *, at: str, host: str, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
    """Sends single requests until one is answered so, recorded; conditions of routes may be ahead of the proxies.

    Raises:
        ExecError: the client did not come to an end.
    """

    def once() -> bool | None:
        send(bench, fact, at=at, host=host, requests=1, headers=headers)
        answers = Answers.read(bench.so_far.last(fact))
        return True if answers is not None and answers.status(status) == 1 else None

    bench.polled(once, every=0.5, seconds=bench.own(InferenceSettings).route_seconds)
