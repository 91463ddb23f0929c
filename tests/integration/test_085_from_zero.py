# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pool that may be empty, and is, as a user of KKP makes one: CA-09 brings it a node and lets it go, by its annotations alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from lab.machines.names import CAPACITY, NAMESPACE
from tests.integration.inventory import differences, steady
from tests.integration.kkp import Kkp, until
from tests.integration.machines import Pool
from tests.integration.standing import Lab

pytestmark = pytest.mark.integration

NAME, MODEL = "from-zero", "gpu-plugin"
LABELS = {"ailab.conformance/gpu-pool": "device-plugin", "ailab.conformance/pool": NAME}
SETTLED_SECONDS = 60


@dataclass(frozen=True)
class Judged:
    """What the check came to.

    Attributes:
        left: what the run left behind.
    """

    result: dict[str, Any]
    left: list[Any]

    @property
    def verdict(self) -> tuple[str, str]:
        return self.result["verdict"], self.result["reason"]


def verify(lab: Lab) -> Judged:
    """Run CA-09 alone, as a user does."""
    earlier = set(lab.runs.iterdir()) if lab.runs.is_dir() else set()
    chosen = {"conformance_requirements": ["cluster_autoscaling"], "conformance_checks": {"cluster_autoscaling": ["CA-09"]}}
    play = lab.play("playbooks/verify.yml", variables=chosen, expect=None)
    new = (set(lab.runs.iterdir()) if lab.runs.is_dir() else set()) - earlier
    assert len(new) == 1, play.output[-4000:]
    (run,) = new
    document = json.loads((run / "run.json").read_text())
    return Judged(json.loads((run / "checks/CA-09/result.json").read_text()), document["inventory"]["leaked"])


@pytest.fixture
def pool(lab: Lab) -> Iterator[Pool]:
    """A pool without nodes, of the machines that another pool has; afterwards the cluster is what it was."""
    before, kkp = steady(lab), Kkp(lab)
    model = kkp.deployment(MODEL)
    template = model["spec"]["template"]
    with Pool(kkp.id, NAME) as made:
        try:
            kkp.run(
                "kkp_machine_deployment",
                name=NAME,
                replicas=0,
                min_replicas=0,
                max_replicas=1,
                cloud=template["cloud"],
                operating_system="ubuntu",
                labels=LABELS,
                taints=template["taints"],
                # What the model promises of its nodes, and the label that is this pool's own.
                annotations={
                    **{key: value for key, value in model["annotations"].items() if key.startswith(CAPACITY)},
                    f"{CAPACITY}labels": f"ailab.conformance/pool={NAME}",
                },
            )
            yield made
        finally:
            kkp.run("kkp_machine_deployment", name=NAME, state="absent")
        until(lambda: made.left() == [], seconds=SETTLED_SECONDS, what="no trace of the pool")
    assert differences(before, steady(lab)) == []


def test_a_pool_grows_from_nothing_by_its_annotations_alone(lab: Lab, pool: Pool) -> None:
    kkp = Kkp(lab)
    promised = kkp.deployment(NAME)["annotations"]

    grown = verify(lab)
    assert grown.verdict == ("pass", "from-zero"), grown.result
    assert grown.result["control"]["flipped"], grown.result
    assert grown.result["control"]["reason"] == "not-helped"
    assert grown.result["fidelity"] == "simulated"
    assert grown.left == []
    until(lambda: pool.is_settled(0), seconds=SETTLED_SECONDS, what="an empty pool")
    assert kkp.deployment(NAME)["annotations"] == promised

    lab.kubectl(
        "annotate", "machinedeployment", NAME, f"--namespace={NAMESPACE}", *(f"{key}-" for key in promised if key.startswith(CAPACITY))
    )
    silent = verify(lab)
    assert silent.verdict == ("not_run", "capacity-annotations"), silent.result
    assert NAME in silent.result["sentence"]
    assert pool.is_settled(0)


def test_where_no_pool_may_be_empty_it_is_not_asked(lab: Lab) -> None:
    found = verify(lab)
    assert found.verdict == ("not_run", "empty-group"), found.result
    assert "minimum greater than zero" in found.result["sentence"]
