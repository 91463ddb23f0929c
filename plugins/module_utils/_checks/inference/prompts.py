# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests of the OpenAI protocol, one at a time, and what came back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import CONTAINER

from .site import CLIENT

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

_NUMBERS = re.compile(r"^ANSWERED (\d{3}) ([0-9.]+) ([0-9.]+)$", re.MULTILINE)
_MODEL = re.compile(r'"model"\s*:\s*"([^"]*)"')
_EVENT = re.compile(r"^data: ", re.MULTILINE)
_TOKENS = 24
_STREAMED = 200
"""Tokens of a stream: enough that its first byte comes well before its half, on a busy machine too."""
_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a prompt was answered.

    Attributes:
        status: of HTTP; 0 for no answer.
        model: the model that answered; empty where none says so.
        events: of a stream.
        first: seconds until the first byte.
        total: seconds until the last.
    """

    status: int = 0
    model: str = ""
    events: int = 0
    first: float = 0.0
    total: float = 0.0

    @classmethod
    def read(cls, fact: JSON) -> Reply:
        """From a record of ``ask``; an empty one where there is none."""
        text = fact.get("stdout") if isinstance(fact, Mapping) else None
        numbers = _NUMBERS.search(text) if isinstance(text, str) else None
        if numbers is None or not isinstance(text, str):
            return cls()
        model = _MODEL.search(text)
        return cls(
            status=int(numbers[1]),
            model=model[1] if model else "",
            events=len(_EVENT.findall(text)),
            first=float(numbers[2]),
            total=float(numbers[3]),
        )


def ask(bench: Bench, fact: str, *, at: str, host: str, model: str, stream: bool = False) -> None:
    """Sends a prompt by way of the site's client, recorded with the client's output.

    Raises:
        ExecError: the client did not come to an end.
    """
    prompt = {
        "model": model,
        "messages": [{"role": "user", "content": "one two three"}],
        "max_tokens": _STREAMED if stream else _TOKENS,
        "stream": stream,
    }
    headers = {"Host": host, "Content-Type": "application/json", "Connection": "close"}
    given = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    url = f"http://[{at}]/v1/chat/completions" if ":" in at else f"http://{at}/v1/chat/completions"
    told = "\nANSWERED %{http_code} %{time_starttransfer} %{time_total}\n"
    command = [
        "curl",
        "--silent",
        "--no-buffer",
        "--max-time",
        str(_SECONDS),
        *given,
        "--data",
        json.dumps(prompt),
        "--write-out",
        told,
        url,
    ]
    path = kinds.POD.path(name=CLIENT, namespace=bench.namespace)
    done = bench.cluster.execute(path, container=CONTAINER, command=command, seconds=_SECONDS + 15.0)
    bench.note(fact, {"command": command, "exit_code": done.exit_code, "stdout": done.stdout, "stderr": done.stderr[-400:]})
