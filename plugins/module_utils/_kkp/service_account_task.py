# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task kkp_service_account. A token goes from KKP into a private file and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import private_file
from .errors import OptionError
from .projects import Projects
from .scope import project_or_none
from .service_accounts import GROUPS, ServiceAccount, ServiceAccounts, Token, is_of
from .task import PROJECT_SPEC, Call, Change, Outcome, Task, waiting

JSON = Any


def _work(call: Call) -> Outcome:
    project = project_or_none(call, Projects(call.api))
    if project is None:
        return Outcome(values=_values(None, None), changes=[] if call.absent else [_account_change(call, None), *_planned_token(call)])
    accounts = ServiceAccounts(call.api, project_id=project.id)
    found = accounts.find(call.text("name"))
    if call.absent:
        return _remove(call, accounts, found)
    changes: list[Change] = []
    if found is None or found.group != call.text("group"):
        changes.append(_account_change(call, found))
        if call.check_mode:
            return Outcome(values=_values(found, None), changes=[*changes, *(_planned_token(call) if found is None else [])])
        found = accounts.move(found, group=call.text("group")) if found else _make(call, accounts)
    if call.waits:
        found = accounts.wait_active(found, seconds=call.seconds)
    token = _token(call, accounts, found, changes) if call.text("token_name") else None
    return Outcome(values=_values(found, token), changes=changes)


def _values(account: ServiceAccount | None, token: Token | None) -> dict[str, JSON]:
    return {"service_account": account.as_result() if account else {}, "service_account_token": token.as_result() if token else {}}


def _make(call: Call, accounts: ServiceAccounts) -> ServiceAccount:
    return accounts.create(name=call.text("name"), group=call.text("group"))


def _account_change(call: Call, before: ServiceAccount | None) -> Change:
    return Change(
        header=f"service account {call.text('name')}",
        before={"group": before.group} if before else {},
        after={} if call.absent else {"group": call.text("group")},
    )


def _planned_token(call: Call) -> list[Change]:
    return [_token_change(call, before="", after="a new one")] if call.text("token_name") else []


def _token_change(call: Call, *, before: str, after: str) -> Change:
    header = f"token {call.text('token_name')} in {call.text('token_dest')}"
    return Change(header=header, before={"state": before} if before else {}, after={"state": after})


def _token(call: Call, accounts: ServiceAccounts, account: ServiceAccount, changes: list[Change]) -> Token | None:
    dest = Path(call.text("token_dest"))
    held = (private_file.read(dest) or b"").decode(errors="replace")
    found = accounts.find_token(account, call.text("token_name"))
    if found is None:
        changes.append(_token_change(call, before="", after="a new one"))
        return None if call.check_mode else _written(dest, accounts.create_token(account, name=call.text("token_name")))
    if is_of(held, found) and not found.invalidated and call.text("token_regenerate") != "always":
        if not private_file.is_private(dest):
            changes.append(_token_change(call, before="readable for others", after="private"))
            if not call.check_mode:
                private_file.write(dest, held.encode())
        return found
    if call.text("token_regenerate") == "never":
        raise OptionError(
            what=f"token {found.name} of service account {account.name}",
            found=f"{'a token that KKP has invalidated' if found.invalidated else f'no copy of it in {dest}'}; KKP shows a token only once",
            expected="a valid copy",
            look="the option token_regenerate, which makes it anew and ends every other copy, or another token_name",
        )
    changes.append(_token_change(call, before="another one" if held else "none here", after="made anew"))
    return found if call.check_mode else _written(dest, accounts.regenerate(account, found))


def _written(dest: Path, token: Token) -> Token:
    private_file.write(dest, token.secret.encode())
    return token


def _remove(call: Call, accounts: ServiceAccounts, found: ServiceAccount | None) -> Outcome:
    if found is None:
        return Outcome(values=_values(None, None))
    if not call.check_mode:
        accounts.delete(found)
    return Outcome(values=_values(None, None), changes=[_account_change(call, found)])


TASK = Task(
    work=_work,
    options={
        **PROJECT_SPEC,
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "group": {"type": "str", "choices": list(GROUPS), "default": "editors"},
        "token_name": {"type": "str", "no_log": False},
        "token_dest": {"type": "path", "no_log": False},
        "token_regenerate": {"type": "str", "choices": ["never", "missing", "always"], "default": "never", "no_log": False},
        **waiting(120.0),
    },
    required_together=[("token_name", "token_dest")],
)
