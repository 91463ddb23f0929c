# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent to other people's clusters."""

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._platform.identity import RUN_LABEL, Identity
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import (
    Exactly,
    FirstAvailable,
    claim,
    claim_template,
    namespace,
    resource_slice,
)
from ansible_collections.ailab.conformance.plugins.module_utils._platform.probes import Accelerators, ClaimUse, Probe, probe_pod

PROBE = Probe(accelerators=Accelerators(claim=ClaimUse(template="t")), containers=("a", "b"))


def test_a_probe_passes_the_restricted_standard() -> None:
    spec = probe_pod(PROBE, image="i", tolerations=[]).fields["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert 0 < spec["terminationGracePeriodSeconds"] <= 1
    for container in spec["containers"]:
        assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        assert container["resources"]["claims"] == [{"name": "devices"}]
    assert "nodeName" not in spec


def test_a_probe_sleeps_and_ends_at_once_when_told_to() -> None:
    command = probe_pod(PROBE, image="i", tolerations=[]).fields["spec"]["containers"][0]["command"]
    with subprocess.Popen(command) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.terminate()
        assert process.wait(3) == 0


def test_claims_of_a_template_carry_the_runs_labels() -> None:
    labels = Identity(run_id="20261122T053000Z-1a2b3c", requirement="dra_support").labels
    assert claim_template(Exactly(device_class="c"), labels=labels).fields["spec"]["metadata"]["labels"] == labels


def test_requests_are_as_the_api_has_them() -> None:
    exact = claim(Exactly(device_class="c", selectors=("true",), count=2)).fields["spec"]["devices"]["requests"]
    assert exact == [
        {
            "name": "gpu",
            "exactly": {"deviceClassName": "c", "allocationMode": "ExactCount", "count": 2, "selectors": [{"cel": {"expression": "true"}}]},
        }
    ]
    listed = claim(FirstAvailable(alternatives={"a": Exactly(device_class="c"), "b": Exactly(device_class="d")}))
    assert [item["name"] for item in listed.fields["spec"]["devices"]["requests"][0]["firstAvailable"]] == ["a", "b"]


def test_only_the_namespace_for_it_allows_admin_access() -> None:
    assert "resource.kubernetes.io/admin-access" not in namespace().labels
    assert namespace(admin_access=True).labels["resource.kubernetes.io/admin-access"] == "true"
    assert namespace().labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_a_slice_of_ours_belongs_to_a_driver_that_cannot_exist() -> None:
    assert resource_slice(driver="none.ai-conformance.invalid", pool="p").fields["spec"]["driver"].endswith(".invalid")


@pytest.mark.parametrize("name", ["x", "secure_accelerator_access" * 4, "a" * 55 + "-."])
def test_unique_names_fit_and_end_in_the_runs_digits(name: str) -> None:
    unique = Identity(run_id="20261122T053000Z-1a2b3c", requirement="r").unique(name)
    assert len(unique) <= 63
    assert unique.endswith("-1a2b3c")
    assert "_" not in unique
    assert ".-" not in unique


def test_everything_carries_the_run() -> None:
    identity = Identity(run_id="20261122T053000Z-1a2b3c", requirement="dra_support")
    assert identity.labels[RUN_LABEL] == identity.run_id
    assert identity.selector == "ai-conformance/run=20261122T053000Z-1a2b3c,ai-conformance/requirement=dra_support"
