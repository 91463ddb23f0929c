# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong between a task and KKP, each with what, found, expected and where to look."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError

JSON = Any

_NOT_READY = frozenset({"Project is not initialized yet", "Cluster components are not ready yet"})
_TAG = re.compile(r"<[^>]*>")
_LONGEST_TEXT = 300

_LOOK: Mapping[int, str] = {
    HTTPStatus.BAD_REQUEST: "the message, which names the field",
    HTTPStatus.UNAUTHORIZED: "the option token: it may have expired, been regenerated or deleted, or belong to another KKP",
    HTTPStatus.FORBIDDEN: "the rights of the token's owner: a service account of the group projectmanagers cannot touch clusters, one of"
    " the group editors cannot touch projects, members and service accounts, and some calls are for administrators",
    HTTPStatus.NOT_FOUND: "the name or id, and whether the token's owner may see it",
    HTTPStatus.CONFLICT: "the object of that name: who made it, and when",
    HTTPStatus.INTERNAL_SERVER_ERROR: "the message: KKP answers 500 for an unknown datacenter or a value of the wrong type, too",
}
_LOOK_GATEWAY = "the ingress in front of the KKP API, and the pods of kubermatic-api"


class KkpError(ConformanceError):
    """Base of everything that goes wrong with KKP."""


class OptionError(KkpError):
    """An option of the task has a value that KKP does not know, or that cannot work; nothing was changed."""


class AmbiguousNameError(KkpError):
    """Several objects have the name: KKP's names are no ids."""


class PartialListError(KkpError):
    """KKP could not ask all of its seeds, so that what is missing from a list may exist."""


class NotReadyInTimeError(KkpError):
    """What was waited for did not come about until the deadline, or cannot any more."""


class UnreachableError(KkpError):
    """No answer.

    Attributes:
        sent: whether KKP may have received the request, and carried it out.
        final: whether asking again is pointless (a certificate that is not trusted).
    """

    def __init__(self, *, what: str, found: str, look: str, sent: bool, final: bool = False) -> None:
        super().__init__(what=what, found=found, expected="an answer of the KKP API", look=look)
        self.sent = sent
        self.final = final


class KkpApiError(KkpError):
    """KKP, or the ingress in front of it, answered with something else than success.

    Attributes:
        status: the HTTP status.
        message: KKP's own sentence; for an answer that is not KKP's, its text without markup.
        spoken: whether KKP itself answered, in its error envelope.
    """

    def __init__(self, *, what: str, status: int, message: str, spoken: bool) -> None:
        look = _LOOK.get(status, _LOOK_GATEWAY) if spoken or status == HTTPStatus.NOT_FOUND else _LOOK_GATEWAY
        super().__init__(what=what, found=f"HTTP {status}: {message}", expected="success", look=look)
        self.status = status
        self.message = message
        self.spoken = spoken

    @property
    def not_ready(self) -> bool:
        """Whether KKP refused for now: the project, or the cluster, is still being made. Nothing was carried out."""
        return self.status == HTTPStatus.SERVICE_UNAVAILABLE and self.message in _NOT_READY

    @property
    def missing(self) -> bool:
        """Whether the object does not exist."""
        return self.status == HTTPStatus.NOT_FOUND and self.spoken

    @property
    def overtaken(self) -> bool:
        """Whether somebody else changed the object in the same moment (optimistic locking)."""
        return self.status == HTTPStatus.CONFLICT and "object has been modified" in self.message


def api_error(*, what: str, status: int, content: bytes) -> KkpApiError:
    """The error for an answer that is no success.

    Args:
        what: method and path.
        status: the HTTP status.
        content: the body: KKP's envelope ``{"error": {"code", "message", "details"}}``, or whatever an ingress writes.
    """
    text = content.decode(errors="replace")
    try:
        body: JSON = json.loads(text)
    except ValueError:
        body = None
    error = body.get("error") if isinstance(body, Mapping) else None
    if isinstance(error, Mapping) and error.get("message"):
        details = "; ".join(map(str, error.get("details") or []))
        return KkpApiError(what=what, status=status, message=f"{error['message']}{f' ({details})' if details else ''}", spoken=True)
    plain = " ".join(_TAG.sub(" ", text).split())[:_LONGEST_TEXT]
    return KkpApiError(what=what, status=status, message=plain or "an empty answer", spoken=False)
