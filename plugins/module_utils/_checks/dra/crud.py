# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DRA-02: objects of the API can be created, read, changed and deleted, and wrong ones are refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds, manifests
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Exactly, delete_options
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import Needs, Right, inside

from .requirement import DRA_SUPPORT

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Manifest

JSON = Any

_KINDS = (kinds.DEVICE_CLASS, kinds.RESOURCE_CLAIM, kinds.RESOURCE_CLAIM_TEMPLATE)
_NEEDS = Needs(
    makes=_KINDS,
    tries=(kinds.RESOURCE_SLICE,),
    rights=(
        *(Right(verb=verb, kind=kind, inside=kind.namespaced) for kind in _KINDS for verb in ("patch", "update")),
        *inside(kinds.RESOURCE_CLAIM, "get", subresource="status"),
    ),
)
_STEP_LABEL = "ai-conformance/step"
_MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """CEL of the DeviceClass that the round trip starts with."""

    expression: str


class CreateReadUpdateDelete(Check[Selector]):
    """Every kind goes through create, get, list, patch, update and delete, and every change is read back.

    A server that answers 200 and stores nothing is caught by reading back; one that stores whatever it gets, by the control. A
    ResourceSlice is sent as a dry run only: a stored one could be scheduled on.
    """

    id = "DRA-02"
    requirement = DRA_SUPPORT.id
    needs = _NEEDS
    title = "DRA objects can be created, read, changed and deleted"
    asks = "Do DeviceClass, ResourceClaim and ResourceClaimTemplate survive a round trip of all verbs, and is a ResourceSlice accepted?"
    broken_looks_like = "A verb is answered with an error, a change is not there when read back, or an object stays after its deletion."
    sources = ("KEP-4381", "API reference resource.k8s.io/v1", "KAR-0051")
    subject = Selector(expression="device.driver == 'none.ai-conformance.invalid'")
    control = Selector(expression="device.driver == ")
    control_reason = "create-invalid"

    def observe(self, bench: Bench, variant: Selector, /) -> None:
        """Makes the round trip, and stops at the first refusal of a creation."""
        device_class = manifests.device_class(variant.expression)
        request = Exactly(device_class=bench.settings.device_class)
        objects = {
            "deviceclass": (device_class, bench.unique("class")),
            "claim": (manifests.claim(request), bench.name("claim")),
            "template": (manifests.claim_template(request, labels={}), bench.name("template")),
        }
        for role, (manifest, name) in objects.items():
            if not self._round_trip(bench, role, manifest, name):
                return
        driver = "none.ai-conformance.invalid"
        bench.attempt("slice", manifests.resource_slice(driver=driver, pool=bench.name("pool")), name=bench.name("slice"), dry_run=True)

    @staticmethod
    def _round_trip(bench: Bench, role: str, manifest: Manifest, name: str) -> bool:
        created = bench.attempt(role, manifest, name=name)
        if not created.ok:
            return False
        kind, space = manifest.kind, bench.namespace
        path = kind.path(name=name, namespace=space)
        bench.ask(f"get.{role}", "get", path)
        bench.ask(f"list.{role}", "get", f"{kind.collection(space)}?labelSelector={bench.identity.selector}")
        if kind is kinds.RESOURCE_CLAIM:
            bench.ask(f"status.{role}", "get", f"{path}/status")
        bench.ask(f"patch.{role}", "patch", path, body={"metadata": {"labels": {_STEP_LABEL: "patched"}}}, content_type=_MERGE_PATCH)
        current = bench.ask(f"patched.{role}", "get", path).body
        if isinstance(current, Mapping) and "metadata" in current:
            labels = {**(current["metadata"].get("labels") or {}), _STEP_LABEL: "updated"}
            bench.ask(f"update.{role}", "update", path, body={**current, "metadata": {**current["metadata"], "labels": labels}})
        bench.ask(f"updated.{role}", "get", path)
        bench.ask(f"delete.{role}", "delete", path, body=delete_options(created.body["metadata"]["uid"]))
        bench.ask(f"deleted.{role}", "get", path)
        return True

    def evaluate(self, seen: Seen) -> Finding:
        """Follows the round trip and stops at the first step that went wrong."""
        if not seen.named("create."):
            return inconclusive("nothing-tried", "no object was sent to the API server")
        problem = next(self._problems(seen), None)
        if problem is not None:
            return problem
        return success(
            "round-trip", "DeviceClass, ResourceClaim and ResourceClaimTemplate made the round trip; a ResourceSlice is accepted"
        )

    def _problems(self, seen: Seen) -> Iterator[Finding]:
        for role in ("deviceclass", "claim", "template"):
            verbs = ("create", "get", "list", *(("status",) if role == "claim" else ()), "patch", "patched", "update", "updated", "delete")
            for verb in verbs:
                yield from self._refused(verb, role, seen.last(f"{verb}.{role}"))
            yield from self._not_kept(role, seen)
        yield from self._refused("create", "slice", seen.last("create.slice"))

    @staticmethod
    def _refused(verb: str, role: str, answer: JSON | None) -> Iterator[Finding]:
        if answer is None:
            yield inconclusive("round-trip-unfinished", f"{verb} of {role} was not tried")
            return
        status, body = int(answer["status"]), answer["body"]
        message = body.get("message") if isinstance(body, Mapping) else body
        sentence = f"{verb} of {role} was answered with HTTP {status}, expected success: {message}"
        if status == HTTPStatus.FORBIDDEN:
            yield inconclusive("forbidden", sentence)
        elif status == HTTPStatus.UNPROCESSABLE_ENTITY:
            yield failure(f"{verb}-invalid", sentence)
        elif not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            yield failure(f"{verb}-refused", sentence)

    @staticmethod
    def _not_kept(role: str, seen: Seen) -> Iterator[Finding]:
        created = seen.last(f"create.{role}")["body"]["metadata"]
        listed = [item["metadata"]["uid"] for item in seen.last(f"list.{role}")["body"].get("items") or []]
        if created["uid"] not in listed:
            yield failure("list-incomplete", f"the created {role} {created['name']} is not in the list: see the API server's watch cache")
        for fact in ("get", *(("status",) if role == "claim" else ()), "patched", "updated"):
            found = seen.last(f"{fact}.{role}")["body"]["metadata"]
            if found["uid"] != created["uid"]:
                yield failure("another-object", f"{fact} of {role} shows the UID {found['uid']}, expected {created['uid']}")
            label = (found.get("labels") or {}).get(_STEP_LABEL)
            if fact in {"patched", "updated"} and label != fact:
                yield failure("change-lost", f"label {_STEP_LABEL} of the {role} reads {label!r} after it was {fact}, expected {fact!r}")
        gone = seen.last(f"deleted.{role}")
        if gone is None:
            yield inconclusive("round-trip-unfinished", f"whether the {role} is gone after its deletion was not read")
        elif gone["status"] != HTTPStatus.NOT_FOUND:
            yield failure("not-deleted", f"the {role} {created['name']} is still there after its deletion: see its finalizers")
