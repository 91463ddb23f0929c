# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What becomes of a chart's manifest before Helm applies it, as a filter from standard input to standard output.

Helm never upgrades CRDs of a chart's ``crds`` folder and removes those among its templates with everything that people made of them.
Here CRDs are no part of a release: they are applied and removed by the rules of ``cluster_wide``. Images come from the registry
that a site without internet has.

Helm runs this file as its post-renderer, so it imports nothing but the standard library.
Source: Helm documentation, "Advanced Helm Techniques: Post Rendering"; "Custom Resource Definitions".
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator

REGISTRY_VARIABLE = "AILAB_PLATFORM_REGISTRY"

_SEPARATOR = re.compile(r"^---(?:[ \t].*)?$", re.MULTILINE)
_CONTENT = re.compile(r"^[^#\s]", re.MULTILINE)
_CRD = re.compile(r"^kind:[ \t]*[\"']?CustomResourceDefinition[\"']?[ \t]*$", re.MULTILINE)
_WORKLOAD = re.compile(r"^kind:[ \t]*[\"']?(?:Deployment|DaemonSet|StatefulSet|ReplicaSet|Job|CronJob|Pod)[\"']?[ \t]*$", re.MULTILINE)
_IMAGE = re.compile(r"^(?P<key>[ \t]*(?:-[ \t]+)?image:[ \t]*)(?P<quote>[\"']?)(?P<name>[^\s\"'{}]+)(?P=quote)[ \t]*$", re.MULTILINE)


def documents(text: str) -> Iterator[str]:
    """The documents of a manifest, without empty ones."""
    return (part.strip("\n") for part in _SEPARATOR.split(text) if _CONTENT.search(part))


def is_crd(document: str) -> bool:
    """Whether a document defines custom resources."""
    return _CRD.search(document) is not None


def mirrored(image: str, *, registry: str) -> str:
    """The name of an image in a registry that mirrors many: the whole upstream name below it, so that nothing collides.

    Args:
        image: as in a pod, ``busybox:1.36`` or ``registry.k8s.io/kueue/kueue:v0.14.0``.
        registry: ``registry.example.com/mirror``; empty leaves the name as it is.
    """
    if not registry or image.startswith(f"{registry}/"):
        return image
    host, slash, _ = image.partition("/")
    if not slash:
        image = f"docker.io/library/{image}"
    elif "." not in host and ":" not in host and host != "localhost":
        image = f"docker.io/{image}"
    return f"{registry}/{image}"


def rendered(text: str, *, registry: str) -> str:
    """The manifest that Helm shall apply. Never empty, which Helm would take for a failure.

    Args:
        text: the manifest of the chart.
        registry: where its workloads' images come from; empty for where the chart has them from.
    """
    kept = [_with_images(part, registry=registry) for part in documents(text) if not is_crd(part)]
    return "".join(f"---\n{part}\n" for part in kept) or "# This chart has nothing but CRDs.\n"


def _with_images(document: str, *, registry: str) -> str:
    """Custom resources have images in fields of their own making, so only what holds pods is touched."""
    if not _WORKLOAD.search(document):
        return document
    return _IMAGE.sub(lambda found: f"{found['key']}{found['quote']}{mirrored(found['name'], registry=registry)}{found['quote']}", document)


def main() -> int:
    """Filter standard input, with the registry that the environment names."""
    sys.stdout.write(rendered(sys.stdin.read(), registry=os.environ.get(REGISTRY_VARIABLE, "")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
