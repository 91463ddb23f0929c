# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of an inference server that each ask again as soon as they have an answer, and what came of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import FOLDER, STAY, PodTemplate

JSON = Any

CLIENTS = 8
"""How many there are, and so how many requests are on their way at a time."""

LEAST_ANSWERS = 4
"""So many requests must have been answered: what waits at a server that serves nothing is no queue."""

_TOKENS = 64

# One that is refused waits a second, so that a server which is not there yet, or not any more, is not stormed.
_SCRIPT = f"""
ask() {{
  timeout "$PATIENCE" wget -q -O {FOLDER}/said.$1 --header 'Content-Type: application/json' --post-data "$BODY" "$URL" &&
    grep -q '"choices"' {FOLDER}/said.$1
}}
client() {{
  while [ "$(date +%s)" -lt "$end" ]; do
    if ask $1 2>/dev/null; then
      [ -e {FOLDER}/first ] || {{ cp {FOLDER}/said.$1 {FOLDER}/new.$1 && mv {FOLDER}/new.$1 {FOLDER}/first; }}
      echo . >>{FOLDER}/answered
    else
      echo . >>{FOLDER}/refused
      sleep 1
    fi
  done
}}
end=$(($(date +%s) + SECONDS_AT_MOST))
: >{FOLDER}/answered
: >{FOLDER}/refused
n=0
while [ $n -lt {CLIENTS} ]; do n=$((n + 1)); client $n & done
{STAY}
"""

COUNT: Sequence[str] = ("sh", "-c", f"cd {FOLDER} && wc -l <answered && wc -l <refused && if [ -e first ]; then cat first; fi")
"""Asks the clients' pod how many answers and refusals there were, and for the first answer."""


def asking(template: PodTemplate, *, url: str, model: str, seconds: float) -> PodTemplate:
    """A template of a pod of such clients. They end by themselves.

    Args:
        template: all else that it is; the image needs ``wget``, ``timeout`` and a shell.
        url: where chat completions are.
        model: that they ask for.
        seconds: for how long they ask at most, and wait for one answer.
    """
    body = {"model": model, "messages": [{"role": "user", "content": "Count to one hundred."}], "max_tokens": _TOKENS}
    limit = str(int(seconds) + 1)
    env = {"URL": url, "BODY": json.dumps(body), "PATIENCE": limit, "SECONDS_AT_MOST": limit}
    return replace(template, script=_SCRIPT, env=env)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What came of the requests so far.

    Attributes:
        good: how many were answered with a completion.
        refused: how many were not.
        first: the first completion; None before there is one.
    """

    good: int
    refused: int
    first: JSON

    @classmethod
    def of(cls, stdout: str) -> Answers | None:
        """What COUNT printed; None for anything else."""
        good, _, rest = stdout.partition("\n")
        refused, _, first = rest.partition("\n")
        if not (good.strip().isdigit() and refused.strip().isdigit()):
            return None
        try:
            said = json.loads(first) if first.strip() else None
        except ValueError:
            said = first
        return cls(good=int(good), refused=int(refused), first=said)

    def as_fact(self) -> JSON:
        """Plain JSON."""
        return {"good": self.good, "refused": self.refused, "first": self.first}

    @classmethod
    def read(cls, fact: JSON) -> Answers | None:
        """The same as it was recorded; None for anything else."""
        if not isinstance(fact, Mapping) or not all(isinstance(fact.get(name), int) for name in ("good", "refused")):
            return None
        return cls(good=fact["good"], refused=fact["refused"], first=fact.get("first"))

    @property
    def enough(self) -> bool:
        """Whether the server has really worked."""
        return self.good >= LEAST_ANSWERS and isinstance(self.first, Mapping) and bool(self.first.get("choices"))
