# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every user cluster has from the start: cluster DNS and the resource metrics API."""

from __future__ import annotations

from pathlib import Path
from string import Template

from lab.nodes.addresses import ClusterAddresses

_MANIFESTS = Path(__file__).parent / "manifests"


def manifests(addresses: ClusterAddresses) -> str:
    """The add-ons' objects, as one YAML stream."""
    texts = (path.read_text() for path in sorted(_MANIFESTS.glob("*.yaml")))
    return "\n---\n".join(Template(text).substitute(dns=addresses.dns) for text in texts)
