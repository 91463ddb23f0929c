# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observations on disk: one JSON object per line, each with its digest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .codec import MalformedDocumentError, canonical, digest, dump, load
from .documents import Observation
from .observations import Fact, Seen
from .verdict import Side

JSON = Any


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
        value = _json(line, place=place)
        observation = load(Observation, value, where=place)
        if observation.n != number:
            raise MalformedDocumentError(f"{place} says it is number {observation.n}: a line was added, removed or moved")
        # What load takes is what dump gives, so the digest can be taken of what was read.
        if observation.digest != _digest(value):
            raise MalformedDocumentError(f"{place} was changed: it does not have the digest {observation.digest} that it carries")
        fact = Fact(name=observation.name, at=observation.at, request=observation.request, data=observation.data)
        found[observation.side].facts.append(fact)
    return found


def _observation(n: int, side: Side, fact: Fact) -> Observation:
    return Observation(n=n, side=side, name=fact.name, at=fact.at, request=fact.request, data=fact.data, digest="")


def _sealed(observation: Observation) -> Observation:
    return replace(observation, digest=_digest(dump(observation)))


def _digest(observation: Mapping[str, JSON]) -> str:
    return digest(canonical({key: value for key, value in observation.items() if key != "digest"}))


def _json(line: bytes, *, place: str) -> JSON:
    try:
        return json.loads(line)
    except ValueError as problem:
        raise MalformedDocumentError(f"{place} is not JSON: {problem}") from problem
