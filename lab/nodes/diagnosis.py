# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster says of itself when it did not come up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lab.errors import LabError
from lab.nodes.toolbox import Toolbox


@contextmanager
def with_node_report(tools: Toolbox, cluster: str) -> Iterator[None]:
    """Add the nodes and the pods that do not run to an error, so that nobody has to look them up."""
    try:
        yield
    except LabError as error:
        try:
            nodes = tools.kubectl(cluster, "get", "nodes", "--no-headers", timeout=10)
            pods = tools.kubectl(cluster, "get", "pods", "-A", "--no-headers", "--field-selector=status.phase!=Running", timeout=10)
        except LabError:
            raise error from None
        raise LabError(
            error.what,
            found=f"{error.found}\nnodes:\n{nodes.rstrip()}\npods that do not run:\n{pods.rstrip() or 'none'}",
            expected=error.expected,
            see=f"`python -m lab logs NODE kubelet` shows a node's kubelet. {error.see}",
        ) from error
