# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SAA-11: who may use accelerators in one namespace may not reach into another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Manifest
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import Needs, anywhere, inside

from .requirement import SECURE_ACCESS

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench


JSON = Any

_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_REVIEW = kinds.Kind("SubjectAccessReview", "authorization.k8s.io/v1", "subjectaccessreviews", namespaced=False)
_VERBS = ("create", "get", "delete")
_NEEDS = Needs(
    makes=(kinds.NAMESPACE, kinds.ROLE, kinds.ROLE_BINDING),
    rights=(*anywhere(_REVIEW, "create"), *(right for kind in (kinds.POD, kinds.RESOURCE_CLAIM) for right in inside(kind, *_VERBS))),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Whether the account is given rights in the other namespace."""

    made: bool


class TenantsApart(Check[Grant]):
    """The account of one namespace may not create, read or delete pods and claims of another.

    The API server's authorizer is asked, as every request asks it. The control gives the account these rights by a Role of the other
    namespace, which the same question must show.
    """

    id = "SAA-11"
    requirement = SECURE_ACCESS.id
    needs = _NEEDS
    title = "accounts do not reach into other namespaces"
    asks = "Does the API server's authorizer refuse the account of one namespace all use of pods and claims in another?"
    broken_looks_like = "The account may create a claim or a pod in a namespace of others, or run commands in their pods."
    sources = ("API reference SubjectAccessReview", "KEP-4381: security", "specification: secure_accelerator_access")
    subject = Grant(made=False)
    control = Grant(made=True)
    control_reason = "foreign-namespace-open"

    def observe(self, bench: Bench, variant: Grant, /) -> None:
        """Asks the authorizer about every verb."""
        other = bench.space("other")
        user = f"system:serviceaccount:{bench.namespace}:default"
        if variant.made:
            rules = [
                {"apiGroups": [kind.group], "resources": [kind.plural], "verbs": list(_VERBS)} for kind in (kinds.POD, kinds.RESOURCE_CLAIM)
            ]
            bench.create("role", Manifest(kind=kinds.ROLE, fields={"rules": rules}), space=other)
            subject = {"kind": "ServiceAccount", "name": "default", "namespace": bench.namespace}
            role = {"apiGroup": kinds.ROLE.group, "kind": "Role", "name": bench.name("role")}
            bench.create("binding", Manifest(kind=kinds.ROLE_BINDING, fields={"subjects": [subject], "roleRef": role}), space=other)
        for kind in (kinds.POD, kinds.RESOURCE_CLAIM):
            for verb in _VERBS:
                self._ask(bench, user, other, {"verb": verb, "resource": kind.plural, "group": kind.group})
        self._ask(bench, user, other, {"verb": "create", "resource": "pods", "subresource": "exec", "group": ""})

    @staticmethod
    def _ask(bench: Bench, user: str, space: str, attributes: dict[str, str]) -> None:
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{bench.namespace}", "system:authenticated"]
        spec = {"user": user, "groups": groups, "resourceAttributes": {**attributes, "namespace": space}}
        what = f"{attributes['verb']}.{attributes['resource']}{'.exec' if 'subresource' in attributes else ''}"
        bench.ask(f"may.{what}", "create", _REVIEWS, body={"apiVersion": _REVIEW.api, "kind": _REVIEW.name, "spec": spec})

    def evaluate(self, seen: Seen) -> Finding:
        """Reads the authorizer's answers."""
        answers = seen.named("may.")
        wanted = {f"{verb}.{plural}" for verb in _VERBS for plural in (kinds.POD.plural, kinds.RESOURCE_CLAIM.plural)} | {
            "create.pods.exec"
        }
        decided = {what: (answer["body"].get("status") or {}).get("allowed") for what, answer in answers.items()}
        allowed = sorted(what for what, said in decided.items() if said is True)
        if allowed:
            return failure("foreign-namespace-open", f"the account of one namespace may {listed(allowed)} in another, expected nothing")
        silent = sorted(wanted - {what for what, said in decided.items() if said is False})
        if silent:
            return inconclusive("authorizer-silent", f"the authorizer did not say whether the account may {listed(silent)}")
        return success("tenants-apart", f"the account of one namespace may do none of {listed(sorted(wanted))} in another")
