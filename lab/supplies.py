# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what was built to what the nodes take: the one place where the builder and the node engine meet."""

from __future__ import annotations

from pathlib import Path

from lab.images.builder import Progress, build
from lab.images.push import push
from lab.nodes.engine import Supplies

_PROGRAMS = ("kubelet", "kubeadm", "kubectl", "containerd", "containerd-shim-runc-v2", "ctr", "runc")
_CNI = ("ptp", "host-local", "loopback", "portmap")


def supplies(cache: Path, *, progress: Progress, check: bool = False) -> Supplies:
    """What user clusters can be made of: all that nodes and their add-ons need. What is not there yet is built.

    Args:
        cache: directory of the lab's cache.
        progress: told what is built.
        check: build nothing and hand out nothing.

    Raises:
        LabError: a build failed.
    """
    if check:
        return Supplies(programs={}, images=[], push=lambda _: 0)
    built = build(groups=["node", "cluster"], cache=cache, progress=progress)
    programs = {name: built.program(name) for name in _PROGRAMS} | {f"cni/{name}": built.program(name) for name in _CNI}
    return Supplies(
        programs=programs,
        images=[image.name for image in built.images],
        push=lambda registry: len(push(registry, built.images)),
    )
