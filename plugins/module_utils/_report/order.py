# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the caller of a report says: which version, for what, and the product's own words."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import Specification

from .certificate import Certificate
from .lint.document import snake_case
from .lint.metadata import REQUIRED

OPTIONAL = ("repoUrl",)
METADATA = {snake_case(key): key for key in (*REQUIRED, *OPTIONAL) if key != "kubernetesVersion"}
"""The product's own metadata: name for people who write YAML for Ansible → key in PRODUCT.yaml. The version comes from the checklist."""


class ReportError(Exception):
    """The report cannot be made of this run and these words; the message lists every reason."""


class Target(enum.StrEnum):
    """What a report is for."""

    REHEARSAL = enum.auto()
    SUBMISSION = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the vendor adds to a requirement; nothing here can turn a verdict.

    Attributes:
        layer: who provides the feature: infrastructure, platform, an add-on. The FAQ asks for it on layered products.
        notes: free text after the generated notes.
        evidence: further addresses, after the evidence page.
        not_applicable: why a conditional requirement does not apply; empty when it does.
    """

    layer: str = ""
    notes: str = ""
    evidence: tuple[str, ...] = ()
    not_applicable: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the caller wants.

    Attributes:
        specification: the version of the checklist to fill.
        target: rehearsal or submission.
        metadata: by the keys of ``METADATA``; what is missing becomes the template's placeholder in a rehearsal.
        claims: by requirement id.
        certificate: of the submission that was merged before; None where nobody named it.
    """

    specification: Specification
    target: Target
    metadata: Mapping[str, str]
    claims: Mapping[str, Claim]
    certificate: Certificate | None = None
