# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What Helm knows about a release: the newest of the Secrets that it keeps in the release's namespace.

Source: Helm documentation, "Helm Architecture" (storage driver ``secret``); Helm 3 ``pkg/storage/driver`` (labels and encoding).
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import MERGE_PATCH, METADATA_ONLY, Cluster, successful
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError

JSON = Any

FINGERPRINT = "ailab.conformance/fingerprint"
"""Annotation of a release's Secret: of what it was made, written when all of it was ready."""

DEPLOYED = "deployed"


class MalformedReleaseError(ConformanceError):
    """A Secret that should hold a release holds something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release as it was stored last.

    Attributes:
        name: of the release.
        namespace: where it is stored, and its objects unless they say otherwise.
        revision: counted from 1.
        status: ``deployed``, ``failed``, ``pending-install``, …
        chart: name of its chart.
        version: of the chart.
        manifest: the objects, as YAML.
        fingerprint: of what it was made; empty where it has not become ready, or somebody else made it.
    """

    name: str
    namespace: str
    revision: int
    status: str
    chart: str
    version: str
    manifest: str
    fingerprint: str

    @property
    def path(self) -> str:
        """Of its Secret."""
        return f"{_secrets(self.namespace)}/sh.helm.release.v1.{self.name}.v{self.revision}"

    def as_fact(self) -> dict[str, JSON]:
        """What a task tells of it."""
        return {
            "name": self.name,
            "namespace": self.namespace,
            "revision": self.revision,
            "status": self.status,
            "chart": self.chart,
            "version": self.version,
        }


def stored(cluster: Cluster, *, name: str, namespace: str) -> Release | None:
    """The newest revision of a release; None where there is none.

    Raises:
        MalformedReleaseError: Helm did not write what is there.
        ConformanceError: the API server refuses, or does not answer.
    """
    secrets = cluster.list(_secrets(namespace), labels=f"owner=helm,name={name}", accept=METADATA_ONLY).items
    if not secrets:
        return None
    newest = max(secrets, key=lambda item: int(item["metadata"]["labels"].get("version", 0)))
    return release_of(cluster.get(f"{_secrets(namespace)}/{newest['metadata']['name']}"))


def release_of(secret: JSON) -> Release:
    """The release that a Secret holds. Pure.

    Raises:
        MalformedReleaseError: Helm did not write it.
    """
    metadata = secret["metadata"]
    try:
        document = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))
        chart: Mapping[str, JSON] = document["chart"]["metadata"]
        return Release(
            name=document["name"],
            namespace=metadata["namespace"],
            revision=int(document["version"]),
            status=document["info"]["status"],
            chart=chart["name"],
            version=chart["version"],
            manifest=document.get("manifest", ""),
            fingerprint=(metadata.get("annotations") or {}).get(FINGERPRINT, ""),
        )
    except (KeyError, ValueError, TypeError, OSError) as problem:
        raise MalformedReleaseError(
            what=f"reading Secret {metadata.get('namespace')}/{metadata.get('name')}",
            found=f"no release of Helm ({type(problem).__name__}: {problem})",
            expected="what Helm 3 stores",
            look="`helm list --all`, and who else writes to the Secret",
        ) from problem


def sign(cluster: Cluster, release: Release, *, fingerprint: str) -> None:
    """Write down of what a release was made.

    Raises:
        ConformanceError: the API server refuses, or does not answer.
    """
    body = {"metadata": {"annotations": {FINGERPRINT: fingerprint}}}
    successful(cluster.call("patch", release.path, body=body, content_type=MERGE_PATCH))


def _secrets(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/secrets"
