# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests of the lab: their namespaces are the lab's own, and stay where somebody else lives in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.plugins.api_server import ApiServer
from tests.unit.plugins.conftest import serving
from tests.unit.roles.playing import Player
from tests.unit.roles.user_cluster import kubeconfig

from .rendering import rendered

JSON = Any

MARK = "ailab.conformance/simulated"
MANIFESTS = ("exporter", "device-plugin", "dra-driver")
OURS = {"metadata": {"name": "gpu-operator", "labels": {MARK: "true"}}}
THEIRS = {"metadata": {"name": "gpu-operator", "labels": {"kubernetes.io/metadata.name": "gpu-operator"}}}


def state(*found: JSON, manifest: str = "exporter", inhabitants: tuple[JSON, ...] = (), wanted: str = "absent") -> dict[str, JSON]:
    return {
        "role_path": str(Path(__file__).resolve().parents[3] / "roles/lab_host"),
        "lab_host_manifest": f"simgpu/manifests/{manifest}.yaml",
        "lab_host_manifest_state": wanted,
        "ansible_check_mode": False,
        "__lab_host_found": {"results": [{"resources": list(found)}]},
        "__lab_host_inhabitants": {"results": [{"resources": list(inhabitants)}]},
    }


def item(kind: str, name: str, **metadata: JSON) -> JSON:
    return {"kind": kind, "metadata": {"name": name, **metadata}}


OWN = (
    item("ConfigMap", "kube-root-ca.crt"),
    item("Service", "simgpu-exporter", labels={MARK: "true"}),
    item("Pod", "simgpu-exporter-x", ownerReferences=[{"kind": "DaemonSet"}]),
)


@pytest.fixture(scope="module")
def told(root: Path) -> JSON:
    asked = "{'kinds': __lab_host_objects_to_set | map(attribute='kind'), 'others': __lab_host_others, 'foreign': __lab_host_foreign}"
    cases = {
        "alone": state(OURS, inhabitants=OWN),
        "not alone": state(OURS, inhabitants=(*OWN, item("Deployment", "theirs"))),
        "ours": state(OURS, wanted="present"),
        "theirs": state(THEIRS, wanted="present"),
        "none": state(wanted="present"),
        "planned": {**state(wanted="present"), "ansible_check_mode": True},
        "planned part": {**state(manifest="device-plugin", wanted="present"), "ansible_check_mode": True},
    }
    return rendered(root, "lab_host", asked, cases)


@pytest.mark.parametrize(("case", "stays", "foreign"), [("alone", False, []), ("not alone", True, ["Deployment/theirs"])])
def test_a_namespace_goes_unless_somebody_else_lives_in_it(told: JSON, case: str, foreign: list[str], *, stays: bool) -> None:
    assert ("Namespace" not in told[case]["kinds"]) is stays
    assert {"DaemonSet", "ClusterRole", "Service"} <= set(told[case]["kinds"])
    assert told[case]["foreign"] == foreign


@pytest.mark.parametrize(("case", "others"), [("ours", []), ("theirs", ["gpu-operator"]), ("none", [])])
def test_a_namespace_without_the_mark_is_somebody_else_s(told: JSON, case: str, others: list[str]) -> None:
    assert told[case]["others"] == others


@pytest.mark.parametrize("case", ["planned", "planned part"])
def test_a_dry_run_leaves_out_what_is_in_a_namespace_that_is_not_there(told: JSON, case: str) -> None:
    assert "DaemonSet" not in told[case]["kinds"]
    assert "ClusterRole" in told[case]["kinds"]


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_all_objects_carry_the_mark(root: Path, manifest: str) -> None:
    question = "__lab_host_objects | rejectattr('metadata.labels', 'defined') | map(attribute='metadata.name')"
    unmarked = f"__lab_host_objects | rejectattr('metadata.labels', 'contains', '{MARK}') | map(attribute='metadata.name')"
    asked = f"({question}) or ({unmarked})"
    assert rendered(root, "lab_host", asked, {"it": state(manifest=manifest)})["it"] == []


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with serving() as server:
        yield server


@pytest.mark.slow
def test_a_namespace_of_somebody_else_is_refused_before_anything_is_changed(root: Path, tmp_path: Path, api: ApiServer) -> None:
    api.put("Namespace", "gpu-operator", metadata={"labels": {"team": "them"}})
    variables = {"lab_host_manifest": "simgpu/manifests/exporter.yaml", "lab_host_kubeconfig": str(kubeconfig(api, tmp_path))}
    refused = Player(root=root, directory=tmp_path, role="lab_host", variables=variables, environment={}).play("objects")
    assert f"namespace gpu-operator: found it without the label {MARK}=true" in " ".join(refused.failed)
    assert {method for method, _ in api.requests} == {"GET"}
