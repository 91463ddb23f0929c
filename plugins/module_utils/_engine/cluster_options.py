# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options with which every task finds its cluster. Must be kept in sync with plugins/doc_fragments/cluster.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster import kubeconfig
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import cluster_of

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster

JSON = Any

CLUSTER_SPEC: Mapping[str, Mapping[str, JSON]] = {"kubeconfig": {"type": "path"}, "context": {"type": "str"}}


@contextmanager
def cluster_from(options: Mapping[str, JSON]) -> Iterator[Cluster]:
    """The cluster that the options name, known to answer.

    Raises:
        ConformanceError: there is no such kubeconfig or context, or the server does not answer or does not accept the credentials.
    """
    found = kubeconfig.read(path=kubeconfig.locate(options.get("kubeconfig")), context=options.get("context"))
    with cluster_of(found) as cluster:
        yield cluster
