#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_ai_service_metrics
version_added: 0.1.0
short_description: Prove that a cluster discovers and collects metrics of AI services
author:
  - The ailab.conformance authors (@ailab)
description:
  - Proves the requirement C(ai_service_metrics) of the CNCF Kubernetes AI Conformance programme. The platform has a monitoring system that
    finds workloads which expose metrics in a standard format, and collects them.
  - Eight checks are known. C(SM-01) the monitoring system answers. C(SM-02) a workload that asks to be scraped is found. C(SM-03) what is
    stored counts the traffic exactly. C(SM-04) the same with the metrics of an inference server. C(SM-05) series end with their workload.
    C(SM-06) a workload that does not ask is left alone. C(SM-07) metrics that cannot be read are reported. C(SM-08) one tenant does not
    see another one's metrics.
  - The requirement depends on C(SM-01), C(SM-02) and C(SM-03). C(SM-04) needs O(server_image), C(SM-08) needs
    O(other_monitoring_service); they are V(not_run) without.
  - Every check has a negative control, a variant that the same evaluator must judge a failure for the reason that it was made for.
    A check whose control does not flip is V(inconclusive), never V(pass).
  - Everything is made in a namespace of its own that admits only restricted pods. What was made carries the label
    C(ai-conformance/run), is noted in the run directory before it is made, is deleted by UID, and is seen to be gone.
notes:
  - O(probe_image) needs C(httpd) and C(awk) for this requirement, as busybox has them.
  - The workload's targets must carry the label C(instance), address and port of the pod, as Prometheus sets it.
  - The task fails when its verdict is not in O(accept). RV(checks) are returned all the same.
  - The rights that are needed are asked for first. When some are missing, all of them are named and nothing is made.
options:
  discovery:
    description:
      - How a workload asks to be scraped. V(annotations) are C(prometheus.io/scrape), C(prometheus.io/port) and C(prometheus.io/path) of
        its pod, which user cluster monitoring of KKP looks for. V(pod_monitor) is an object for the Prometheus operator.
    type: str
    choices:
      - annotations
      - pod_monitor
    default: annotations
  discovery_labels:
    description:
      - Labels that a PodMonitor must carry to be seen.
    type: dict
    default: {}
  requests:
    description:
      - How many requests the workload is sent.
    type: int
    default: 10
  collect_seconds:
    description:
      - By when something new must be stored.
    type: float
    default: 120.0
  quiet_seconds:
    description:
      - For how long something must not be stored to count as left alone.
    type: float
    default: 60.0
  stale_seconds:
    description:
      - By when the series of a deleted workload must have ended. Prometheus ends a series five minutes after its last value at the latest.
    type: float
    default: 300.0
  server_image:
    description:
      - Image of an inference server that speaks OpenAI's protocol. C(SM-04) is not run without.
    type: str
    default: ""
  server_command:
    description:
      - Its command. The image's own when empty.
    type: list
    elements: str
    default: []
  server_port:
    description:
      - Port where it serves requests and metrics.
    type: int
    default: 8000
  server_path:
    description:
      - Path of its metrics.
    type: str
    default: /metrics
  server_model:
    description:
      - Name of the model that it serves.
    type: str
    default: ""
  server_metrics:
    description:
      - Metrics that must be stored. The first one counts requests.
    type: list
    elements: str
    default:
      - vllm:request_success_total
      - vllm:e2e_request_latency_seconds_count
      - vllm:num_requests_waiting
  other_monitoring_namespace:
    description:
      - Namespace of a Service through which another tenant's metrics are queried.
    type: str
    default: ""
  other_monitoring_service:
    description:
      - Name of that Service. C(SM-08) is not run without.
    type: str
    default: ""
  other_monitoring_port:
    description:
      - Number or name of its port.
    type: str
    default: "9090"
  other_monitoring_path:
    description:
      - What stands before C(/api/v1) there.
    type: str
    default: ""
attributes:
  check_mode:
    support: partial
  diff_mode:
    support: none
  idempotent:
    support: full
extends_documentation_fragment:
  - ailab.conformance.attributes
  - ailab.conformance.attributes.verify
  - ailab.conformance.cluster
  - ailab.conformance.verify
  - ailab.conformance.monitoring
seealso:
  - module: ailab.conformance.conformance_run
  - module: ailab.conformance.conformance_replay
  - name: Prometheus exposition formats
    description: What workloads expose.
    link: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

EXAMPLES = r"""
- name: Prove that workloads are found and counted
  ailab.conformance.verify_ai_service_metrics:
    run_dir: "{{ opened.run_dir }}"
    kubeconfig: ~/.kube/config

- name: Prove it with the Prometheus operator
  ailab.conformance.verify_ai_service_metrics:
    run_dir: "{{ opened.run_dir }}"
    monitoring_service: kube-prometheus-stack-prometheus
    discovery: pod_monitor
"""

RETURN = r"""
verdict:
  description: Of the requirement.
  returned: when the checks could start
  type: str
  sample: pass
reason:
  description: Stable code of the reason.
  returned: when the checks could start
  type: str
  sample: all-passed
sentence:
  description: The reason in words. What, found, expected, where to look.
  returned: when the checks could start
  type: str
  sample: 3 mandatory checks passed, all their controls flipped, nothing was left behind
fidelity:
  description:
    - What the evidence was taken from, V(real), V(partial) or V(simulated), told by the marks in the evidence.
  returned: when the checks could start
  type: str
  sample: simulated
requirement:
  description: The requirement as it is in the run directory.
  returned: when the checks could start
  type: dict
  sample:
    id: ai_service_metrics
    category: observability
    level: MUST
    verdict: pass
    controls:
      total: 8
      flipped: 8
checks:
  description: One entry for each check that was run.
  returned: when the checks could start
  type: list
  elements: dict
  sample:
    - id: SM-03
      title: stored metrics count the traffic exactly
      mandatory: true
      verdict: pass
      reason: requests-counted
      fidelity: simulated
      seconds: 3.2
  contains:
    id:
      description: Name in the check list.
      returned: always
      type: str
      sample: SM-03
    title:
      description: The check in a few words.
      returned: always
      type: str
      sample: stored metrics count the traffic exactly
    mandatory:
      description: Whether the requirement needs it.
      returned: always
      type: bool
      sample: true
    verdict:
      description: Of the check.
      returned: always
      type: str
      sample: pass
    reason:
      description: Stable code of the reason.
      returned: always
      type: str
      sample: requests-counted
    sentence:
      description: The reason in words.
      returned: always
      type: str
      sample: 0 before and 10 after 10 requests, in the counter and in the histogram
    fidelity:
      description: What its evidence was taken from.
      returned: always
      type: str
      sample: simulated
    seconds:
      description: From its first observation to its last.
      returned: always
      type: float
      sample: 3.2
    control:
      description: Its negative control.
      returned: always
      type: dict
      sample:
        kind: live
        verdict: fail
        reason: requests-not-counted
        expected_reason: requests-not-counted
        flipped: true
        sentence: 0.0 requests counted and 0.0 measured, expected 10 each
withheld:
  description: Ids of the checks that were not run because they make objects. Empty but in check mode.
  returned: when the checks could start
  type: list
  elements: str
  sample: []
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._checks.service_metrics.suite import SUITE
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verify_task import verify_entry


def main() -> NoReturn:
    entry = verify_entry(SUITE)
    module = AnsibleModule(argument_spec=dict(entry.argument_spec), supports_check_mode=True)
    entry.conclude(module)


if __name__ == "__main__":
    main()
