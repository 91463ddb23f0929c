# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A gateway whose certificate lies in another namespace, before and after that one's grant.

It is a gateway of its own, because implementations may refuse all of a gateway that has a listener without a certificate. Its listener for
HTTP shows that the proxy and the route are there while the other one has to be refused. One gateway tells the story for both sides: the
control is what it was before the grant.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Manifest, delete_options, namespace
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import PORT

from . import site
from .authority import issue
from .handshake import Handshake, shake
from .objects import GATEWAY, SECURED_LISTENER, Backend, Rule, Secured, address, gateway, grant, listener_condition, route
from .settings import InferenceSettings
from .traffic import Answers, until_answered

if TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import View
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

    from .authority import Issued

JSON = Any

REFUSED = "certificate-refused"
"""Reason: the reference is not permitted, and nobody speaks TLS."""

_NAME = "secured"
"""Of the gateway and of its route."""

_HOST = "inf-09-secured.ai-conformance.example"

_MADE, _PLAIN = "certificate", "before.plain"
_BEFORE, _AT_LAST = ("before.request", "before.gateway"), ("secured.request", "secured.gateway")


def stand(bench: Bench) -> None:
    """Makes the gateway and its certificate, or takes those of the other side; recorded as ``certificate``. It waits for nothing.

    Raises:
        PreconditionError: no GatewayClass, or no library for certificates.
        ConformanceError: the cluster refuses.
    """
    bench.shared("secured", lambda: _make(bench))


def observe(bench: Bench, *, given: bool) -> None:
    """Sends requests over TLS without the grant, and with it where it is to be given.

    Args:
        bench: the way to the cluster.
        given: whether the certificate's namespace grants it in the end.

    Raises:
        ConformanceError: the cluster refuses.
    """
    bench.shared("refused", lambda: _without(bench))
    if not given:
        for before, at_last in zip(_BEFORE, _AT_LAST, strict=True):
            bench.note(at_last, bench.so_far.last(before))
        return
    made = bench.so_far.last(_MADE)
    manifest = grant(by=GATEWAY, of=bench.namespace, to=kinds.SECRET, name=made["name"])
    bench.create("certificate-grant", manifest, space=made["space"])
    at, seconds = address(bench.so_far.last(_BEFORE[1]) or {}), bench.own(InferenceSettings).route_seconds
    _settle(bench, lambda found: _resolved(found).get("status") == "True", seconds=seconds)
    _look(bench, *_AT_LAST, lambda shaken: shaken.status == HTTPStatus.OK, at=at, seconds=seconds)
    _let_go(bench)


def evaluate(seen: Seen) -> Finding:
    """Looks at the listener's condition, at the certificate that was served, and at who answered."""
    made, plain = seen.last(_MADE), Answers.read(seen.last(_PLAIN))
    before, at_last = _Look.read(seen, *_BEFORE), _Look.read(seen, *_AT_LAST)
    fingerprint = made.get("fingerprint") if isinstance(made, dict) else None
    if not isinstance(fingerprint, str) or not fingerprint or plain is None or before is None or at_last is None:
        return inconclusive("tls-not-tried", "the client did not ask the gateway over HTTP and over TLS, without and with the grant")
    if before.served:
        return failure("certificate-leaked", f"without a grant {before}; expected no TLS, for anybody could use anybody's certificate")
    if plain.of(site.FIRST) != plain.total or not plain.total:
        return inconclusive("gateway-silent", f"the same gateway's answer over HTTP is {plain}, so that silence over TLS says nothing")
    if not before.refused:
        return failure("certificate-not-refused", f"without a grant {before}; expected ResolvedRefs False, RefNotPermitted")
    return _with_grant(at_last, fingerprint)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """The secured listener at one time.

    Attributes:
        status: of its condition ResolvedRefs.
        reason: of it.
        shaken: what came of a request.
    """

    status: str
    reason: str
    shaken: Handshake

    @classmethod
    def read(cls, seen: Seen, request: str, found: str) -> _Look | None:
        """From two records; None where one is missing."""
        shaken, item = Handshake.read(seen.last(request)), seen.last(found)
        if shaken is None or not isinstance(item, dict) or "metadata" not in item:
            return None
        condition = _resolved(item)
        return cls(status=str(condition.get("status", "missing")), reason=str(condition.get("reason", "none")), shaken=shaken)

    @property
    def served(self) -> bool:
        """Whether the authority's certificate was served."""
        return self.shaken.works or bool(self.shaken.fingerprint)

    @property
    def refused(self) -> bool:
        """Whether the reference is refused for want of a grant."""
        return (self.status, self.reason) == ("False", "RefNotPermitted")

    def __str__(self) -> str:
        return f"ResolvedRefs of the listener is {self.status}, {self.reason}; {self.shaken}"


