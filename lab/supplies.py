# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what was built to what the nodes take: the one place where the builder and the node engine meet."""

from __future__ import annotations

from pathlib import Path

from lab.images.builder import Progress, build
from lab.images.push import push
from lab.nodes.engine import Supplies

GROUPS = ("node", "cluster")
_PROGRAMS = ("kubelet", "kubeadm", "kubectl", "containerd", "containerd-shim-runc-v2", "ctr", "runc", "crane")
_CNI = ("ptp", "host-local", "loopback", "portmap")


def supplies(cache: Path, *, progress: Progress) -> Supplies:
    """What a lab needs of the cache; whatever is not there yet is built.

    Raises:
        LabError: a build failed.
    """
    built = build(groups=GROUPS, cache=cache, progress=progress)
    programs = {name: built.program(name) for name in _PROGRAMS} | {f"cni/{name}": built.program(name) for name in _CNI}
    return Supplies(
        programs=programs,
        images=[image.name for image in built.images],
        push=lambda registry: len(push(registry, built.images)),
    )
