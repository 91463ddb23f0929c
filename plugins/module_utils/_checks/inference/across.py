# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""INF-09: what lies in another namespace is used only where that one grants it: a route's backend, and a listener's certificate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding, Verdict

from . import backends, certificates, site
from .needs import ACROSS
from .requirement import AI_INFERENCE

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A backend and a certificate in other namespaces.

    Attributes:
        given: whether those namespaces have ReferenceGrants for the route and the gateway.
    """

    given: bool


class CrossNamespace(Check[Grant]):
    """With a ReferenceGrant, requests reach a backend in another namespace, and TLS is served with a certificate of another namespace.

    The control has no grants: both references must be refused with ``RefNotPermitted``, not because something is missing; nobody may
    answer, and no TLS may be spoken. Both halves have to pass, and both have to be refused.
    """

    id = "INF-09"
    requirement = AI_INFERENCE.id
    title = "backends and certificates of other namespaces need a grant"
    asks = (
        "Where ReferenceGrants allow it, do requests reach a backend in another namespace, and does a listener serve TLS with just the "
        "certificate that lies in another namespace?"
    )
    broken_looks_like = (
        "A reference resolves without a grant, so that anybody can put traffic on anybody's backends, or serve with anybody's certificate; "
        "or it never resolves, or TLS is served with another certificate."
    )
    sources = ("Gateway API: ReferenceGrant, reason RefNotPermitted", "Gateway API: Gateway, listeners' certificateRefs")
    mandatory = False
    needs = ACROSS
    subject = Grant(given=True)
    control = Grant(given=False)
    control_reason = "reference-refused"

    def observe(self, bench: Bench, variant: Grant, /) -> None:
        """Tries the backend while the gateway of the certificate comes up, and then the certificate."""
        site.require(bench)
        certificates.stand(bench)
        backends.observe(bench, given=variant.given)
        certificates.observe(bench, given=variant.given)

    def evaluate(self, seen: Seen) -> Finding:
        """Puts the halves together; what is known to be wrong comes before what is not known."""
        halves = {"backend": backends.evaluate(seen), "certificate": certificates.evaluate(seen)}
        said = "; ".join(f"{name}: {finding.sentence}" for name, finding in halves.items())
        if [finding.reason for finding in halves.values()] == [backends.REFUSED, certificates.REFUSED]:
            return failure("reference-refused", said)
        for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
            for name, finding in halves.items():
                if finding.verdict is verdict:
                    (other,) = (f"the {one}'s {found.verdict}" for one, found in halves.items() if one != name)
                    return Finding(verdict, finding.reason, f"the {name}'s half: {finding.sentence} ({other})")
        return success("granted", f"by ReferenceGrants, {said}")
