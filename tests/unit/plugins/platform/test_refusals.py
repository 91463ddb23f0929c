# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who refused is told from the answer; what nobody refused is no refusal."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._platform.refusals import Author, read

JSON = Any


def answer(status: int, message: str) -> JSON:
    return {"status": status, "body": {"kind": "Status", "message": message}}


@pytest.mark.parametrize(
    ("status", "message", "author", "name"),
    [
        (403, 'admission webhook "v.kb.io" denied the request: spec is wrong', Author.WEBHOOK, "v.kb.io"),
        (422, 'admission webhook "v.kb.io" denied the request: RayCluster "x" is invalid', Author.WEBHOOK, "v.kb.io"),
        (403, 'admission webhook "v.kb.io" denied the request: is forbidden: User "x" cannot do that', Author.WEBHOOK, "v.kb.io"),
        (500, 'Internal error occurred: failed calling webhook "v.kb.io": connection refused', Author.WEBHOOK_UNREACHABLE, "v.kb.io"),
        (500, 'failed calling webhook "v.kb.io": admission webhook "v.kb.io" denied the request', Author.WEBHOOK_UNREACHABLE, "v.kb.io"),
        (422, 'TrainJob.trainer.kubeflow.org "x" is invalid: spec.managedBy: Invalid value', Author.SCHEMA, ""),
        (422, "RayCluster is invalid: spec.headGroupSpec: Required value", Author.SCHEMA, ""),
        (400, 'TrainJob in version "v1alpha1" cannot be handled: strict decoding error: unknown field "x"', Author.SCHEMA, ""),
        (403, 'trainjobs is forbidden: User "x" cannot create resource "trainjobs" in API group', Author.RBAC, ""),
        (403, 'pods "p" is forbidden: violates PodSecurity "restricted:latest": hostPath volumes', Author.POD_SECURITY, ""),
        (403, 'pods "p" is forbidden: exceeded quota: q', Author.QUOTA, ""),
        (422, "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no", Author.POLICY, "p"),
        (409, "already exists", Author.CONFLICT, ""),
        (404, "the server could not find the requested resource", Author.OTHER, ""),
        (403, "no reason given", Author.OTHER, ""),
        (503, "the server is unable to handle the request", Author.OTHER, ""),
    ],
)
def test_the_author_of_a_refusal(status: int, message: str, author: Author, name: str) -> None:
    refusal = read(answer(status, message))
    assert (refusal.author, refusal.name, refusal.words) == (author, name, message)


@pytest.mark.parametrize("nothing", [None, "", [], {}, 0, {"status": "200"}, {"status": 200, "body": None}, {"status": 200, "body": "ok"}])
def test_what_is_no_answer_is_neither_accepted_nor_refused(nothing: JSON) -> None:
    assert read(nothing).author is Author.OTHER


def test_an_object_is_accepted() -> None:
    assert read({"status": 201, "body": {"metadata": {"name": "x"}}}).author is Author.ACCEPTED
