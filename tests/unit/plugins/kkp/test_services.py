# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""kkp_preset, kkp_quota_info, kkp_application and kkp_mla."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.application_task import TASK as APPLICATION
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.cluster_task import TASK as CLUSTER
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.errors import KkpApiError, NotReadyInTimeError, OptionError
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.mla_task import TASK as MLA
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.preset_task import TASK as PRESET
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.project_task import TASK as PROJECT
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.quota_task import TASK as QUOTA

from tests.unit.plugins.kkp.fake_kkp import Fault, envelope
from tests.unit.plugins.kkp.harness import Bench

JSON = Any

HERE = {"project": "ai-platform", "cluster": "gpu-prod"}
SELECTED = {"project": "ai-platform", "provider": "openstack", "name": "openstack-ai"}
MADE: dict[str, JSON] = {
    "provider": "openstack",
    "name": "openstack-ai",
    "fields": {"floatingIPPool": "public", "domain": "Default"},
    "credentials": {"applicationCredentialID": "id-of-robot", "applicationCredentialSecret": "pa55-of-robot"},
}
APP: dict[str, JSON] = {
    **HERE,
    "name": "kueue-instance",
    "application": "kueue",
    "version": "v0.13.4",
    "target_namespace": "kueue-system",
    "values": {"nameOverride": "kueue"},
}
RULES = {"name": "accelerators", "rules": [{"alert": "Hot", "expr": "DCGM_FI_DEV_GPU_TEMP > 85"}]}


@pytest.fixture
def owner(user: Bench) -> Bench:
    """Somebody with a cluster."""
    user.run(PROJECT, name="ai-platform")
    user.run(CLUSTER, project="ai-platform", name="gpu-prod", version="1.34", datacenter="os-fra", provider="openstack")
    return user


def test_a_preset_is_made_selected_and_never_shown(owner: Bench) -> None:
    results = [owner.run(PRESET, check=True, **MADE), owner.run(PRESET, **MADE), owner.run(PRESET, **MADE), owner.run(PRESET, **SELECTED)]
    assert [result["changed"] for result in results] == [True, True, False, False]
    assert results[-1]["preset"] == {"name": "openstack-ai", "enabled": True, "customizable": False, "fields": {"floatingIPPool": "public"}}
    assert "of-robot" not in json.dumps(results)
    assert owner.kkp.state["presets"]["openstack-ai"]["spec"]["openstack"]["applicationCredentialSecret"] == "pa55-of-robot"


def test_a_preset_that_is_not_there_is_not_made_of_nothing(owner: Bench) -> None:
    with pytest.raises(OptionError, match="no such preset, or none that the token's owner may use"):
        owner.run(PRESET, **SELECTED)


def test_a_preset_is_changed_as_a_whole(owner: Bench) -> None:
    owner.run(PRESET, **MADE)
    with pytest.raises(OptionError, match="other values of floatingIPPool, and no credentials"):
        owner.run(PRESET, provider="openstack", name="openstack-ai", fields={"floatingIPPool": "other"})
    changed = owner.run(PRESET, **{**MADE, "fields": {"floatingIPPool": "other"}})
    assert changed["diff"][0]["before"] == {"floatingIPPool": "public"}
    assert owner.run(PRESET, **{**MADE, "fields": {}}, update_credentials="always")["changed"]


def test_a_preset_is_switched_off_and_removed(owner: Bench) -> None:
    owner.run(PRESET, **MADE)
    assert owner.run(PRESET, **SELECTED, enabled=False)["preset"]["enabled"] is False
    assert not owner.run(PRESET, **SELECTED, enabled=False)["changed"]
    gone = {"provider": "openstack", "name": "openstack-ai", "state": "absent"}
    assert owner.run(PRESET, **gone)["changed"]
    assert not owner.run(PRESET, **gone)["changed"]


def test_making_a_preset_takes_an_administrator(owner: Bench) -> None:
    said = envelope(403, 'forbidden: "bob@acme.com" doesn\'t have admin rights')
    owner.kkp.faults.append(Fault(method="POST", path="/presets$", status=403, content=said))
    with pytest.raises(KkpApiError, match="doesn't have admin rights.*some calls are for administrators"):
        owner.run(PRESET, **MADE)


def test_a_quota_says_what_is_left_and_what_fits(owner: Bench) -> None:
    owner.kkp.state["quota"] = {"cpu": 100, "memory": 512}
    machines = {"replicas": 2, "vcpus": 16, "memory_mb": 131072}
    result = owner.run(QUOTA, project="ai-platform", machines=machines)
    assert result["free"] == {"cpu": 80, "memory": 512}
    assert result["calculation"] == {"fits": True, "message": "", "quota": {"cpu": 32}}
    over = owner.run(QUOTA, project="ai-platform", machines={**machines, "replicas": 9})
    assert over["calculation"]["message"] == "quota exceeded for cpu"


@pytest.mark.parametrize(("content", "supported"), [(b"404 page not found\n", False), (envelope(404, "no quota not found"), True)])
def test_no_quota_and_no_quotas_at_all(owner: Bench, content: bytes, *, supported: bool) -> None:
    owner.kkp.faults.append(Fault(method="GET", path="/quota$", status=404, content=content))
    result = owner.run(QUOTA, project="ai-platform")
    assert (result["supported"], result["quota"]) == (supported, {})


def test_an_application_is_installed_and_waited_for(owner: Bench) -> None:
    result = owner.run(APPLICATION, **APP)
    assert result["application"]["ready"]
    assert [condition["type"] for condition in result["application"]["conditions"]] == ["ManifestsRetrieved", "Ready"]
    (request,) = owner.kkp.asked("POST", "/applicationinstallations$")
    assert request.body["namespace"] == "kueue-system"
    assert request.body["spec"]["namespace"] == {"name": "kueue-system", "create": True}
    assert not owner.run(APPLICATION, **APP)["changed"]


