# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A runtime as people say it becomes one that Kubeflow Trainer takes."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.ailab.conformance.plugins.filter.training_runtime import training_runtime

JSON = Any


def pods(made: JSON) -> JSON:
    (job,) = made["spec"]["template"]["spec"]["replicatedJobs"]
    return job["template"]["spec"]["template"]["spec"]


def test_pods_can_be_found_by_trainer() -> None:
    made = training_runtime({"name": "plain", "image": "busybox", "nodes": 2, "command": ["true"], "tolerations": [{"operator": "Exists"}]})
    (job,) = made["spec"]["template"]["spec"]["replicatedJobs"]
    assert job["template"]["metadata"]["labels"] == {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}
    assert pods(made) == {
        "containers": [{"name": "node", "image": "busybox", "command": ["true"]}],
        "tolerations": [{"operator": "Exists"}],
    }
    assert made["spec"]["mlPolicy"] == {"numNodes": 2}


@pytest.mark.parametrize(("processes", "number"), [("auto", "auto"), ("gpu", "gpu"), ("4", 4), (2, 2)])
def test_processes_make_it_a_job_of_pytorch(processes: object, number: object) -> None:
    made = training_runtime({"name": "torch", "image": "pytorch", "processes": processes})
    assert made["spec"]["mlPolicy"] == {"numNodes": 1, "torch": {"numProcPerNode": number}}
    assert made["metadata"]["labels"] == {"trainer.kubeflow.org/framework": "torch"}


def test_a_word_that_trainer_does_not_know_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="kubeflow_runtimes, torch: found processes 'banana', expected a number, auto, cpu or gpu"):
        training_runtime({"name": "torch", "image": "pytorch", "processes": "banana"})
