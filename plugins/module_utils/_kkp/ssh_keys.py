# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH keys of a project, and the clusters that they are assigned to. Source: KKP API v1 /sshkeys, v2 /clusters/{c}/sshkeys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .client import Api, segment
from .projects import by_id_or_name

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SshKey:
    """A public key.

    Attributes:
        id: KKP's own.
        name: unique in its project.
        public_key: type, key and, perhaps, comment.
        fingerprint: as KKP computed it.
    """

    id: str
    name: str
    public_key: str
    fingerprint: str

    @classmethod
    def of(cls, body: JSON) -> SshKey:
        """The key of an answer."""
        spec = body.get("spec") or {}
        return cls(
            id=body["id"], name=body["name"], public_key=str(spec.get("publicKey") or ""), fingerprint=str(spec.get("fingerprint") or "")
        )

    def as_result(self) -> dict[str, JSON]:
        """What a task returns."""
        return {"id": self.id, "name": self.name, "fingerprint": self.fingerprint, "public_key": self.public_key}


class SshKeys:
    """The SSH keys of a project."""

    def __init__(self, api: Api, *, project_id: str) -> None:
        self._api = api
        self._path = f"/api/v1/projects/{segment(project_id)}/sshkeys"

    def find(self, wanted: str) -> SshKey | None:
        """The key with this id or name; None where there is none."""
        return by_id_or_name([SshKey.of(body) for body in self._api.get(self._path) or []], wanted, what="SSH key")

    def create(self, *, name: str, public_key: str) -> SshKey:
        """Stores a key."""
        body = {"name": name, "spec": {"publicKey": public_key}}
        return self._api.create(self._path, body, look=lambda: self.find(name), read=SshKey.of)

    def delete(self, key: SshKey) -> None:
        """Removes a key, from its clusters too."""
        self._api.delete(f"{self._path}/{segment(key.id)}")

    def assigned(self, cluster_path: str) -> set[str]:
        """Ids of the keys that are assigned to a cluster."""
        return {str(body["id"]) for body in self._api.get(f"{cluster_path}/sshkeys") or []}

    def assign(self, key: SshKey, cluster_path: str) -> None:
        """Assigns a key to a cluster: its nodes let the owner in."""
        self._api.put(f"{cluster_path}/sshkeys/{segment(key.id)}")


def same(one: str, other: str) -> bool:
    """Whether two public keys are the same key, whatever their comments."""
    return one.split()[:2] == other.split()[:2]
