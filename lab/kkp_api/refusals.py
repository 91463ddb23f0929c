# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API answers when it does not do what was asked: status and message as KKP's (error envelope, kkp.md 1.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class RefusalError(Exception):
    """An answer that is an error.

    Args:
        status: HTTP status; the envelope repeats it.
        message: the envelope's message.
        details: further sentences; left out of the envelope when there are none.
    """

    def __init__(self, status: int, message: str, *, details: Sequence[str] = ()) -> None:
        self.status, self.message, self.details = status, message, tuple(details)
        super().__init__(message)

    def envelope(self) -> dict[str, Any]:
        """The reply's body."""
        error: dict[str, Any] = {"code": self.status, "message": self.message}
        if self.details:
            error["details"] = list(self.details)
        return {"error": error}


def unauthorized(*details: str) -> RefusalError:
    """No token, or none that was understood."""
    return RefusalError(401, "not authorized", details=details)


def invalid_token(reason: str) -> RefusalError:
    """A token that is forged, out of date or revoked."""
    return RefusalError(401, f"access denied, invalid token: {reason}")


def no_member(email: str, project: str) -> RefusalError:
    """A caller who is no member of the project."""
    return RefusalError(403, f'forbidden: "{email}" doesn\'t belong to project {project}')


def no_admin(email: str) -> RefusalError:
    """A caller without the rights of an administrator."""
    return RefusalError(403, f'forbidden: "{email}" doesn\'t have admin rights')


def forbidden(email: str, *, verb: str, resource: str, group: str = "kubermatic.k8c.io") -> RefusalError:
    """A member whose role does not allow it, in the words of Kubernetes' RBAC authorizer."""
    scope = f'cannot {verb} resource "{resource}" in API group "{group}" at the cluster scope'
    return RefusalError(403, f'{resource}.{group} is forbidden: User "{email}" {scope}')


def not_found(resource: str, name: str) -> RefusalError:
    """An object that is not there."""
    return RefusalError(404, f'{resource} "{name}" not found')


def exists(what: str, name: str) -> RefusalError:
    """A human name that is taken."""
    return RefusalError(409, f'{what} "{name}" already exists')


def bad(message: str) -> RefusalError:
    """A request that contradicts the rules."""
    return RefusalError(400, message)


def plain(message: str) -> RefusalError:
    """An error that the API does not map to a status: KKP answers 500 with its text."""
    return RefusalError(500, message)


PROJECT_NOT_READY = RefusalError(503, "Project is not initialized yet")
CLUSTER_NOT_READY = RefusalError(503, "Cluster components are not ready yet")
