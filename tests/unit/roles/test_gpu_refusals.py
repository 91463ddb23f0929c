# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What gpu_operator, cluster_autoscaler and monitoring refuse before they look at the cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.roles.playing import Player

JSON = Any

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("role", "variables", "words"),
    [
        ("gpu_operator", {"provider": "apt"}, "gpu_operator_provider must be one of"),
        ("gpu_operator", {"allocation": "both"}, "gpu_operator_allocation must be one of"),
        ("gpu_operator", {"allocation": "dra", "time_slicing": {"shared": 4}}, "and a device plugin to hand them out"),
        ("gpu_operator", {"time_slicing": {"alone": 1}}, "expected profiles with 2 or more pods to a GPU"),
        ("gpu_operator", {"time_slicing": {"shared": 4}, "time_slicing_default": "other"}, "one of them as the default"),
        ("monitoring", {"pod_metrics": [{"series": "vllm:x", "name": "vllm:x"}]}, "found the name vllm:x, expected letters"),
        ("cluster_autoscaler", {"expander": "cheapest"}, "cluster_autoscaler_expander must be one of"),
    ],
)
def test_what_cannot_be_is_refused(root: Path, tmp_path: Path, role: str, variables: dict[str, JSON], words: str) -> None:
    # Who asked a cluster would fail for another reason.
    nowhere = {f"{role}_kubeconfig": str(tmp_path / "none")}
    player = Player(root=root, directory=tmp_path, role=role, variables=nowhere, environment={})
    done = player.play(**{f"{role}_{name}": value for name, value in variables.items()})
    assert done.changed == []
    assert words in " ".join(done.output.split())
