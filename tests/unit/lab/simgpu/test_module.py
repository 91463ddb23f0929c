# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Go module of the simulated GPUs: its dependencies are Kubernetes' own."""

from __future__ import annotations

import re
from pathlib import Path

KUBERNETES = "v0.34.4"  # of the libraries; the cluster's version, as Kubernetes numbers its libraries


def _requirements(go_mod: Path) -> dict[str, str]:
    return dict(re.findall(r"^(?:require )?\t?([\w./~-]+) (v\S+)(?: // indirect)?$", go_mod.read_text(encoding="utf-8"), re.MULTILINE))


def test_dependencies_are_those_of_kubernetes(root: Path) -> None:
    ours = _requirements(root / "lab/simgpu/go.mod")
    theirs = _requirements(root / "lab/images/modules/kubernetes/go.mod")
    assert ours["k8s.io/dynamic-resource-allocation"] == ours["k8s.io/kubelet"] == ours["k8s.io/client-go"] == KUBERNETES
    # A package in another version would be compiled a second time, and all that import it with it.
    staged = {name for name, version in theirs.items() if version == "v0.0.0"}
    different = {
        name: (version, theirs[name]) for name, version in ours.items() if name in theirs.keys() - staged and version != theirs[name]
    }
    assert different == {}