def test_values_are_compared_as_data_and_the_rest_is_kept(owner: Bench) -> None:
    owner.run(APPLICATION, **APP, deploy_options={"helm": {"wait": True, "timeout": "10m"}})
    owner.kkp.state["applications"][("kueue-system", "kueue-instance")]["spec"]["valuesBlock"] = '{"nameOverride": "kueue"}'
    assert not owner.run(APPLICATION, **APP)["changed"]
    result = owner.run(APPLICATION, **{**APP, "values": {"nameOverride": "other"}})
    assert result["diff"][0]["before"] == {"values": {"nameOverride": "kueue"}}
    assert owner.kkp.asked("PUT", "/applicationinstallations/")[-1].body["spec"]["deployOptions"]["helm"]["timeout"] == "10m"
    unsaid = {key: value for key, value in APP.items() if key != "values"}
    assert not owner.run(APPLICATION, **unsaid)["changed"]


def test_an_installation_that_fails_speaks_with_helms_words(owner: Bench) -> None:
    owner.kkp.state["helm_says"] = "context deadline exceeded"
    with pytest.raises(NotReadyInTimeError, match=r"Ready is False \(InstallationFailed: context deadline exceeded\)"):
        owner.run(APPLICATION, **APP, wait_timeout=20)


def test_an_application_goes_unless_it_is_enforced(owner: Bench) -> None:
    owner.run(APPLICATION, **APP)
    gone = {**HERE, "name": "kueue-instance", "namespace": "kueue-system", "state": "absent"}
    owner.kkp.state["enforced"] = True
    with pytest.raises(KkpApiError, match="is enforced and cannot be deleted"):
        owner.run(APPLICATION, **gone)
    owner.kkp.state["enforced"] = False
    assert owner.run(APPLICATION, **gone)["changed"]
    assert not owner.run(APPLICATION, **gone)["changed"]


def test_an_application_in_check_mode(owner: Bench) -> None:
    assert owner.run(APPLICATION, check=True, **APP)["changed"]
    assert owner.run(APPLICATION, check=True, **{**APP, "cluster": "later"})["diff"][0]["after"]["values"] == {"nameOverride": "kueue"}
    assert owner.kkp.asked("POST", "/applicationinstallations$") == []


def test_monitoring_is_switched_on_once(owner: Bench) -> None:
    wish = {**HERE, "monitoring": True, "wait": False}
    assert owner.run(MLA, check=True, **wish)["changed"]
    assert owner.run(MLA, **wish)["mla"] == {"monitoringEnabled": True}
    assert not owner.run(MLA, **wish)["changed"]
    assert owner.kkp.asked("PATCH")[-1].body == {"spec": {"mla": {"monitoringEnabled": True}}}
    with pytest.raises(NotReadyInTimeError, match="monitoring not reported"):
        owner.run(MLA, **HERE, monitoring=True, wait_timeout=5)


def test_the_alert_manager_takes_base64_and_shows_nothing(owner: Bench) -> None:
    config = {"route": {"receiver": "ops-chat"}, "receivers": [{"name": "ops-chat", "webhook_configs": [{"url": "https://chat/pa55"}]}]}
    result = owner.run(MLA, **HERE, alertmanager_config=config)
    assert result["changed"]
    assert "pa55" not in json.dumps(result)
    sent = owner.kkp.asked("PUT", "/alertmanager/config$")[0].body["spec"]["config"]
    assert b"url: https://chat/pa55" in base64.b64decode(sent)
    assert not owner.run(MLA, **HERE, alertmanager_config=config)["changed"]


def test_rule_groups_come_change_and_go(owner: Bench) -> None:
    assert owner.run(MLA, **HERE, rule_groups=[RULES])["diff"][0]["after"] == RULES
    assert not owner.run(MLA, **HERE, rule_groups=[RULES])["changed"]
    assert owner.run(MLA, **HERE, rule_groups=[{**RULES, "interval": "30s"}])["changed"]
    assert owner.run(MLA, **HERE, rule_groups=[{"name": "accelerators", "state": "absent"}])["changed"]
    assert not owner.run(MLA, **HERE, rule_groups=[{"name": "accelerators", "state": "absent"}])["changed"]
    with pytest.raises(OptionError, match="rule_groups, accelerators: found no rules"):
        owner.run(MLA, **HERE, rule_groups=[{"name": "accelerators"}])
    with pytest.raises(OptionError, match="found accelerators twice"):
        owner.run(MLA, **HERE, rule_groups=[RULES, RULES])


def test_limits_are_made_then_merged(owner: Bench) -> None:
    assert owner.run(MLA, **HERE, monitoring_limits={"ingestionRate": 100})["changed"]
    assert not owner.run(MLA, **HERE, monitoring_limits={"ingestionRate": 100})["changed"]
    owner.run(MLA, **HERE, monitoring_limits={"queryRate": 5}, logging_limits={"ingestionRate": 7})
    expected = {"monitoringRateLimits": {"ingestionRate": 100, "queryRate": 5}, "loggingRateLimits": {"ingestionRate": 7}}
    assert owner.kkp.state["limits"] == expected


def test_monitoring_of_a_cluster_that_is_yet_to_come(user: Bench) -> None:
    result = user.run(MLA, check=True, **HERE, monitoring=True)
    assert result["diff"][0]["after"] == {"monitoringEnabled": True}
