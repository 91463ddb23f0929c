# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task kkp_ssh_key."""

from __future__ import annotations

from .clusters import Clusters
from .errors import OptionError
from .projects import Projects
from .scope import project_or_none
from .ssh_keys import SshKey, SshKeys, same
from .task import PROJECT_SPEC, Call, Change, Outcome, Task

_PRIVATE = "PRIVATE KEY"


def _work(call: Call) -> Outcome:
    _check_options(call)
    project = project_or_none(call, Projects(call.api))
    if project is None:
        return Outcome(
            values={"ssh_key": {}}, changes=[] if call.absent else [_change(call, before=None), *_planned(call.options["clusters"])]
        )
    keys = SshKeys(call.api, project_id=project.id)
    found = keys.find(call.text("name"))
    if call.absent:
        return _remove(call, keys, found)
    changes: list[Change] = []
    if found is None or not same(found.public_key, call.text("public_key")):
        found = _store(call, keys, found, changes)
    changes += _assign(call, keys, Clusters(call.api, project_id=project.id), found)
    return Outcome(values={"ssh_key": found.as_result() if found else {}}, changes=changes)


def _check_options(call: Call) -> None:
    key = call.text("public_key")
    if call.absent:
        return
    if _PRIVATE in key or len(key.split()) < 2:
        raise OptionError(
            what="option public_key",
            found="a private key" if _PRIVATE in key else "a text that is no public key",
            expected="one line: type, key and, perhaps, a comment",
            look="the file that ends with .pub",
        )


def _store(call: Call, keys: SshKeys, found: SshKey | None, changes: list[Change]) -> SshKey | None:
    if found is not None and not call.options["replace"]:
        raise OptionError(
            what=f"SSH key {found.name}",
            found=f"another key under that name ({found.fingerprint})",
            expected="the given key; KKP cannot change a key",
            look="the option replace: with it the key is deleted and made anew, and only the clusters of the option clusters have it then",
        )
    changes.append(_change(call, before=found))
    if call.check_mode:
        return None
    if found is not None:
        keys.delete(found)
    return keys.create(name=call.text("name"), public_key=call.text("public_key"))


def _change(call: Call, *, before: SshKey | None) -> Change:
    return Change(
        header=f"SSH key {call.text('name')}",
        before={"public_key": before.public_key} if before else {},
        after={} if call.absent else {"public_key": call.text("public_key")},
    )


def _planned(clusters: list[str]) -> list[Change]:
    return [Change(header=f"SSH keys of cluster {name}", before={}, after={"assigned": True}) for name in clusters]


def _assign(call: Call, keys: SshKeys, clusters: Clusters, key: SshKey | None) -> list[Change]:
    missing: list[str] = []
    for name in call.options["clusters"]:
        cluster = clusters.find(name)
        if cluster is None and not call.check_mode:
            raise OptionError(
                what=f"cluster {name}",
                found="no cluster of that name or id",
                expected="one to assign the key to",
                look="the option clusters",
            )
        if cluster is not None and key is not None and key.id in keys.assigned(clusters.path(cluster.id)):
            continue
        missing.append(name)
        if cluster is not None and key is not None and not call.check_mode:
            keys.assign(key, clusters.path(cluster.id))
    return _planned(missing)


def _remove(call: Call, keys: SshKeys, found: SshKey | None) -> Outcome:
    if found is None:
        return Outcome(values={"ssh_key": {}})
    if not call.check_mode:
        keys.delete(found)
    return Outcome(values={"ssh_key": {}}, changes=[_change(call, before=found)])


TASK = Task(
    work=_work,
    options={
        **PROJECT_SPEC,
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "public_key": {"type": "str", "no_log": False},
        "replace": {"type": "bool", "default": False},
        "clusters": {"type": "list", "elements": "str", "default": []},
    },
    required_if=[("state", "present", ["public_key"])],
)
