# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A workload with metrics of its own: what it says, how it is made, and how it asks to be scraped. Pure.

A web server of the probe image counts the requests that it serves. Its metrics carry a label with a value that nobody else has, so that
what is stored of them can be told from everything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.kinds import Kind
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Manifest
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import (
    FOLDER,
    PORT,
    PodTemplate,
    asking_to_be_scraped,
)

JSON = Any

CALLS, LATENCY, QUEUE = "ai_conformance_requests_total", "ai_conformance_request_seconds", "ai_conformance_queue_depth"
"""A counter, a histogram and a gauge, as the exposition format has them."""

DEPTH = 7
"""Value of the gauge."""

BUCKETS = 2
"""How many buckets the histogram has. All requests are in each of them."""

SECONDS = 0.05
"""How long the workload takes for a request."""

METRICS_PATH, CALL_PATH, SCRAPES_PATH = "/cgi-bin/metrics", "/cgi-bin/call", "/scrapes.txt"
"""Where the workload tells its metrics, takes a request, and has a line for every time that its metrics were read."""

ROLE = "app"
"""Label by which a PodMonitor finds the pod."""

POD_MONITOR = Kind("PodMonitor", "monitoring.coreos.com/v1", "podmonitors", namespaced=True)

_CALL = f"""#!/bin/sh
sleep {SECONDS}
echo . >>{FOLDER}/calls
printf 'Content-Type: application/json\\r\\n\\r\\n{{"served":true}}\\n'
"""
_METRICS = f"""#!/bin/sh
n=$(wc -l <{FOLDER}/calls)
printf 'Content-Type: text/plain; version=0.0.4\\r\\n\\r\\n'
cat <<END
# HELP {CALLS} Requests that were served.
# TYPE {CALLS} counter
{CALLS}{{mark="$MARK"}} $n
# HELP {LATENCY} Duration of requests in seconds.
# TYPE {LATENCY} histogram
{LATENCY}_bucket{{mark="$MARK",le="{SECONDS}"}} $n
{LATENCY}_bucket{{mark="$MARK",le="+Inf"}} $n
{LATENCY}_sum{{mark="$MARK"}} $(awk "BEGIN {{ print $n * {SECONDS} }}")
{LATENCY}_count{{mark="$MARK"}} $n
# HELP {QUEUE} Requests that wait.
# TYPE {QUEUE} gauge
{QUEUE}{{mark="$MARK"}} {DEPTH}
END
if [ -n "$BROKEN" ]; then echo '{CALLS}{{mark="cut'; fi
echo . >>{FOLDER}/www{SCRAPES_PATH}
"""
_SCRIPT = f"""set -e
mkdir -p {FOLDER}/www/cgi-bin
: >{FOLDER}/calls
: >{FOLDER}/www{SCRAPES_PATH}
printf '%s' "$CALL" >{FOLDER}/www/cgi-bin/call
printf '%s' "$METRICS" >{FOLDER}/www/cgi-bin/metrics
chmod +x {FOLDER}/www/cgi-bin/call {FOLDER}/www/cgi-bin/metrics
exec httpd -f -p {PORT} -h {FOLDER}/www
"""


def workload(
    *,
    image: str,
    mark: str,
    labels: Mapping[str, str],
    tolerations: Sequence[Mapping[str, JSON]],
    affinity: JSON = None,
    asks: bool,
    broken: bool = False,
) -> Manifest:
    """The pod of the workload.

    Args:
        image: with ``httpd``, ``awk`` and a shell.
        mark: value of the label of all its series.
        labels: of the pod.
        tolerations: of the pod.
        affinity: of the pod.
        asks: whether its annotations ask to be scraped.
        broken: whether its metrics have a line that is cut off.
    """
    template = PodTemplate(
        image=image,
        script=_SCRIPT,
        tolerations=tolerations,
        affinity=affinity,
        env={"MARK": mark, "CALL": _CALL, "METRICS": _METRICS, **({"BROKEN": "yes"} if broken else {})},
    )
    annotations = asking_to_be_scraped(port=PORT, path=METRICS_PATH)
    return Manifest(kind=kinds.POD, fields={"spec": template.spec()}, labels=labels, annotations=annotations if asks else {})


def pod_monitor(*, selects: Mapping[str, str], labels: Mapping[str, str], port: str = "http", path: str = METRICS_PATH) -> Manifest:
    """A PodMonitor for pods with some labels in its own namespace."""
    endpoint = {"port": port, "path": path, "interval": "5s"}
    spec = {"selector": {"matchLabels": dict(selects)}, "podMetricsEndpoints": [endpoint]}
    return Manifest(kind=POD_MONITOR, fields={"spec": spec}, labels=labels)
