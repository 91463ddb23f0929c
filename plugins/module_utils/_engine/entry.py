# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a task becomes a result: the same for a module and for the action plugin of its name."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.transport import LIBRARY, LIBRARY_PROBLEM

from .codec import MalformedDocumentError

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a task is asked to do.

    Attributes:
        options: validated, plain values.
        check_mode: whether nothing may be changed.
    """

    options: Mapping[str, JSON]
    check_mode: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a task came to.

    Attributes:
        changed: whether something is different now.
        failed: whether the task has failed.
        message: why it failed, or what there is to say; empty for nothing.
        values: what it returns, plain JSON.
    """

    changed: bool = False
    failed: bool = False
    message: str = ""
    values: Mapping[str, JSON] = field(default_factory=dict)

    def as_result(self) -> dict[str, JSON]:
        """The result of an Ansible task."""
        said = {"msg": self.message} if self.message else {}
        return {**self.values, **said, "changed": self.changed, **({"failed": True} if self.failed else {})}


class HostModule(Protocol):
    """What an entry needs of AnsibleModule."""

    params: dict[str, JSON]
    check_mode: bool

    def exit_json(self, **kwargs: JSON) -> NoReturn:
        """Ends the task."""

    def fail_json(self, msg: str, **kwargs: JSON) -> NoReturn:
        """Ends the task as failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A task with its options.

    Attributes:
        task: does it. Raises ConformanceError, MalformedDocumentError or OSError for what goes wrong.
        argument_spec: as Ansible's argument specs are.
        required_if: as in Ansible's argument specs.
        needs_library: whether it talks to a cluster.
    """

    task: Callable[[Call], Outcome]
    argument_spec: Mapping[str, Mapping[str, JSON]]
    required_if: Sequence[Sequence[JSON]] = ()
    needs_library: bool = True

    def run(self, options: Mapping[str, JSON], *, check_mode: bool) -> Outcome:
        """Runs the task; what it raises on purpose becomes a failed outcome."""
        if self.needs_library and LIBRARY_PROBLEM is not None:
            where = f"{sys.executable} cannot import it ({LIBRARY_PROBLEM})"
            return Outcome(
                failed=True, message=f"the Python library {LIBRARY} is missing: {where}. Install it there, see requirements.txt."
            )
        try:
            return self.task(Call(options=options, check_mode=check_mode))
        except (ConformanceError, MalformedDocumentError) as problem:
            return Outcome(failed=True, message=str(problem))
        except OSError as problem:
            where = problem.filename or "a file of the run"
            return Outcome(failed=True, message=f"{where}: {problem.strerror or problem}. Look at the rights and the free space there.")

    def conclude(self, module: HostModule) -> NoReturn:
        """Runs the task as a module."""
        outcome = self.run(module.params, check_mode=module.check_mode)
        if outcome.failed:
            module.fail_json(**outcome.as_result())
        module.exit_json(**outcome.as_result())
