# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upgrades, as far as one version goes: what there is none of is refused in KKP's words, before anything is changed."""

from __future__ import annotations

import pytest

from lab.settings import KUBERNETES_VERSION
from tests.integration.kkp import CLUSTER, Kkp
from tests.integration.standing import Lab

pytestmark = pytest.mark.integration

VERSION = KUBERNETES_VERSION.removeprefix("v")


@pytest.fixture
def kkp(lab: Lab) -> Kkp:
    return Kkp(lab)


@pytest.mark.parametrize("wanted", ["1.35", f"{VERSION}-rc.1"])
def test_a_version_that_is_not_offered_is_refused_with_what_is(kkp: Kkp, wanted: str) -> None:
    with kkp.start("kkp_cluster", version=wanted) as command:
        said, _ = command.communicate(timeout=60)
    assert command.returncode != 0
    assert f"Kubernetes version {wanted}: found cluster {CLUSTER} runs {VERSION} and can go to: none" in " ".join(said.split())
    assert kkp.call("GET", kkp.path)["spec"]["version"] == VERSION


def test_the_version_that_it_has_is_no_change(kkp: Kkp) -> None:
    assert kkp.call("GET", f"{kkp.path}/upgrades") == []
    assert not kkp.run("kkp_cluster", version=VERSION, upgrade_nodes=True)["changed"]


def test_the_api_itself_takes_no_other_version(kkp: Kkp) -> None:
    status, said = kkp.refusal("PATCH", kkp.path, {"spec": {"version": "1.33.1"}})
    assert (status, said) == (400, "invalid cluster: invalid cloud spec: unsupported version 1.33.1")
    status, said = kkp.refusal(
        "PATCH", f"{kkp.path}/machinedeployments/gpu-dra", {"spec": {"template": {"versions": {"kubelet": "1.99.0"}}}}
    )
    assert status == 400
    assert said == f"node deployment validation failed: kubelet version 1.99.0 is not compatible with control plane version {VERSION}"
