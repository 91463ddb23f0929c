# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The conformance suite of Gateway API as a pod: what it is told, what it may do, and what it makes that carries no name of the run's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.kinds import Kind
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Manifest, namespace
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import Needs, Right, anywhere
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import Stage
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.probes import Probe, pod_spec

from .needs import ROUTING
from .objects import GATEWAY, GATEWAY_CLASS, GROUP, HTTP_ROUTE, REFERENCE_GRANT
from .upstream_report import PROFILE, in_log, outcomes, trouble

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import View
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

NAMESPACES = ("gateway-conformance-infra", "gateway-conformance-app-backend", "gateway-conformance-web-backend")
"""Where the suite works. The names are its own (conformance/base/manifests.yaml)."""

CLASS_MADE = "gatewayclass-observed-generation-bump"
"""GatewayClass that one of its tests makes and removes."""

CORE = ("Gateway", "HTTPRoute", "ReferenceGrant")
"""Features of the profile's core part (conformance/utils/suite/profiles.go)."""

_BACKEND_TLS = Kind("BackendTLSPolicy", f"{GROUP}/v1", "backendtlspolicies", namespaced=True)
_WRITTEN = (
    kinds.NAMESPACE,
    kinds.CONFIG_MAP,
    kinds.SECRET,
    kinds.SERVICE,
    kinds.DEPLOYMENT,
    kinds.ENDPOINT_SLICE,
    GATEWAY_CLASS,
    GATEWAY,
    HTTP_ROUTE,
    REFERENCE_GRANT,
    _BACKEND_TLS,
)
_LOOKED_AT = (kinds.POD, kinds.SERVICE_ACCOUNT, kinds.CUSTOM_RESOURCE)

ITS_RIGHTS: tuple[Right, ...] = (
    *(right for kind in _WRITTEN for right in anywhere(kind, "get", "list", "watch", "create", "update", "patch", "delete")),
    *(right for kind in _LOOKED_AT for right in anywhere(kind, "get", "list", "watch")),
    *anywhere(kinds.POD, "get", subresource="log"),
)
"""What the suite does. Who gives rights must have them (RBAC: privilege escalation prevention)."""

RUNNING = ROUTING + Needs(
    makes=(kinds.SERVICE_ACCOUNT, kinds.CLUSTER_ROLE, kinds.CLUSTER_ROLE_BINDING), rights=ITS_RIGHTS, images=("conformance_suite_image",)
)
"""Running the suite."""

_USER_SAYS = "unspecified"


def prepare(bench: Bench) -> str:
    """Makes the account of the suite and the namespaces that it works in; the account's name.

    The namespaces are made here, so that they are the run's and go with it, however the suite ends.

    Raises:
        PreconditionError: one of them exists, or there is no node for the pods of the suite's backends.
        ConformanceError: the cluster refuses.
    """
    _require_free(bench)
    _require_node(bench)
    for name in NAMESPACES:
        bench.create(f"space-{name}", namespace(level="baseline"), name=name)
    account = bench.create("account", Manifest(kind=kinds.SERVICE_ACCOUNT, fields={}))["metadata"]["name"]
    role = bench.create("rights", Manifest(kind=kinds.CLUSTER_ROLE, fields={"rules": _rules()}))["metadata"]["name"]
    subject = {"kind": "ServiceAccount", "name": account, "namespace": bench.namespace}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
    bench.create("binding", Manifest(kind=kinds.CLUSTER_ROLE_BINDING, fields={"roleRef": reference, "subjects": [subject]}))
    return str(account)


def arguments(bench: Bench, *, class_name: str, project: str, features: Sequence[str], test: str) -> list[str]:
    """What the suite is told for a run of the profile."""
    labels = ",".join(f"{key}={value}" for key, value in bench.identity.labels.items())
    return [
        *absent_class(class_name),
        f"--supported-features={','.join((*CORE, *features))}",
        f"--namespace-labels={labels}",
        "--cleanup-base-resources=true",
        # It writes its report only where there is a file to write; the same text is in its log.
        "--report-output=/dev/null",
        f"--organization={project}",
        f"--project={project}",
        f"--url={_USER_SAYS}",
        f"--version={_USER_SAYS}",
        f"--contact={_USER_SAYS}",
        *([f"--run-test={test}"] if test else []),
    ]


def absent_class(class_name: str) -> list[str]:
    """What it is told for a class that does not exist: it looks for the class's features first of all, and makes nothing."""
    return ["-test.v", f"--gateway-class={class_name}", f"--conformance-profiles={PROFILE}"]


