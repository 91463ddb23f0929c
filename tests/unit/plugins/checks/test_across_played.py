# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""INF-09 from its first request to its verdict, with a gateway that keeps to its grants and with one that does not."""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.inference import certificates
from ansible_collections.ailab.conformance.plugins.module_utils._checks.inference.settings import OPTIONS, InferenceSettings
from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Recorder, Seen
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Manifest
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workspace import Workspace

from .playing import defaults
from .test_across import HOST, REFUSED, RESOLVED, no_tls, tls

JSON = Any


class Implementation:
    """A gateway that serves a certificate of another namespace where there is a grant, and otherwise if it leaks."""

    def __init__(self, api: Any, *, leaks: bool = False) -> None:
        self.api, self.leaks = api, leaks
        self.keys: list[str] = []
        others = api.created

        def created(item: JSON) -> None:
            others(item)
            if item["kind"] == "Secret":
                self.keys.append(base64.b64decode(item["data"]["tls.key"]).decode())
            if item["kind"] in {"Gateway", "ReferenceGrant"}:
                self._programme()

        api.created = created
        accepted = {"conditions": [{"type": "Accepted", "status": "True"}]}
        api.put("GatewayClass", "any", status=accepted)

    @property
    def granted(self) -> bool:
        """Whether there is a grant that names the gateways' namespace, and the Secret."""
        (used,) = self.api.of_kind("Gateway")
        wanted = used["spec"]["listeners"][1]["tls"]["certificateRefs"][0]
        by = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": used["metadata"]["namespace"]}
        to = {"group": "", "kind": "Secret", "name": wanted["name"]}
        return any(
            item["metadata"]["namespace"] == wanted["namespace"] and item["spec"] == {"from": [by], "to": [to]}
            for item in self.api.of_kind("ReferenceGrant")
        )

    def execute(self, _path: str, *, container: str, command: Any, seconds: float) -> SimpleNamespace:
        """What the client's curl says."""
        assert container
        assert seconds > 0
        if not any(word.startswith("https://") for word in command):
            return SimpleNamespace(exit_code=0, stdout="v1 200\n", stderr="")
        assert command[command.index("--connect-to") + 1] == f"{HOST}:443:10.0.0.1:443"
        assert not {"-k", "--insecure"} & set(command)
        (made,) = self.api.of_kind("Secret")
        certificate = base64.b64decode(made["data"]["tls.crt"]).decode()
        return SimpleNamespace(**(tls(certificate=certificate) if self.granted or self.leaks else no_tls()))

    def _programme(self) -> None:
        for item in self.api.of_kind("Gateway"):
            fields = {"spec": item["spec"], "status": (RESOLVED if self.granted else REFUSED)["status"]}
            self.api.put("Gateway", item["metadata"]["name"], space=item["metadata"]["namespace"], **copy.deepcopy(fields))


@pytest.fixture
def space(spaces: Callable[..., Workspace]) -> Workspace:
    """A workspace of ai_inference."""
    own = InferenceSettings(**defaults(OPTIONS, gateway_seconds=2.0, route_seconds=2.0))
    return spaces("ai_inference", own)


def played(space: Workspace, *, given: bool) -> Seen:
    """One side's half about certificates."""
    record = Recorder(space.cluster.clock)
    bench = Bench(workspace=space, prefix=f"inf-09-{'subject' if given else 'control'}", record=record)
    certificates.stand(bench)
    certificates.observe(bench, given=given)
    return record.seen


@pytest.mark.parametrize("first", [True, False], ids=["subject first", "control first"])
def test_both_sides_of_the_story(*, api: Any, cluster: Any, space: Workspace, first: bool) -> None:
    cluster.execute = Implementation(api).execute
    found = {given: certificates.evaluate(played(space, given=given)) for given in (first, not first)}
    assert (found[True].verdict, found[True].reason) == (Verdict.PASS, "granted")
    assert (found[False].verdict, found[False].reason) == (Verdict.FAIL, certificates.REFUSED)
    # One gateway for both sides, and it is let go when the last request has been sent, so that its proxy keeps no node.
    made = [path for method, path in api.requests if method == "POST" and path.endswith("/gateways")]
    assert (len(made), len(api.of_kind("Gateway")), len(api.of_kind("Secret"))) == (1, 0, 1)


def test_a_gateway_that_leaks_is_found_by_both_sides(api: Any, cluster: Any, space: Workspace) -> None:
    cluster.execute = Implementation(api, leaks=True).execute
    assert {certificates.evaluate(played(space, given=given)).reason for given in (True, False)} == {"certificate-leaked"}


def test_the_key_is_nowhere_but_in_the_secret(api: Any, cluster: Any, space: Workspace, tmp_path: Path) -> None:
    made = Implementation(api)
    cluster.execute = made.execute
    seen = [played(space, given=given) for given in (True, False)]
    (key,) = made.keys
    text = json.dumps([[fact.name, fact.data, None if fact.request is None else fact.request.body] for one in seen for fact in one.facts])
    text += (tmp_path / "ledger").read_text()
    encoded = base64.b64encode(key.encode()).decode()
    lines = key.splitlines()[1:-1]
    assert re.search(r"create.certificate.*\(redacted\)", text)
    for secret in (*lines, encoded, *(encoded[start : start + 40] for start in range(0, len(encoded) - 40, 20))):
        assert secret not in text
    # Nobody has read a Secret back.
    assert [path for method, path in api.requests if "/secrets" in path and method != "POST"] == []


def test_the_namespace_goes_with_the_secret(api: Any, cluster: Any, space: Workspace) -> None:
    cluster.execute = Implementation(api).execute
    played(space, given=True)
    space.__exit__(None, None, None)
    assert (space.leaked, space.problem) == ((), None)
    assert [api.of_kind(kind) for kind in ("Secret", "Gateway", "HTTPRoute", "ReferenceGrant")] == [[], [], [], []]
    assert [item["metadata"]["name"] for item in api.of_kind("Namespace")] == ["kube-system"]


def test_nothing_is_left_in_a_namespace_of_somebody_else(api: Any, space: Workspace) -> None:
    api.put("Namespace", "theirs")
    bench = Bench(workspace=space, prefix="x", record=Recorder(space.cluster.clock))
    with pytest.raises(PermissionError, match="theirs"):
        bench.deposit("thing", Manifest(kind=kinds.SECRET, fields={}), space="theirs")
    assert api.of_kind("Secret") == []


def test_a_gateway_without_an_address_decides_nothing(api: Any, space: Workspace) -> None:
    api.put("GatewayClass", "any", status={"conditions": [{"type": "Accepted", "status": "True"}]})
    own = space.settings.own
    assert isinstance(own, InferenceSettings)
    own = replace(own, gateway_seconds=1.0)
    space.settings = replace(space.settings, own=own)
    finding = certificates.evaluate(played(space, given=False))
    assert (finding.verdict, finding.reason) == (Verdict.INCONCLUSIVE, "tls-not-tried")
