# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what was built to what the nodes take: the one place where the builder and the node engine meet."""

from __future__ import annotations

from pathlib import Path

from lab.images.builder import Builder, Progress, build
from lab.images.push import push
from lab.nodes.engine import Supplies

_PROGRAMS = ("kubelet", "kubeadm", "kubectl", "containerd", "containerd-shim-runc-v2", "ctr", "runc")
_CNI = ("ptp", "host-local", "loopback", "portmap")


def supplies(cache: Path, *, progress: Progress, check: bool = False, complete: bool = False) -> Supplies:
    """What a lab can be made of: all that nodes need, and the add-ons' images where they are built already.

    So a cluster can stand while the rest still compiles. What nodes need and is not there yet is built.

    Args:
        cache: directory of the lab's cache.
        progress: told what is built.
        complete: build the add-ons' images too.
        check: build nothing and hand out nothing; only tell whether the add-ons' images are there.

    Raises:
        LabError: a build failed.
    """
    addons = not Builder(cache=cache, progress=progress).missing(["node", "cluster"])
    if check:
        return Supplies(programs={}, images=[], addons=addons, push=lambda _: 0)
    addons = addons or complete
    built = build(groups=["node", "cluster"] if addons else ["node"], cache=cache, progress=progress)
    programs = {name: built.program(name) for name in _PROGRAMS} | {f"cni/{name}": built.program(name) for name in _CNI}
    return Supplies(
        programs=programs,
        images=[image.name for image in built.images],
        addons=addons,
        push=lambda registry: len(push(registry, built.images)),
    )
