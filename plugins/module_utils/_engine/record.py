# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observations on disk: one JSON object per line, each with its digest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from .codec import MalformedDocumentError, canonical, digest, dump, load
from .documents import Observation
from .observations import Fact, Seen
from .verdict import Side


def lines(*, subject: Seen, control: Seen) -> bytes:
    """The file of a check: the subject's facts, then the control's."""
    numbered = enumerate(
        ((side, fact) for side, seen in ((Side.SUBJECT, subject), (Side.CONTROL, control)) for fact in seen.facts), start=1
    )
    return b"".join(canonical(dump(_sealed(_observation(n, side, fact)))) + b"\n" for n, (side, fact) in numbered)


def parse(content: bytes, *, where: str) -> Mapping[Side, Seen]:
    """Both sides of a file.

    Args:
        content: of the file.
        where: its name, for messages.

    Raises:
        MalformedDocumentError: a line is no observation, is out of order, or does not have the digest that it carries.
    """
    found = {Side.SUBJECT: Seen(), Side.CONTROL: Seen()}
    for number, line in enumerate(content.splitlines(), start=1):
        place = f"{where} line {number}"
        observation = load(Observation, _json(line, place=place), where=place)
        if observation.n != number:
            raise MalformedDocumentError(f"{place} says it is number {observation.n}: a line was added, removed or moved")
        if observation != _sealed(observation):
            raise MalformedDocumentError(f"{place} was changed: it does not have the digest {observation.digest} that it carries")
        fact = Fact(name=observation.name, at=observation.at, request=observation.request, data=observation.data)
        found[observation.side].facts.append(fact)
    return found


def _observation(n: int, side: Side, fact: Fact) -> Observation:
    return Observation(n=n, side=side, name=fact.name, at=fact.at, request=fact.request, data=fact.data, digest="")


def _sealed(observation: Observation) -> Observation:
    content = {key: value for key, value in dump(observation).items() if key != "digest"}
    return replace(observation, digest=digest(canonical(content)))


def _json(line: bytes, *, place: str) -> object:
    try:
        return json.loads(line)
    except ValueError as problem:
        raise MalformedDocumentError(f"{place} is not JSON: {problem}") from problem
