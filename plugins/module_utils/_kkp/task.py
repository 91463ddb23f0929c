# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules kkp_* have in common: options, connection, outcome. Must be kept in sync with plugins/doc_fragments/kkp.py."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from ansible.module_utils.common.parameters import env_fallback
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import Clock, SystemClock

from .client import Api
from .errors import KkpError, OptionError
from .redact import Redactor
from .transport import LIBRARY, LIBRARY_PROBLEM, Address, Transport, normalised

JSON = Any

CONNECTION_SPEC: Mapping[str, Mapping[str, JSON]] = {
    "api_url": {"type": "str", "required": True, "fallback": (env_fallback, ["KKP_API_URL"])},
    "token": {"type": "str", "required": True, "no_log": True, "fallback": (env_fallback, ["KKP_TOKEN"])},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "float", "default": 60.0},
    "retry_seconds": {"type": "float", "default": 30.0},
}
"""Where KKP is. Every task has these."""

PROJECT_SPEC: Mapping[str, Mapping[str, JSON]] = {"project": {"type": "str", "required": True}}
CLUSTER_SPEC: Mapping[str, Mapping[str, JSON]] = {**PROJECT_SPEC, "cluster": {"type": "str", "required": True}}


def waiting(seconds: float) -> dict[str, dict[str, JSON]]:
    """The options of a task that waits, with its default in seconds."""
    return {"wait": {"type": "bool", "default": True}, "wait_timeout": {"type": "float", "default": seconds}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a task changed, or would change in check mode.

    Attributes:
        before: what stood there; empty for nothing.
        after: what stands there now; empty for nothing.
        header: the object.
    """

    header: str
    before: Mapping[str, JSON]
    after: Mapping[str, JSON]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a task came to.

    Attributes:
        values: what it returns, plain JSON.
        changes: what was changed; empty for nothing.
        warnings: what the user should know.
    """

    values: Mapping[str, JSON] = field(default_factory=dict)
    changes: Sequence[Change] = ()
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One run of a task.

    Attributes:
        options: as the argument spec has typed them.
        check_mode: whether nothing may be changed.
        api: KKP.
        redactor: knows the secrets among the options.
    """

    options: Mapping[str, JSON]
    check_mode: bool
    api: Api
    redactor: Redactor

    def text(self, name: str) -> str:
        """An option's text; empty where it was not given."""
        return str(self.options.get(name) or "")

    @property
    def absent(self) -> bool:
        """Whether the object is to be removed."""
        return self.options.get("state") == "absent"

    @property
    def waits(self) -> bool:
        """Whether to wait for the wanted state."""
        return bool(self.options.get("wait")) and not self.check_mode

    @property
    def seconds(self) -> float:
        """For how long."""
        return float(self.options.get("wait_timeout") or 0.0)


class HostModule(Protocol):
    """What a task needs of AnsibleModule."""

    params: dict[str, JSON]
    check_mode: bool

    def warn(self, warning: str) -> None:
        """Tells the user."""

    def exit_json(self, **kwargs: JSON) -> NoReturn:
        """Ends the task."""

    def fail_json(self, msg: str, **kwargs: JSON) -> NoReturn:
        """Ends the task as failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task with its options.

    Attributes:
        work: does it. Raises KkpError for what goes wrong.
        options: beside those of the connection, as Ansible's argument specs are.
        required_if: as in Ansible's argument specs.
        mutually_exclusive: the same.
        required_together: the same.
        secrets: names of options whose texts are secrets, at any depth.
    """

    work: Callable[[Call], Outcome]
    options: Mapping[str, Mapping[str, JSON]]
    required_if: Sequence[Sequence[JSON]] = ()
    mutually_exclusive: Sequence[Sequence[str]] = ()
    required_together: Sequence[Sequence[str]] = ()
    secrets: Sequence[str] = ()

    @property
    def argument_spec(self) -> dict[str, JSON]:
        """All options."""
        return {**CONNECTION_SPEC, **self.options}

    def run(self, options: Mapping[str, JSON], *, check_mode: bool, clock: Clock | None = None) -> Outcome:
        """Does the task.

        Raises:
            KkpError: KKP cannot be reached, refuses, or does not reach the wanted state in time.
        """
        redactor = Redactor(_texts([options["token"], *(options.get(name) for name in self.secrets)]))
        transport = Transport(_address(options))
        patience = float(options.get("retry_seconds") or 0.0)
        api = Api(transport=transport, clock=clock or SystemClock(), patience=patience, redactor=redactor)
        try:
            return self.work(Call(options=options, check_mode=check_mode, api=api, redactor=redactor))
        finally:
            transport.close()

    def result(self, options: Mapping[str, JSON], *, check_mode: bool) -> dict[str, JSON]:
        """Does the task; what it raises on purpose becomes a failed result. All that leaves is free of secrets."""
        if LIBRARY_PROBLEM is not None:
            where = f"{sys.executable} cannot import it ({LIBRARY_PROBLEM})"
            return {"failed": True, "msg": f"the Python library {LIBRARY} is missing: {where}. Install it there."}
        redactor = Redactor(_texts([options["token"], *(options.get(name) for name in self.secrets)]))
        try:
            return as_result(self.run(options, check_mode=check_mode), redactor)
        except KkpError as problem:
            return {"failed": True, "msg": redactor.text(str(problem))}
        except OSError as problem:
            said = f"{problem.filename or 'a file'}: {problem.strerror or problem}. Look at the rights there."
            return {"failed": True, "msg": redactor.text(said)}

    def conclude(self, module: HostModule) -> NoReturn:
        """Runs the task as a module."""
        result = self.result(module.params, check_mode=module.check_mode)
        if result.pop("failed", False):
            module.fail_json(**result)
        for warning in result.pop("warnings", ()):
            module.warn(warning)
        module.exit_json(**result)


def as_result(outcome: Outcome, redactor: Redactor) -> dict[str, JSON]:
    """The result of an Ansible task, without secrets."""
    shown = [
        {
            "before_header": change.header,
            "after_header": change.header,
            "before": redactor.value(change.before),
            "after": redactor.value(change.after),
        }
        for change in outcome.changes
    ]
    values: dict[str, JSON] = redactor.value(outcome.values)
    warnings = [redactor.text(warning) for warning in outcome.warnings]
    found = {**values, "changed": bool(outcome.changes)}
    return {**found, **({"diff": shown} if shown else {}), **({"warnings": warnings} if warnings else {})}


def one_of(value: str, known: Sequence[str], *, what: str, look: str) -> None:
    """Holds a word against the known ones.

    Raises:
        OptionError: it is none of them.
    """
    if value not in known:
        raise OptionError(what=what, found=value, expected=f"one of {', '.join(known) or '(none)'}", look=look)


def _address(options: Mapping[str, JSON]) -> Address:
    validate = bool(options.get("validate_certs", True))
    token = str(options["token"]).strip()
    if not token or not token.isascii() or any(letter.isspace() for letter in token):
        raise OptionError(
            what="option token",
            found="an empty text, or one with blanks or letters that a header cannot carry",
            expected="a token as KKP gave it out",
            look="the variable or the environment variable KKP_TOKEN that it comes from",
        )
    return Address(
        url=normalised(str(options["api_url"]), validate_certs=validate),
        token=token,
        validate_certs=validate,
        ca_path=str(options.get("ca_path") or ""),
        timeout=float(options.get("timeout") or 60.0),
    )


def _texts(values: Sequence[JSON]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from _texts(list(value.values()))
        elif isinstance(value, list | tuple):
            yield from _texts(value)