def _with_grant(look: _Look, fingerprint: str) -> Finding:
    shaken = look.shaken
    if look.status != "True":
        refused = look.refused and not look.served
        return failure(REFUSED if refused else "certificate-unresolved", f"{look}; expected ResolvedRefs True and 200 {site.FIRST}")
    if shaken.unverified or (shaken.fingerprint and shaken.fingerprint != fingerprint):
        served = f", SHA-256 {shaken.fingerprint}" if shaken.fingerprint else ""
        return failure("certificate-wrong", f"{look}{served}; expected the certificate that was made, SHA-256 {fingerprint}")
    if (shaken.status, shaken.body) != (HTTPStatus.OK, site.FIRST):
        return failure("tls-not-answered", f"{look}; expected 200 {site.FIRST}")
    if not shaken.fingerprint:
        return inconclusive("certificate-not-shown", f"{look}; the client does not show the certificate: it needs curl 7.88 or later")
    return success("granted", f"{shaken} over TLS, with the certificate that was made, SHA-256 {fingerprint}")


def _make(bench: Bench) -> None:
    issued = issue(_HOST, now=bench.cluster.clock.now())
    space = bench.identity.unique(f"{bench.settings.namespace_prefix}-{bench.name('keys')}")
    bench.note("stands.Namespace.keys", bench.workspace.space(namespace(), name=space))
    name = bench.deposit("certificate", _secret(issued), space=space)["metadata"]["name"]
    public = {"authority": issued.authority, "fingerprint": issued.fingerprint, "serial": issued.serial, "ends": issued.ends}
    bench.note(_MADE, {"host": _HOST, "space": space, "name": name, **public})
    site.stands(bench, _NAME, gateway(site.class_of(bench), secured=Secured(host=_HOST, secret=name, namespace=space)))
    site.stands(bench, _NAME, route(parent=_NAME, host=_HOST, rules=[Rule(backends=[Backend(service=site.FIRST, port=PORT)])]))


def _let_go(bench: Bench) -> None:
    """Deletes the gateway, which has told both sides' story, and waits for nothing.

    Its proxy is a pod that no check places. On a node that an autoscaler has just added, it would keep that node until the verification
    ends.
    """
    made = bench.so_far.last(f"stands.{GATEWAY.name}.{_NAME}")["metadata"]
    path = GATEWAY.path(name=_NAME, namespace=bench.namespace)
    bench.ask("delete.gateway", "delete", path, body=delete_options(made["uid"], policy="Background"))


def _secret(issued: Issued) -> Manifest:
    data = {"tls.crt": issued.certificate, "tls.key": issued.key}
    encoded = {name: base64.b64encode(text.encode()).decode() for name, text in data.items()}
    return Manifest(kind=kinds.SECRET, fields={"type": "kubernetes.io/tls", "data": encoded})


def _without(bench: Bench) -> None:
    own = bench.own(InferenceSettings)

    def decided(found: JSON) -> bool:
        return bool(address(found)) and _resolved(found).get("status") in {"True", "False"}

    _settle(bench, decided, seconds=own.gateway_seconds)
    at = address(bench.read(_BEFORE[1], GATEWAY, name=_NAME) or {})
    if at:
        until_answered(bench, _PLAIN, at=at, host=_HOST)
    # A certificate may get out later than its listener's condition says that it will not.
    _look(bench, *_BEFORE, lambda shaken: shaken.works, at=at, seconds=bench.settings.settle_seconds)


def _look(bench: Bench, request: str, found: str, enough: Callable[[Handshake], bool], *, at: str, seconds: float) -> None:
    """Asks over TLS until an answer is enough, or for so long, and reads the gateway."""
    made = bench.so_far.last(_MADE)

    def once() -> bool | None:
        shake(bench, request, at=at, host=_HOST, authority=made["authority"])
        shaken = Handshake.read(bench.so_far.last(request))
        return True if shaken is not None and enough(shaken) else None

    if at:
        bench.polled(once, every=0.5, seconds=seconds)
    bench.read(found, GATEWAY, name=_NAME)


def _settle(bench: Bench, enough: Callable[[JSON], bool], *, seconds: float) -> None:
    """Waits until the gateway is so, or for so long."""

    def so(view: View) -> bool | None:
        return any(item["metadata"]["name"] == _NAME and enough(item) for item in view.all("Gateway")) or None

    bench.until(so, of=(GATEWAY,), seconds=seconds)


def _resolved(item: JSON) -> JSON:
    return listener_condition(item, SECURED_LISTENER, "ResolvedRefs")
