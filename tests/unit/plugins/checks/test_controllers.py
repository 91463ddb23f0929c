# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""robust_controller: what others have taken for a working operator fails here, or is at least not proven."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.controllers.operating import is_own
from ansible_collections.ailab.conformance.plugins.module_utils._checks.controllers.settings import ControllerSettings
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._platform.operators import OPERATORS, Operator, Task

JSON = Any
Edit = Callable[[JSON], JSON]


def answer(status: int, message: str) -> Edit:
    """Another answer of the API server."""
    return lambda _fact: {"status": status, "body": {"kind": "Status", "message": message}}


def without(kind: str) -> Edit:
    """A wait that showed no objects of a kind."""
    return lambda fact: {**fact, "objects": {**fact["objects"], kind: []}}


def each(kind: str, edit: Edit) -> Edit:
    """A wait whose objects of a kind were others."""
    return lambda fact: {**fact, "objects": {**fact["objects"], kind: [edit(item) for item in fact["objects"][kind]]}}


def with_conditions(*conditions: JSON) -> Edit:
    """An object with other conditions."""
    return lambda item: {**item, "status": {**item["status"], "conditions": list(conditions)}}


def parts(edit: Edit) -> Edit:
    """Other things behind the webhooks' Services."""
    return lambda fact: [edit(part) for part in fact]


SUSPENDED: Edit = each("JobSet", lambda item: {**item, "spec": {**item["spec"], "suspend": True}})
FAILED = {"type": "Failed", "status": "True", "message": "it broke"}
UNREACHABLE = 'Internal error occurred: failed calling webhook "validator.trainjob.trainer.kubeflow.org": dial tcp: refused'
SCHEMA = 'TrainJob.trainer.kubeflow.org "x" is invalid: spec.headGroupSpec: Required value'
RBAC = 'trainjobs.trainer.kubeflow.org is forbidden: User "x" cannot create resource "trainjobs"'
OTHERS = 'admission webhook "vtrainjob.kb.io" denied the request: not this one'


@pytest.mark.parametrize(
    ("check", "fact", "edit", "reason"),
    [
        ("RC-01", "behind", parts(lambda part: {**part, "pods": []}), "no-pods"),
        ("RC-02", "later", parts(lambda part: {**part, "pods": []}), "no-pods"),
        ("RC-03", "list.trainjobs", answer(500, "conversion webhook failed"), "objects-not-served"),
        ("RC-04", "webhooks", lambda _fact: [], "no-webhook"),
        ("RC-04", "behind", parts(lambda part: {**part, "slices": []}), "no-endpoint"),
        ("RC-04", "create.sound", answer(500, UNREACHABLE), "webhook-unreachable"),
        ("RC-05", "create.wrong", answer(500, UNREACHABLE), "webhook-unreachable"),
        ("RC-05", "create.wrong", answer(422, SCHEMA), "refused-by-schema"),
        ("RC-05", "create.wrong", lambda _fact: {"status": 201, "body": {"metadata": {}}}, "unsound-accepted"),
        ("RC-07", "end", each("TrainJob", with_conditions()), "not-reconciled"),
        ("RC-07", "end", each("TrainJob", with_conditions(FAILED)), "resource-failed"),
        ("RC-07", "end", without("JobSet"), "no-children"),
        ("RC-07", "end", without("Pod"), "nothing-ran"),
        ("RC-07", "end", without("TrainJob"), "resource-gone"),
        ("RC-08", "after", without("JobSet"), "not-made-again"),
        ("RC-09", "after", SUSPENDED, "no-effect"),
        ("RC-11", "end", each("TrainJob", with_conditions()), "not-reconciled"),
        ("RC-11", "end", each("TrainJob", with_conditions(FAILED)), "resource-failed"),
        ("RC-12", "children", without("JobSet"), "not-all-reconciled"),
    ],
)
def test_a_broken_operator_fails(recorded: Any, check: str, fact: str, edit: Edit, reason: str) -> None:
    finding = recorded(check).edited(fact, edit).judged()
    assert (finding.verdict, finding.reason) == (Verdict.FAIL, reason), finding.sentence


