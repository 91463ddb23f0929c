# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role ai_gateway hands to the charts of each implementation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .rendering import rendered

JSON = Any
Told = dict[str, JSON]

PROVIDERS = ("envoy_gateway", "kgateway", "agentgateway", "kubelb", "lab")
ASKED = """{
  'charts': dict(__ai_gateway_charts[__ai_gateway_implementation] | map(attribute='chart')
                 | zip(__ai_gateway_charts[__ai_gateway_implementation] | map(attribute='chart_values'))),
  'pinned': platform_versions_set.ai_gateway.charts,
  'parts': __ai_gateway_parts[__ai_gateway_implementation],
  'bundles': __ai_gateway_bundles[__ai_gateway_implementation] | default([]),
  'gateway': __ai_gateway_gateway_values,
  'manager': __ai_gateway_kubelb_manager_values,
  'tenant': __ai_gateway_kubelb_space,
  'helm': __ai_gateway_helm_provider,
}"""
CASES: dict[str, JSON] = {
    **{provider: {"ai_gateway_provider": provider} for provider in PROVIDERS},
    "tolerant": {"ai_gateway_provider": "lab", "ai_gateway_tolerations": [{"operator": "Exists"}]},
    "own values": {
        "ai_gateway_provider": "kgateway",
        "ai_gateway_values": {"inferenceExtension": {"enabled": False}, "image": {"tag": "mine"}},
    },
    "tenant": {"ai_gateway_provider": "kubelb", "ai_gateway_kubelb_tenant": "team-a", "ai_gateway_tls_hostnames": ["a.example"]},
    "prefixed tenant": {"ai_gateway_provider": "kubelb", "ai_gateway_kubelb_tenant": "tenant-team-a"},
    "no ccm": {"ai_gateway_provider": "kubelb", "ai_gateway_kubelb_ccm": False},
    "with kgateway": {"ai_gateway_provider": "kubelb", "ai_gateway_kubelb_kgateway": True},
    "own certificate": {"ai_gateway_tls_hostnames": ["a.example"]},
    "given certificate": {"ai_gateway_tls_secret": "mine"},
    "mirror": {"platform_versions_registry": "registry.example.com/mirror"},
}


@pytest.fixture(scope="module")
def told(root: Path) -> Told:
    return rendered(root, "ai_gateway", ASKED, CASES)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_chart_is_pinned_and_every_part_is_there(told: Told, root: Path, provider: str) -> None:
    assert told[provider]["charts"].keys() <= told[provider]["pinned"].keys()
    assert all((root / f"roles/ai_gateway/tasks/{part}.yml").is_file() for part in told[provider]["parts"])


@pytest.mark.parametrize("provider", ["kgateway", "agentgateway"])
def test_who_knows_pools_is_told_to_and_finds_their_crds(told: Told, provider: str) -> None:
    found = told[provider]
    assert found["charts"][provider]["inferenceExtension"] == {"enabled": True}
    assert list(found["charts"]) == [f"{provider}-crds", provider]
    assert found["bundles"] == ["gateway-crds", "inference-crds"]
    assert found["parts"].index("crds") < found["parts"].index("controller")


@pytest.mark.parametrize("provider", ["envoy_gateway", "lab"])
def test_envoy_gateway_may_reach_the_body_based_router(told: Told, provider: str) -> None:
    values = told[provider]["charts"]["gateway-helm"]
    assert values["config"]["envoyGateway"]["extensionApis"] == {"enableBackend": True}


def test_pods_of_envoy_gateway_run_where_they_may(told: Told) -> None:
    values = told["tolerant"]["charts"]["gateway-helm"]
    assert values["deployment"]["pod"]["tolerations"] == values["certgen"]["job"]["tolerations"] == [{"operator": "Exists"}]


def test_the_lab_differs_in_nothing_but_where_its_chart_is(told: Told) -> None:
    ours, theirs = told["lab"], told["envoy_gateway"]
    assert {key for key in ours if ours[key] != theirs[key]} == {"helm"}
    assert (ours["helm"], theirs["helm"]) == ("lab", "helm")


def test_values_of_the_user_win(told: Told) -> None:
    values = told["own values"]["charts"]["kgateway"]
    assert values["inferenceExtension"] == {"enabled": False}
    assert values["image"] == {"tag": "mine"}


def test_kubelb_serves_gateway_api_and_brings_its_crds(told: Told) -> None:
    values, gateway = told["tenant"]["charts"]["kubelb-ccm"]["kubelb"], told["tenant"]["gateway"]
    assert (values["enableGatewayAPI"], values["installGatewayAPICRDs"], values["enableSecretSynchronizer"]) == (True, True, True)
    assert (values["tenantName"], values["clusterSecretName"]) == ("team-a", "kubelb-cluster")
    assert gateway["gatewayClass"]["make"] is False
    assert gateway["gatewayClass"]["name"] == gateway["gateway"]["name"] == "kubelb"
    assert gateway["bodyRouting"] is False


@pytest.mark.parametrize("case", ["tenant", "prefixed tenant"])
def test_a_tenant_may_be_named_with_its_prefix(told: Told, case: str) -> None:
    assert told[case]["tenant"] == "tenant-team-a"


def test_kkp_may_run_the_cloud_controller_manager(told: Told) -> None:
    assert told["no ccm"]["charts"] == {}


@pytest.mark.parametrize(("case", "wanted"), [("kubelb", False), ("with kgateway", True)])
def test_the_manager_is_told_of_kgateways_crds_by_both_names(told: Told, *, case: str, wanted: bool) -> None:
    addons = told[case]["manager"]["kubelb-addons"]
    assert addons["kgateway"]["crds"]["enabled"] is wanted
    assert addons["kgateway-crds"]["enabled"] is wanted
    assert addons["kgateway"]["enabled"] is wanted


@pytest.mark.parametrize(("case", "secret"), [("envoy_gateway", ""), ("own certificate", "ai-gateway-tls"), ("given certificate", "mine")])
def test_the_listener_has_the_certificate_that_there_is(told: Told, case: str, secret: str) -> None:
    assert told[case]["gateway"]["gateway"]["tlsSecret"] == secret


def test_images_are_those_of_the_version_set_wherever_they_come_from(told: Told) -> None:
    images = told["mirror"]["gateway"]["images"]
    assert set(images) == {"envoy", "epp", "bbr"}
    assert all(image.startswith("registry.example.com/mirror/") for image in images.values())