def run(bench: Bench, role: str, *, account: str, image: str, args: Sequence[str], seconds: float) -> JSON:
    """Runs the suite to its end, recorded as ``ended.<role>``; the report in its log.

    Raises:
        PreconditionError: its pod cannot start.
        ConformanceError: the cluster refuses.
    """
    pod = bench.create(f"{role}-pod", _pod(account, image=image, args=args, tolerations=bench.settings.tolerations))
    bench.know(role, pod)
    progress = bench.running(role).progress
    if progress.stage in {Stage.IMAGELESS, Stage.REFUSED}:
        raise PreconditionError(
            name="conformance-suite-pod",
            what="starting the conformance suite of Gateway API",
            found=progress.words,
            expected=f"a pod that runs {image}",
            look="the option conformance_suite_image, and the registry",
        )
    uid, started = pod["metadata"]["uid"], bench.cluster.clock.monotonic()

    def ended(view: View) -> JSON:
        found = view.by_uid("Pod", uid)
        return found if found and found.get("status", {}).get("phase") in {"Succeeded", "Failed"} else None

    final = bench.until(ended, of=(kinds.POD,), seconds=seconds)
    reply = bench.cluster.call("get", f"{bench.path_of(role)}/log", accept="*/*")
    log = str(reply.body or "") if reply.ok else ""
    waited = round(bench.cluster.clock.monotonic() - started, 3)
    said = {"tests": outcomes(log), "trouble": trouble(log)}
    bench.note(f"ended.{role}", {"exit_code": _exit_code(final), "waited": waited, "limit": seconds, "arguments": list(args), **said})
    return in_log(log)


def account_for(bench: Bench) -> None:
    """Takes note of the GatewayClass that a suite which was cut short has left."""
    left = bench.read("class-left", GATEWAY_CLASS, name=CLASS_MADE)
    if left is not None:
        bench.caused(GATEWAY_CLASS, left)


def _require_free(bench: Bench) -> None:
    """What the suite finds under the names that it uses, it would change and remove."""
    for kind, name in ((GATEWAY_CLASS, CLASS_MADE), *((kinds.NAMESPACE, name) for name in NAMESPACES)):
        if bench.read(f"before.{name}", kind, name=name) is not None:
            raise PreconditionError(
                name="conformance-suite-in-use",
                what="looking for what the conformance suite of Gateway API makes",
                found=f"{kind.name} {name}, which is not this run's",
                expected="none",
                look="whether somebody else runs the suite, or a run of it was cut short",
            )


def _require_node(bench: Bench) -> None:
    """The suite's backends tolerate nothing. Without a node for them it waits for five minutes, and ends without a report."""
    nodes = {item["metadata"]["name"]: item.get("spec") or {} for item in bench.cluster.list(kinds.NODE.collection()).items}
    taken = [name for name, spec in nodes.items() if spec.get("unschedulable") or _keeps_off(spec.get("taints") or [])]
    bench.note("nodes", {"all": sorted(nodes), "without room": sorted(taken)})
    if len(taken) == len(nodes):
        raise PreconditionError(
            name="node-without-taint",
            what="looking for nodes for the backends of the conformance suite of Gateway API",
            found=f"{len(nodes)} nodes, all of them tainted or cordoned",
            expected="one that takes pods without tolerations, which the suite's manifests do not have",
            look="kubectl get nodes, and their taints",
        )


def _keeps_off(taints: Sequence[JSON]) -> bool:
    return any(taint.get("effect") in {"NoSchedule", "NoExecute"} for taint in taints)


def _rules() -> list[JSON]:
    verbs: dict[tuple[str, str], list[str]] = {}
    for right in ITS_RIGHTS:
        verbs.setdefault((right.kind.group, right.resource), []).append(right.verb)
    return [{"apiGroups": [group], "resources": [resource], "verbs": allowed} for (group, resource), allowed in verbs.items()]


def _pod(account: str, *, image: str, args: Sequence[str], tolerations: Sequence[Any]) -> Manifest:
    spec = pod_spec(Probe(image=image, containers=("suite",)), image=image, tolerations=tolerations)
    container = spec["containers"][0]
    del container["command"]
    container |= {"args": list(args), "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "1Gi"}}}
    return Manifest(kind=kinds.POD, fields={"spec": {**spec, "serviceAccountName": account, "automountServiceAccountToken": True}})


def _exit_code(pod: JSON) -> int | None:
    """The exit code of a pod's one container; None where it has not ended."""
    for status in ((pod or {}).get("status") or {}).get("containerStatuses") or []:
        code = ((status.get("state") or {}).get("terminated") or {}).get("exitCode")
        if isinstance(code, int):
            return code
    return None
