# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What checks were recorded asking of an API server is what they declare that they need."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.inference.settings import OPTIONS, InferenceSettings
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import CHECKS
from ansible_collections.ailab.conformance.plugins.module_utils._engine.role import rules
from ansible_collections.ailab.conformance.plugins.module_utils._engine.suite import needs_of

from .playing import defaults

RECORDED = Path(__file__).parent / "recorded"
SWITCHED_ON = {"INF-10": InferenceSettings(**defaults(OPTIONS, conformance_suite_image="suite"))}
"""Settings under which a check was recorded, where it does more with them."""

RESOURCE = re.compile(
    r"/(?:api|apis/(?P<group>[^/]+))/[^/]+(?:/namespaces/[^/]+(?=/))?/(?P<plural>[a-z]+)(?:/(?P<name>[^/]+))?(?:/(?P<sub>[a-z]+))?"
)


def asked(verb: str, path: str) -> tuple[str, str, str] | None:
    """Group, resource and verb as the API server authorizes them; None for what is no resource, which everybody may read."""
    found = RESOURCE.match(path.partition("?")[0])
    if found is None:
        return None
    sub = "exec" if verb == "exec" else found["sub"]
    verb = "create" if verb == "exec" else "list" if verb == "get" and not found["name"] else verb
    return found["group"] or "", f"{found['plural']}{f'/{sub}' if sub else ''}", verb


@pytest.mark.parametrize("identifier", sorted({path.stem for path in RECORDED.rglob("*.jsonl")} & set(CHECKS)))
def test_every_recorded_request_is_declared(identifier: str) -> None:
    allowed = {
        (group, name, verb)
        for rule in rules(needs_of([CHECKS[identifier]], SWITCHED_ON.get(identifier)).all_rights())
        for group in rule["apiGroups"]
        for name in rule["resources"]
        for verb in rule["verbs"]
    }
    lines = [json.loads(line) for path in RECORDED.rglob(f"{identifier}.jsonl") for line in path.read_text().splitlines()]
    requests = {(line["request"]["verb"], line["request"]["path"]) for line in lines if isinstance(line, dict) and line.get("request")}
    assert {found for request in requests if (found := asked(*request)) is not None} <= allowed


def test_requests_are_read_as_the_server_reads_them() -> None:
    assert asked("exec", "/api/v1/namespaces/a/pods/b") == ("", "pods/exec", "create")
    assert asked("get", "/apis/apps/v1/deployments?limit=1") == ("apps", "deployments", "list")
    assert asked("get", "/api/v1/namespaces/kube-system") == ("", "namespaces", "get")
    assert asked("get", "/api/v1/namespaces/a/services/http:b:80/proxy/metrics") == ("", "services/proxy", "get")
    assert asked("get", "/apis/resource.k8s.io") is None
