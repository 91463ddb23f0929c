# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all checks of traffic use together: a gateway, two backends and a client, made once for a verification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Manifest
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import CONTAINER, FOLDER, PORT, PodTemplate
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import is_ready
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.watched import Watched

from .objects import GATEWAY, GATEWAY_CLASS, address, gateway, holds
from .settings import InferenceSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import View
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

CLIENT, GATEWAY_NAME = "client", "gateway"
FIRST, SECOND = "v1", "v2"
"""Names of the backends: of the Services, of the pods, and what they answer."""

BACKEND = "ai-conformance/backend"
"""Label of a backend's pods."""

READY = "site"
"""Fact: the gateway's address, empty where it was not programmed in time."""


def require(bench: Bench) -> str:
    """The site's gateway, for sending requests to; its address.

    Raises:
        PreconditionError: no GatewayClass, or a gateway without an address, which is INF-02's to judge.
        ConformanceError: the cluster refuses.
    """
    stand(bench)
    at = str((bench.so_far.last(READY) or {}).get("address") or "")
    if not at:
        raise PreconditionError(
            name="gateway-with-address",
            what="looking for the address of a gateway of the class under test",
            found="none in time, or pods of backends and client that are not ready",
            expected="a gateway that is programmed, see INF-02",
            look="kubectl get gateways, and the controller of the GatewayClass",
        )
    return at


def stand(bench: Bench) -> None:
    """Makes the site, or takes the one that another check has made, recorded as ``gateway``, ``standing`` and ``site``.

    Raises:
        PreconditionError: no GatewayClass.
        ConformanceError: the cluster refuses.
    """
    bench.shared("site", lambda: _make(bench))


def _make(bench: Bench) -> None:
    own = bench.own(InferenceSettings)
    stands(bench, GATEWAY_NAME, gateway(class_of(bench)))
    for name in (FIRST, SECOND):
        stands(bench, name, backend_pod(name, bench=bench))
        stands(bench, name, service(name))
    client = PodTemplate(image=own.client_image, tolerations=bench.settings.tolerations, affinity=bench.aside)
    stands(bench, CLIENT, Manifest(kind=kinds.POD, fields={"spec": client.spec()}))
    wanted = {FIRST, SECOND, CLIENT}

    def complete(view: View) -> bool:
        ready = {pod["metadata"]["name"] for pod in view.all("Pod") if is_ready(pod)}
        found = [item for item in view.all("Gateway") if item["metadata"]["name"] == GATEWAY_NAME]
        return wanted <= ready and bool(found) and is_programmed(found[0])

    bench.watched("standing", complete, of=(Watched(kind=GATEWAY), kinds.POD), seconds=own.gateway_seconds, keep=_is_ours)
    made = bench.read(GATEWAY_NAME, GATEWAY, name=GATEWAY_NAME)
    at = address(made or {}) if (bench.so_far.last("standing") or {}).get("reached") is True else ""
    bench.note(READY, {"address": at if at and _answers(bench, at) else ""})


def _answers(bench: Bench, at: str) -> bool:
    """Whether somebody answers at the address, with whatever status: proxies may come after the condition Programmed."""
    url = f"http://[{at}]/" if ":" in at else f"http://{at}/"
    command = ["curl", "--globoff", "--silent", "--max-time", "5", "--output", "/dev/null", url]
    path = kinds.POD.path(name=CLIENT, namespace=bench.namespace)

    def once() -> bool | None:
        done = bench.cluster.execute(path, container=CONTAINER, command=command, seconds=20)
        bench.note("knock", {"command": command, "exit_code": done.exit_code})
        return True if done.exit_code == 0 else None

    return bench.polled(once, every=0.5, seconds=bench.own(InferenceSettings).route_seconds) is True


def _is_ours(item: JSON) -> bool:
    return item["metadata"]["name"] in {FIRST, SECOND, CLIENT, GATEWAY_NAME}


def stands(bench: Bench, name: str, manifest: Manifest) -> None:
    """Makes an object that stays until the verification ends, recorded as ``stands.<kind>.<name>``."""
    bench.note(f"stands.{manifest.kind.name}.{name}", bench.workspace.create(manifest, name=name))


def is_programmed(item: JSON) -> bool:
    """Whether a Gateway is accepted, programmed, and has an address."""
    return holds(item, "Accepted") and holds(item, "Programmed") and bool(address(item))


def class_of(bench: Bench) -> str:
    """Name of the GatewayClass under test, recorded with all classes as ``classes``.

    Raises:
        PreconditionError: none is accepted, or several are and none is named.
    """
    wanted = bench.own(InferenceSettings).gateway_class
    bench.require_served(GATEWAY_CLASS, component="Gateway API")
    classes = bench.listing("classes", GATEWAY_CLASS)
    accepted = [item["metadata"]["name"] for item in classes if holds(item, "Accepted")]
    chosen = [name for name in accepted if name == wanted] if wanted else accepted
    if len(chosen) != 1:
        raise PreconditionError(
            name="gateway-class",
            what="looking for the GatewayClass under test",
            found=f"accepted: {', '.join(accepted) or 'none'}",
            expected=f"{wanted} among them" if wanted else "just one, or the option gateway_class",
            look="kubectl get gatewayclasses, and the option gateway_class",
        )
    return str(chosen[0])


def backend_pod(says: str, *, bench: Bench, labels: Mapping[str, str] | None = None) -> Manifest:
    """A pod whose web server answers every request with a few letters.

    Args:
        says: the answer.
        bench: whose probe image, with ``httpd`` and a shell, and tolerations it has.
        labels: beside the one that its Service looks for.
    """
    script = f"mkdir -p {FOLDER}/www && printf %s {says} >{FOLDER}/www/index.html && exec httpd -f -p {PORT} -h {FOLDER}/www"
    template = PodTemplate(
        image=bench.settings.probe_image, script=script, ready_path="/", tolerations=bench.settings.tolerations, affinity=bench.aside
    )
    return Manifest(kind=kinds.POD, fields={"spec": template.spec()}, labels={BACKEND: says, **(labels or {})})


def service(name: str, *, selects: Mapping[str, str] | None = None) -> Manifest:
    """A Service for the pods of a backend."""
    spec = {"selector": dict(selects or {BACKEND: name}), "ports": [{"name": "http", "port": PORT, "targetPort": PORT}]}
    return Manifest(kind=kinds.SERVICE, fields={"spec": spec})


def programmed_at(seen: Seen) -> str:
    """The site's address in a record; empty when there is none."""
    fact = seen.last(READY)
    return str(fact.get("address") or "") if isinstance(fact, dict) else ""