@pytest.mark.parametrize(
    ("check", "fact", "edit", "reason"),
    [
        ("RC-01", "kinds", lambda _fact: [], "kinds-not-seen"),
        ("RC-03", "list.trainjobs", answer(403, RBAC), "forbidden"),
        ("RC-04", "create.sound", answer(403, RBAC), "not-called"),
        ("RC-05", "create.wrong", answer(403, RBAC), "refused-by-another"),
        ("RC-05", "create.wrong", answer(403, OTHERS), "refused-by-another"),
        ("RC-05", "create.sound", answer(403, OTHERS), "twin-refused"),
        ("RC-05", "webhooks", lambda _fact: [], "refused-by-another"),
        ("RC-06", "create.resource", answer(403, OTHERS), "not-accepted"),
        ("RC-09", "after", without("JobSet"), "no-child"),
        ("RC-10", "delete.resource", answer(409, "Conflict"), "not-deleted"),
        ("RC-12", "create.many-0", answer(403, OTHERS), "not-made"),
        ("RC-13", "webhooks", lambda _fact: [], "webhooks-not-seen"),
    ],
)
def test_what_proves_nothing_is_inconclusive(recorded: Any, check: str, fact: str, edit: Edit, reason: str) -> None:
    finding = recorded(check).edited(fact, edit).judged()
    assert (finding.verdict, finding.reason) == (Verdict.INCONCLUSIVE, reason), finding.sentence


def test_a_resource_that_hangs_in_a_finalizer_is_not_gone(recorded: Any) -> None:
    good = recorded("RC-10")
    before = good.seen.last("before")["objects"]["TrainJob"]
    held = good.edited("after", lambda fact: {**fact, "objects": {**fact["objects"], "TrainJob": before}}).judged()
    assert (held.verdict, held.reason) == (Verdict.FAIL, "resource-held")


def test_the_same_pods_after_a_restart_are_no_restart(recorded: Any) -> None:
    good = recorded("RC-11")
    same = good.edited("after", lambda _fact: good.seen.last("before")).judged()
    assert (same.verdict, same.reason) == (Verdict.FAIL, "not-restarted")


def test_a_pod_that_restarts_while_watched_is_not_steady(recorded: Any) -> None:
    def again(part: JSON) -> JSON:
        for pod in part["pods"]:
            pod["status"]["containerStatuses"][0]["restartCount"] += 1
        return part

    finding = recorded("RC-02").edited("later", parts(again)).judged()
    assert (finding.verdict, finding.reason) == (Verdict.FAIL, "pod-restarted")


def configuration(*groups: str) -> JSON:
    return {"webhooks": [{"name": group, "rules": [{"apiGroups": [group], "resources": ["x"]}]} for group in groups]}


def test_a_queue_that_looks_at_everybodys_jobs_is_not_the_operator() -> None:
    groups = {"trainer.kubeflow.org", "kueue.x-k8s.io", "ray.io"}
    own = "trainer.kubeflow.org"
    assert is_own(configuration(own), own, groups=groups)
    assert is_own(configuration(own, ""), own, groups=groups)
    assert not is_own(configuration("kueue.x-k8s.io", own), own, groups=groups)
    assert not is_own(configuration("*"), own, groups=groups)
    assert not is_own(configuration(), own, groups=groups)


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_an_operators_resources_differ_in_what_they_say(operator: Operator) -> None:
    task = Task(image="i", script="true", runtime="r")
    made = [make(task) for make in (operator.sound, operator.unsound, operator.malformed, operator.explicit)]
    assert len({str(manifest.fields) for manifest in made}) == 4
    assert {manifest.kind for manifest in made} == {operator.kind}


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_pods_of_a_resource_are_restricted_and_carry_the_run(operator: Operator) -> None:
    task = Task(image="i", script="true", runtime="r", labels={"ai-conformance/run": "x"})
    text = str([operator.sound(task).fields, *(manifest.fields for manifest in operator.support(task))])
    assert "'runAsNonRoot': True" in text
    assert "'ai-conformance/run': 'x'" in text


@pytest.mark.parametrize(("option", "value"), [("reconcile_seconds", 0.0), ("reconcile_seconds", float("nan")), ("many", 1)])
def test_settings_that_prove_nothing_are_refused(option: str, value: Any) -> None:
    good: dict[str, Any] = {"controller": "auto", "reconcile_seconds": 60.0, "many": 20}
    with pytest.raises(ConformanceError, match=option):
        ControllerSettings(**{**good, option: value})
