# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan is told without a cluster, and its role allows what the checks need and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import CHECKS, SUITES
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan_task import PLAN_SPEC, plan_entry
from ansible_collections.ailab.conformance.plugins.module_utils._engine.role import rules
from ansible_collections.ailab.conformance.plugins.module_utils._engine.suite import needs_of

JSON = Any


def plan(**options: JSON) -> dict[str, JSON]:
    defaults = {name: option.get("default") for name, option in PLAN_SPEC.items()}
    return plan_entry(SUITES).run({**defaults, **options}, check_mode=False).as_result()


def allowed(found: list[JSON]) -> set[tuple[str, str, str]]:
    """All that rules allow, as group, resource and verb."""
    return {(group, name, verb) for rule in found for group in rule["apiGroups"] for name in rule["resources"] for verb in rule["verbs"]}


@pytest.mark.parametrize("requirement", SUITES)
def test_the_role_allows_every_right_that_is_asked_for(requirement: str) -> None:
    found = plan(requirements=[requirement], allow_disruptive=True)
    role = allowed(found["cluster_role"]["rules"])
    wanted = needs_of(SUITES[requirement].checks).all_rights()
    assert {(right.kind.group, right.resource, right.verb) for right in wanted} <= role


def test_a_check_that_only_reads_needs_no_right_to_make_more_than_a_namespace() -> None:
    found = plan(requirements=["dra_support"], checks={"dra_support": ["DRA-01"]})
    changing = {(name, verb) for _, name, verb in allowed(found["cluster_role"]["rules"]) if verb not in {"get", "list", "watch"}}
    assert changing == {("namespaces", "create"), ("namespaces", "delete"), ("selfsubjectaccessreviews", "create")}


def test_no_role_allows_everything() -> None:
    role = allowed(plan(allow_disruptive=True)["cluster_role"]["rules"])
    # The resources of this API are the names of metrics, which nobody knows before.
    wide = {item for item in role if "*" in item} - {("custom.metrics.k8s.io", "*", "get")}
    assert not wide
    assert not [item for item in role if item[1] in {"clusterroles", "clusterrolebindings"}]


def test_secrets_may_be_made_and_never_read() -> None:
    found = plan(allow_disruptive=True)
    assert {item for item in allowed(found["cluster_role"]["rules"]) if item[1] == "secrets"} == {("", "secrets", "create")}
    assert {item["id"] for item in found["checks"] if "secrets" in item["made"]} == {"INF-09"}
    assert "secrets" in found["made"]


def test_disruptive_checks_are_planned_only_where_they_are_allowed() -> None:
    disruptive = {check.id for check in CHECKS.values() if check.disruptive}
    assert disruptive
    assert disruptive.isdisjoint(item["id"] for item in plan()["checks"])
    assert disruptive <= {item["id"] for item in plan(allow_disruptive=True)["checks"]}


def test_rules_name_each_resource_once_for_its_verbs() -> None:
    found = rules(needs_of(SUITES["dra_support"].checks).all_rights())
    named = [(group, name) for rule in found[2:] for group in rule["apiGroups"] for name in rule["resources"]]
    assert len(named) == len(set(named))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"requirements": ["dra"]}, "option requirements: found 'dra'"),
        ({"requirements": ["dra_support"], "checks": {"ai_inference": []}}, "option checks: found 'ai_inference'"),
        ({"requirements": ["dra_support"], "checks": {"dra_support": ["DRA-99"]}}, "option checks: found 'DRA-99'"),
    ],
)
def test_what_is_not_known_is_named(options: dict[str, JSON], words: str) -> None:
    found = plan(**options)
    assert found["failed"]
    assert words in found["msg"]


def test_what_an_option_switches_on_is_planned_with_the_option_only() -> None:
    names = {"clusterroles", "clusterrolebindings", "secrets"}
    on = plan(requirements=["ai_inference"], own_options={"ai_inference": {"conformance_suite_image": "suite", "gateway_seconds": "90"}})
    assert names <= {name for _, name, _ in allowed(on["cluster_role"]["rules"])}
    assert "conformance_suite_image" in on["image_options"]
    off = plan(requirements=["ai_inference"], own_options={"ai_inference": {"gateway_class": "lab"}})
    without = [(name, verb) for _, name, verb in allowed(off["cluster_role"]["rules"]) if name in names]
    assert without == [("secrets", "create")], "INF-09 leaves a Secret and reads none"
    assert "conformance_suite_image" not in off["image_options"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ai": {}}, "option own_options: found 'ai'"),
        ({"ai_inference": {"colour": "red"}}, "option own_options: found 'colour'"),
        ({"ai_inference": {"gateway_seconds": "soon"}}, "numbers where ai_inference takes some"),
        ({"ai_inference": {"gateway_seconds": "0"}}, "option gateway_seconds: found 0.0"),
    ],
)
def test_options_that_a_module_would_refuse_are_refused(given: dict[str, JSON], words: str) -> None:
    found = plan(own_options=given)
    assert found["failed"]
    assert words in found["msg"]
