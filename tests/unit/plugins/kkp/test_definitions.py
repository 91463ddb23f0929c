# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""kkp_application_definition and kkp_application_definition_info."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.definition_task import INFO, TASK
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.errors import KkpApiError, OptionError

from tests.unit.plugins.kkp.fake_kkp import Fault, envelope
from tests.unit.plugins.kkp.harness import Bench

JSON = Any


def version(name: str, **source: str) -> JSON:
    """A version of a chart, as a task has it."""
    helm = {"url": "oci://registry.example.com/charts", "chartName": "jobset", "chartVersion": name.removeprefix("v"), **source}
    return {"version": name, "source": {"helm": helm}}


JOBSET: dict[str, JSON] = {
    "name": "jobset",
    "display_name": "JobSet",
    "description": "Sets of jobs",
    "versions": [version("v0.10.1")],
    "default_version": "v0.10.1",
    "default_namespace": "jobset-system",
    "default_values": {"controller": {"replicas": 1}},
}


def test_the_catalogue_is_read(user: Bench) -> None:
    assert user.run(INFO)["application_definitions"][0]["display_name"] == "Kueue"
    assert user.run(INFO, name="kueue")["application_definitions"][0]["versions"] == ["v0.13.4"]
    assert user.run(INFO, name="other")["application_definitions"] == []


def test_a_definition_is_made_once(user: Bench) -> None:
    planned = user.run(TASK, check=True, **JOBSET)
    assert planned["changed"]
    assert user.kkp.asked("POST", "/applicationdefinitions$") == []
    made = user.run(TASK, **JOBSET)
    assert made["diff"] == planned["diff"]
    assert made["application_definition"]["versions"] == ["v0.10.1"]
    (request,) = user.kkp.asked("POST", "/applicationdefinitions$")
    assert request.body["Spec"]["method"] == "helm"
    assert request.body["Spec"]["defaultNamespace"] == {"name": "jobset-system", "create": True}
    assert not user.run(TASK, **JOBSET)["changed"]


def test_values_are_compared_as_data(user: Bench) -> None:
    user.run(TASK, **JOBSET)
    user.kkp.state["definitions"]["jobset"]["spec"]["defaultValuesBlock"] = '{"controller": {"replicas": 1}}'
    assert not user.run(TASK, **JOBSET)["changed"]
    result = user.run(TASK, **{**JOBSET, "default_values": {"controller": {"replicas": 2}}})
    assert result["diff"][0]["before"] == {"defaultValues": {"controller": {"replicas": 1}}}


def test_a_further_version_leaves_those_that_are_there_and_what_kkp_added(user: Bench) -> None:
    user.run(TASK, **JOBSET)
    user.kkp.state["definitions"]["jobset"]["spec"]["versions"][0]["template"]["source"]["helm"]["insecure"] = False
    assert not user.run(TASK, **JOBSET)["changed"]
    result = user.run(TASK, name="jobset", versions=[version("v0.10.2")], default_version="v0.10.2")
    assert result["application_definition"]["versions"] == ["v0.10.1", "v0.10.2"]
    sent = user.kkp.asked("PUT", "/applicationdefinitions/jobset$")[-1].body["Spec"]
    assert sent["displayName"] == "JobSet"
    assert sent["versions"][0]["template"]["source"]["helm"]["insecure"] is False


def test_a_changed_chart_is_a_change_of_its_version_only(user: Bench) -> None:
    user.run(TASK, **JOBSET)
    moved = [version("v0.10.1", url="https://mirror.example.com")]
    result = user.run(TASK, name="jobset", versions=moved)
    assert result["diff"][0]["before"] == {"versions": {"v0.10.1": {"helm": {"url": "oci://registry.example.com/charts"}}}}
    assert not user.run(TASK, name="jobset", versions=moved)["changed"]


def test_what_clusters_get_without_asking_is_switched(user: Bench) -> None:
    assert not user.run(TASK, name="kueue", default=False, enforced=False)["changed"]
    result = user.run(TASK, name="kueue", default=True, datacenters=["os-fra"], labels={"team": "ai"})
    assert result["application_definition"]["default"]
    assert result["application_definition"]["datacenters"] == ["os-fra"]
    assert user.kkp.state["definitions"]["kueue"]["labels"] == {"team": "ai"}


def test_a_definition_is_taken_out_once(user: Bench) -> None:
    assert user.run(TASK, check=True, name="kueue", state="absent")["changed"]
    assert user.run(TASK, name="kueue", state="absent")["changed"]
    assert not user.run(TASK, name="kueue", state="absent")["changed"]


def test_a_definition_without_a_version_is_refused_before_anything_is_sent(user: Bench) -> None:
    with pytest.raises(OptionError, match=r"found no such definition .*, and no option versions"):
        user.run(TASK, name="other")
    assert user.kkp.asked("POST", "/applicationdefinitions$") == []


def test_who_is_no_administrator_is_told_so(user: Bench) -> None:
    message = 'forbidden: "ann@example.com" doesn\'t have admin rights'
    user.kkp.faults.append(Fault(method="POST", path="/applicationdefinitions$", status=403, content=envelope(403, message)))
    with pytest.raises(KkpApiError, match="admin rights"):
        user.run(TASK, **JOBSET)
