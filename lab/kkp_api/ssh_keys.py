# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH keys of a project, and which clusters have them (kkp.md 1.2, 1.3)."""

from __future__ import annotations

import base64
import binascii
import hashlib

from lab.kkp_api import access, words
from lab.kkp_api.calls import JSON, Call, Operation, Reply, part
from lab.kkp_api.cluster_access import cluster
from lab.kkp_api.refusals import bad, exists, not_found, plain
from lab.kkp_api.services import Services

_ALL = "/api/v1/projects/{project_id}/sshkeys"
_OF_CLUSTER = "/api/v2/projects/{project_id}/clusters/{cluster_id}/sshkeys"


def _fingerprint(public_key: str) -> str:
    """MD5 over the key's blob, in pairs of hex digits, as ``ssh-keygen -l -E md5`` prints it (RFC 4716, 4)."""
    words_of_key = public_key.split()
    try:
        blob = base64.b64decode(words_of_key[1], validate=True)
        kind = blob[4 : 4 + int.from_bytes(blob[:4])].decode()
    except (IndexError, ValueError, binascii.Error) as exc:
        raise bad("failed to parse public key: ssh: no key found") from exc
    if kind != words_of_key[0]:
        raise bad("failed to parse public key: ssh: no key found")
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def _shown(key: JSON) -> JSON:
    return {name: value for name, value in key.items() if name != "project"}


def _list(services: Services, call: Call) -> Reply:
    project = access.project(services, call, resource="usersshkeys", verb="list")
    return Reply([_shown(key) for key in services.store.all("sshkey", parent=project["id"])])


def _create(services: Services, call: Call) -> Reply:
    project = access.project(services, call, resource="usersshkeys", verb="create")
    body = call.document()
    name, public = str(body.get("name") or ""), str(part(body, "spec").get("publicKey") or "")
    if not name:
        raise bad("please provide a name for the ssh key")
    fingerprint = _fingerprint(public)
    if any(key["name"] == name for key in services.store.all("sshkey", parent=project["id"])):
        raise exists("ssh key", name)
    key = {
        "id": f"key-{hashlib.sha256(public.encode()).hexdigest()[:32]}-{words.suffix(4)}",
        "name": name,
        "creationTimestamp": words.now(),
        "project": project["id"],
        "spec": {"fingerprint": fingerprint, "publicKey": public},
    }
    services.store.put("sshkey", key["id"], key, parent=project["id"])
    return Reply(_shown(key), status=201)


def _delete(services: Services, call: Call) -> Reply:
    project = access.project(services, call, resource="usersshkeys", verb="delete")
    key = services.store.get("sshkey", call.path["key_id"])
    if key is None or key["project"] != project["id"]:
        raise not_found("usersshkeys.kubermatic.k8c.io", call.path["key_id"])
    with services.store.together():
        services.store.delete("sshkey", key["id"])
        for one in services.store.all("cluster", parent=project["id"]):
            if key["id"] in one["sshKeys"]:
                _save(services, one, [other for other in one["sshKeys"] if other != key["id"]])
    return Reply()


def _save(services: Services, one: JSON, keys: list[str]) -> None:
    services.store.put("cluster", one["id"], {**one, "sshKeys": keys}, parent=one["project"])


def _of_cluster(services: Services, call: Call) -> Reply:
    found = [services.store.get("sshkey", key) for key in cluster(services, call)["sshKeys"]]
    return Reply([_shown(key) for key in found if key])


def _assign(services: Services, call: Call) -> Reply:
    one = cluster(services, call, verb="update")
    key = services.store.get("sshkey", call.path["key_id"])
    if key is None or key["project"] != one["project"]:
        project = services.store.get("project", one["project"]) or {"name": "", "id": one["project"]}
        owner = f"{project['name']} ({project['id']})"
        raise plain(f"the given ssh key {call.path['key_id']} does not belong to the given project {owner}")
    if key["id"] not in one["sshKeys"]:
        _save(services, one, [*one["sshKeys"], key["id"]])
    return Reply(_shown(key), status=201)


def _detach(services: Services, call: Call) -> Reply:
    one = cluster(services, call, verb="update")
    if call.path["key_id"] not in one["sshKeys"]:
        raise not_found("sshkey", call.path["key_id"])
    _save(services, one, [key for key in one["sshKeys"] if key != call.path["key_id"]])
    return Reply()


OPERATIONS = (
    Operation("GET", _ALL, _list),
    Operation("POST", _ALL, _create),
    Operation("DELETE", f"{_ALL}/{{key_id}}", _delete),
    Operation("GET", _OF_CLUSTER, _of_cluster),
    Operation("PUT", f"{_OF_CLUSTER}/{{key_id}}", _assign),
    Operation("DELETE", f"{_OF_CLUSTER}/{{key_id}}", _detach),
)
