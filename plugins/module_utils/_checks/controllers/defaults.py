# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RC-06: what is left out is filled in, and what is said is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform.operators import value_at
from ansible_collections.ailab.conformance.plugins.module_utils._platform.refusals import Author, read

from .operating import SUCCEEDS, TRYING, chosen, operator_of, prepare, short, task_of
from .requirement import ROBUST_CONTROLLER

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Whether the field is given another value than the default."""

    given: bool


class DefaultsFilledIn(Check[Field]):
    """A field that a resource leaves out has its default in the API server's answer.

    The control says something else there, which must be kept: a server that overwrites is found out. Nothing is stored.
    """

    id = "RC-06"
    requirement = ROBUST_CONTROLLER.id
    needs = TRYING
    title = "defaults are filled in"
    asks = "Does a resource that leaves a field out come back with the operator's default in it?"
    broken_looks_like = "The field is missing from the answer, or holds another value than the operator documents."
    sources = ("KAR-0063", "API references JobSet and TrainJob")
    subject = Field(given=False)
    control = Field(given=True)
    control_reason = "other-than-default"

    def observe(self, bench: Bench, variant: Field, /) -> None:
        """Sends a resource as a dry run."""
        operator = operator_of(bench)
        task = task_of(bench, SUCCEEDS)
        prepare(bench, operator, task)
        bench.attempt("resource", operator.explicit(task) if variant.given else operator.sound(task), dry_run=True)

    def evaluate(self, seen: Seen) -> Finding:
        """Reads the field."""
        operator, answer = chosen(seen), seen.last("create.resource")
        said = read(answer)
        if operator is None or said.author is not Author.ACCEPTED:
            return inconclusive("not-accepted", f"the resource was not accepted as a dry run ({said.author}): {short(said.words)}")
        path, expected = operator.default
        found, name = value_at(answer["body"], path), ".".join(path)
        if found is None:
            return failure("not-filled-in", f"{name} is missing from the answer, expected {expected!r}: see the mutating webhook")
        if found != expected:
            return failure("other-than-default", f"{name} is {found!r}, expected {expected!r}")
        return success("filled-in", f"{name} was left out and is {expected!r}")
