# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who refused a request to the API server: told from its answer, because a refusal proves only what its author checks. Pure.

Source: API conventions, "Status kind" and "HTTP status codes"; API server, admission plugins webhook, PodSecurity and
ValidatingAdmissionPolicy, authorizer, and the validation of custom resources (structural schemas and CEL).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

JSON = Any

_WEBHOOK = re.compile(r'admission webhook "([^"]+)" denied the request')
_UNREACHED = re.compile(r'failed calling webhook "([^"]+)"|failed to call webhook')
_RBAC = re.compile(r'is forbidden: User "[^"]*" cannot ')
_POLICY = re.compile(r"ValidatingAdmissionPolicy '([^']+)'")


class Author(enum.StrEnum):
    """Who answered. ``accepted`` is no refusal, ``webhook_unreachable`` none of the object."""

    ACCEPTED = enum.auto()
    WEBHOOK = enum.auto()
    WEBHOOK_UNREACHABLE = enum.auto()
    SCHEMA = enum.auto()
    POD_SECURITY = enum.auto()
    POLICY = enum.auto()
    QUOTA = enum.auto()
    RBAC = enum.auto()
    CONFLICT = enum.auto()
    OTHER = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer to a request.

    Attributes:
        author: who.
        name: of the webhook or policy; empty for others.
        words: the message.
    """

    author: Author
    name: str
    words: str


def read(answer: JSON) -> Refusal:
    """Who refused.

    Args:
        answer: ``{"status", "body"}`` as a bench records it. What is none was answered by nobody that is known.
    """
    if not isinstance(answer, Mapping) or not isinstance(answer.get("status"), int):
        return Refusal(author=Author.OTHER, name="", words="no answer")
    status, body = int(answer["status"]), answer.get("body")
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        known = isinstance(body, Mapping) and "metadata" in body
        return Refusal(
            author=Author.ACCEPTED if known else Author.OTHER, name="", words="accepted" if known else "an answer without object"
        )
    words = str(body.get("message") or "") if isinstance(body, Mapping) else str(body)
    # What a webhook's answer says is quoted inside it, so the frame around it is looked at first.
    for author, pattern in ((Author.WEBHOOK_UNREACHABLE, _UNREACHED), (Author.WEBHOOK, _WEBHOOK), (Author.POLICY, _POLICY)):
        found = pattern.search(words)
        if found:
            return Refusal(author=author, name=next((group for group in found.groups() if group), ""), words=words)
    return Refusal(author=_by_status(status, words), name="", words=words)


def _by_status(status: int, words: str) -> Author:
    if status == HTTPStatus.FORBIDDEN:
        if _RBAC.search(words):
            return Author.RBAC
        if "violates PodSecurity" in words:
            return Author.POD_SECURITY
        return Author.QUOTA if "exceeded quota" in words else Author.OTHER
    if status == HTTPStatus.CONFLICT:
        return Author.CONFLICT
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return Author.SCHEMA
    # Unknown and mistyped fields are refused while the object is decoded, before it is validated.
    return Author.SCHEMA if status == HTTPStatus.BAD_REQUEST else Author.OTHER
