# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployments that expose a metric which can be set, HorizontalPodAutoscalers that follow it, and what those say.

Source: API reference HorizontalPodAutoscaler v2; Kubernetes documentation, "Horizontal Pod Autoscaling"; Prometheus text format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from . import kinds
from .kinds import Kind
from .manifests import Manifest
from .pod_template import FOLDER, PORT, PodTemplate, asking_to_be_scraped
from .pods import condition
from .quantity import parse

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster, Reply

JSON = Any

HPA = Kind("HorizontalPodAutoscaler", "autoscaling/v2", "horizontalpodautoscalers", namespaced=True)

METRICS_GROUP = "custom.metrics.k8s.io"
_METRICS = f"{METRICS_GROUP}/v1beta1"
"""What prometheus-adapter and others serve; v1beta2 has the same answers with more fields."""

POD_METRICS = Kind("MetricValueList", _METRICS, "pods", namespaced=True)
ANY_METRIC = Kind("MetricValueList", _METRICS, "*", namespaced=True)
"""The same as roles see it: a metric is a subresource, and only all of them can be allowed together."""

API_SERVICE = Kind("APIService", "apiregistration.k8s.io/v1", "apiservices", namespaced=False)

APP_LABEL = "ai-conformance/app"
"""On the pods of a Deployment; its value is the Deployment's name."""

_SERVE = f"""
mkdir -p {FOLDER}/www
tell() {{ printf '# TYPE %s gauge\\n%s %s\\n' "$METRIC" "$METRIC" "$1" > {FOLDER}/www/metrics.txt; }}
tell 0
trap 'exit 0' TERM INT
httpd -f -p {PORT} -h {FOLDER}/www & wait $!
"""


def serving(template: PodTemplate, metric: str) -> PodTemplate:
    """A template whose pods expose one gauge, 0 at first, where annotations tell Prometheus to look.

    Args:
        template: all else that they are; the image needs busybox's httpd.
        metric: name of the gauge.
    """
    env = {**template.env, "METRIC": metric}
    return replace(scraped(template, "/metrics.txt"), script=_SERVE, env=env, restart="Always")


def scraped(template: PodTemplate, path: str) -> PodTemplate:
    """A template whose pods ask by annotations to be scraped.

    Args:
        template: all else that they are.
        path: of their metrics, at their port.
    """
    asks = asking_to_be_scraped(port=template.port, path=path)
    return replace(template, annotations={**template.annotations, **asks})


def telling(metric: str, value: int | None) -> tuple[str, ...]:
    """The command that sets a pod's gauge, or takes it away."""
    file = f"{FOLDER}/www/metrics.txt"
    if value is None:
        return ("rm", "-f", file)
    text = f"# TYPE {metric} gauge\\n{metric} {value}\\n"
    return ("sh", "-c", f"printf '{text}' > {file}.new && mv {file}.new {file}")


def deployment(name: str, template: PodTemplate, *, replicas: int, labels: Mapping[str, str]) -> Manifest:
    """A Deployment that replaces its pods one for one: never more than asked for, because each has an accelerator.

    Args:
        name: of the Deployment.
        template: of its pods.
        replicas: how many at first.
        labels: of the run, on its pods too.
    """
    own = replace(template, labels={**template.labels, APP_LABEL: name})
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": {APP_LABEL: name}},
        "strategy": {"type": "Recreate"},
        "template": own.as_json(labels=labels),
    }
    return Manifest(kind=kinds.DEPLOYMENT, fields={"spec": spec}, labels={})


def autoscaler(target: str, *, metric: str, average: int, most: int, stabilize: int) -> Manifest:
    """An HPA from one replica to some, by the average of a gauge of the pods.

    Args:
        target: name of the Deployment.
        metric: name of the gauge.
        average: that it is to have per pod.
        most: maxReplicas.
        stabilize: seconds for which fewer replicas must have been wanted before they are taken away.
    """
    source = {"metric": {"name": metric}, "target": {"type": "AverageValue", "averageValue": str(average)}}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target},
        "minReplicas": 1,
        "maxReplicas": most,
        "metrics": [{"type": "Pods", "pods": source}],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": stabilize}, "scaleUp": {"stabilizationWindowSeconds": 0}},
    }
    return Manifest(kind=HPA, fields={"spec": spec}, labels={})


def saying(hpa: JSON, *, at: str) -> JSON:
    """What an HPA says at one moment.

    Args:
        hpa: the HorizontalPodAutoscaler.
        at: when, UTC, RFC 3339.
    """
    status = hpa.get("status") or {}
    current = [item.get("pods") or {} for item in status.get("currentMetrics") or []]
    return {
        "at": at,
        "current": int(status.get("currentReplicas") or 0),
        "desired": int(status.get("desiredReplicas") or 0),
        "metrics": {
            str((item.get("metric") or {}).get("name")): str((item.get("current") or {}).get("averageValue") or "") for item in current
        },
        "conditions": {
            kind: {key: str(condition(hpa, kind).get(key) or "") for key in ("status", "reason", "message")}
            for kind in ("AbleToScale", "ScalingActive", "ScalingLimited")
        },
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The newest that an HPA has said about its metric.

    Attributes:
        value: the average per pod; None when it has none.
        active: whether it can scale by it.
        reason: of its condition ScalingActive.
        message: of the same condition.
    """

    value: float | None
    active: bool
    reason: str
    message: str

    @classmethod
    def of(cls, said: JSON, metric: str) -> Reading:
        """The reading of one entry of ``saying``; an empty one for nothing."""
        values = said if isinstance(said, Mapping) else {}
        amount = parse((values.get("metrics") or {}).get(metric))
        active = (values.get("conditions") or {}).get("ScalingActive") or {}
        return cls(
            value=None if amount is None else float(amount),
            active=active.get("status") == "True",
            reason=str(active.get("reason") or ""),
            message=str(active.get("message") or ""),
        )


def custom_metrics(cluster: Cluster, namespace: str, metric: str, labels: str) -> Reply:
    """What the metrics API answers when it is asked for a metric of some pods, whatever the status.

    Raises:
        UnreachableError: no answer.
    """
    return cluster.call("get", POD_METRICS.path(name=f"*/{metric}", namespace=namespace), query=[("labelSelector", labels)])


def values_of(listed: JSON, metric: str) -> dict[str, float]:
    """Pod → value, of a MetricValueList of custom.metrics.k8s.io."""
    found = {}
    for item in (listed or {}).get("items") or []:
        name = (item.get("metric") or {}).get("name") or item.get("metricName")
        amount = parse(str(item.get("value")))
        if name == metric and amount is not None:
            found[str((item.get("describedObject") or {}).get("name"))] = float(amount)
    return found


def gauge_of(text: JSON, metric: str) -> float | None:
    """A gauge in the text that a pod serves; None when it is not there."""
    for line in str(text or "").splitlines():
        words = line.split()
        if len(words) == 2 and words[0] == metric:
            try:
                return float(words[1])
            except ValueError:
                return None
    return None
