# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DRA-10: access to devices that others use is given to administrators' namespaces only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds, manifests
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Exactly
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import Needs

from .requirement import DRA_SUPPORT

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any


_NEEDS = Needs(makes=(kinds.NAMESPACE,), tries=(kinds.RESOURCE_CLAIM,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Whether the claim's namespace carries the label that allows admin access."""

    labelled: bool


class AdminAccessGuarded(Check[Space]):
    """A claim with admin access is refused in a namespace without the label.

    A server that refuses every claim is caught by the control, which is accepted in a labelled namespace; one with the feature off
    drops the field, which shows in its answer. Claims are sent as dry runs: nobody gets the access.
    """

    id = "DRA-10"
    requirement = DRA_SUPPORT.id
    needs = _NEEDS
    title = "admin access is guarded"
    asks = f"Is a claim with adminAccess refused in a namespace without the label {manifests.ADMIN_ACCESS_LABEL}?"
    broken_looks_like = "The API server accepts the claim, so that any user could reach a device that another user's pod computes on."
    sources = ("KEP-5018", "API reference resource.k8s.io/v1")
    mandatory = False
    subject = Space(labelled=False)
    control = Space(labelled=True)
    control_reason = "admin-access-granted"

    def observe(self, bench: Bench, variant: Space, /) -> None:
        """Asks for a claim with admin access, without having it stored."""
        space = bench.space("admin", admin_access=True) if variant.labelled else ""
        request = Exactly(device_class=bench.settings.device_class, admin_access=True)
        bench.attempt("claim", manifests.claim(request), space=space, dry_run=True)

    def evaluate(self, seen: Seen) -> Finding:
        """Reads the answer."""
        answer = seen.last("create.claim")
        if answer is None:
            return inconclusive("claim-not-tried", "no claim was sent to the API server")
        body = answer["body"]
        if HTTPStatus.OK <= answer["status"] < HTTPStatus.MULTIPLE_CHOICES:
            if body["spec"]["devices"]["requests"][0]["exactly"].get("adminAccess") is True:
                return failure(
                    "admin-access-granted", f"the claim was accepted in namespace {body['metadata']['namespace']}, expected a refusal"
                )
            return Finding(Verdict.NOT_RUN, "admin-access-not-served", "the API server drops adminAccess: feature DRAAdminAccess is off")
        causes = (body.get("details") or {}).get("causes") or [] if isinstance(body, Mapping) else []
        if any("adminAccess" in str(cause.get("field")) for cause in causes):
            return success("admin-access-refused", f"the claim was refused: {body['message']}")
        return inconclusive(
            "refused-for-another-reason", f"the claim was refused with HTTP {answer['status']}, not for its admin access: {body}"
        )
