# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs tasks of the client against the KKP of the test, with a clock of the test."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.redact import Redactor
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.task import Task, as_result

from tests.contract.client.openapi import DOCUMENT, Document
from tests.unit.plugins.kkp import fake_clusters, fake_projects, fake_services
from tests.unit.plugins.kkp.fake_kkp import TOKEN, FakeKkp

JSON = Any


class PassingClock:
    """Time that passes when somebody waits, and at no other time."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.pauses: list[float] = []

    def now(self) -> dt.datetime:
        return dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += max(seconds, 0.001)


class Bench:
    """A KKP and somebody who uses it."""

    def __init__(self, kkp: FakeKkp) -> None:
        self.kkp = kkp
        self.clock = PassingClock()

    def run(self, task: Task, *, check: bool = False, **options: JSON) -> dict[str, JSON]:
        """The result of a task, as its module returns it.

        Raises:
            KkpError: as the task does.
        """
        outcome = task.run(self.options(task, **options), check_mode=check, clock=self.clock)
        secrets = [text for name in task.secrets for text in _texts(options.get(name))]
        return {"warnings": [], **as_result(outcome, Redactor([TOKEN, *secrets]))}

    def options(self, task: Task, **options: JSON) -> dict[str, JSON]:
        """Options as Ansible would hand them to the module."""
        given = {"api_url": self.kkp.url, "token": TOKEN, **options}
        result = ArgumentSpecValidator(
            task.argument_spec,
            mutually_exclusive=task.mutually_exclusive,
            required_if=task.required_if,
            required_together=task.required_together,
        ).validate(given)
        assert result.error_messages == []
        validated: dict[str, JSON] = result.validated_parameters
        return validated


def _texts(value: JSON) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


@contextmanager
def bench() -> Iterator[Bench]:
    """A KKP that runs while the test does. Afterwards all that was said is held against KKP's OpenAPI document, where that is at hand."""
    kkp = FakeKkp({**fake_projects.ROUTES, **fake_clusters.ROUTES, **fake_services.ROUTES})
    kkp.start()
    try:
        yield Bench(kkp)
    finally:
        kkp.stop()
    if DOCUMENT.is_file():
        document = _document()
        wrong = [text for exchange in kkp.exchanges for text in document.check(exchange)]
        assert wrong == [], "\n".join(wrong)


_KNOWN: list[Document] = []


def _document() -> Document:
    if not _KNOWN:
        _KNOWN.append(Document())
    return _KNOWN[0]
