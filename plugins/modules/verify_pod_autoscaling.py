#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_pod_autoscaling
version_added: 0.1.0
short_description: Prove that pods with accelerators scale by a custom metric
author:
  - The ailab.conformance authors (@ailab)
description:
  - Proves the requirement C(pod_autoscaling) of the CNCF Kubernetes AI Conformance programme. The HorizontalPodAutoscaler scales pods
    that use accelerators, by custom metrics that matter to AI workloads.
  - Nine checks are known. C(HPA-01) the metrics API serves metrics of pods. C(HPA-02) it says what the pod says. C(HPA-03) more load
    makes more ready pods, each with a device of its own. C(HPA-04) less load makes fewer. C(HPA-05) a load just below the target
    changes nothing. C(HPA-06) a lost metric is no load. C(HPA-08) an inference server scales by its queue. C(HPA-09) the load of one
    Deployment does not scale another. C(HPA-10) a lack of accelerators is told from a lack of scaling. The signal of real accelerators
    (HPA-07) is not checked.
  - The requirement does not depend on C(HPA-08) and C(HPA-10). C(HPA-08) needs O(server_image), and a rule of the platform's adapter for
    O(queue_metric); it is V(not_run) without.
  - The pods expose one gauge that the checks set. C(HPA-01) to C(HPA-06) look at one scenario, which is played once, idle, just below
    the target, above it, lost, back, and idle again.
  - Every check has a negative control, a variant that the same evaluator must judge a failure for the reason that it was made for.
    A check whose control does not flip is V(inconclusive), never V(pass).
  - Everything is made in a namespace of its own that admits only restricted pods. What was made carries the label
    C(ai-conformance/run), is noted in the run directory before it is made, is deleted by UID, and is seen to be gone.
notes:
  - O(probe_image) needs C(httpd), C(wget) and C(timeout) for this requirement, as busybox has them.
  - The task fails when its verdict is not in O(accept). RV(checks) are returned all the same.
  - The rights that are needed are asked for first. When some are missing, all of them are named and nothing is made.
options:
  pod_metric:
    description:
      - Name of the gauge that the pods expose, and by which the metrics API serves it. The platform's adapter needs a rule for it.
    type: str
    default: ai_conformance_demand
  metric_seconds:
    description:
      - By when a value that a pod exposes, or its loss, has come to the autoscaler. Scrape interval, adapter and autoscaler add up.
    type: float
    default: 300.0
  scale_seconds:
    description:
      - By when the replicas that are wanted are ready, or gone.
    type: float
    default: 300.0
  hold_seconds:
    description:
      - For how long something that must not happen is watched.
    type: float
    default: 60.0
  queue_metric:
    description:
      - Name by which the metrics API serves how many requests wait in a pod of an inference server. A colon is not possible there, so that
        C(vllm:num_requests_waiting) needs another name.
    type: str
    default: vllm_num_requests_waiting
  server_image:
    description:
      - Image of an inference server that speaks OpenAI's protocol and tells the depth of its queue. C(HPA-08) is not run without.
    type: str
    default: ""
  server_command:
    description:
      - Its command. V({at_once}) in it stands for how many requests it serves at a time, C(--max-num-seqs) of vLLM.
      - It runs as any user without privileges, with a home of its own that it may write.
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
      - Path of its metrics, which answers once it can serve.
    type: str
    default: /metrics
  server_model:
    description:
      - Name of the model that it serves.
    type: str
    default: ""
  server_accelerators:
    description:
      - How many accelerators each pod of it asks for. Up to three pods run at a time, which take them beside those of other checks.
        Where there are not so many to spare, run C(HPA-08) by itself.
    type: int
    default: 0
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
seealso:
  - module: ailab.conformance.conformance_run
  - module: ailab.conformance.conformance_replay
  - name: Horizontal Pod Autoscaling
    description: How replicas follow metrics.
    link: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
"""

EXAMPLES = r"""
- name: Prove that pods scale by their own metric
  ailab.conformance.verify_pod_autoscaling:
    run_dir: "{{ opened.run_dir }}"
    kubeconfig: ~/.kube/config

- name: Do it by a metric that the adapter serves under another name
  ailab.conformance.verify_pod_autoscaling:
    run_dir: "{{ opened.run_dir }}"
    pod_metric: request_queue_depth

- name: Scale a server of real accelerators by its queue, by itself
  ailab.conformance.verify_pod_autoscaling:
    run_dir: "{{ opened.run_dir }}"
    checks: [HPA-08]
    server_image: registry.example.com/vllm-openai:v0.11.0
    server_command: [vllm, serve, --model, example/small, --max-num-seqs, "{at_once}"]
    server_model: example/small
    server_accelerators: 1
    scale_seconds: 900
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
  sample: 7 mandatory checks passed, all their controls flipped, nothing was left behind
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
    id: pod_autoscaling
    category: schedulingOrchestration
    level: MUST
    verdict: pass
    controls:
      total: 7
      flipped: 7
checks:
  description: One entry for each check that was run.
  returned: when the checks could start
  type: list
  elements: dict
  sample:
    - id: HPA-03
      title: more load makes more ready replicas
      mandatory: true
      verdict: pass
      reason: scaled-up
      fidelity: simulated
      seconds: 3.2
  contains:
    id:
      description: Name in the check list.
      returned: always
      type: str
      sample: HPA-03
    title:
      description: The check in a few words.
      returned: always
      type: str
      sample: more load makes more ready replicas
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
      sample: scaled-up
    sentence:
      description: The reason in words.
      returned: always
      type: str
      sample: two pods are ready, each with its own device
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
        reason: not-scaled-up
        expected_reason: not-scaled-up
        flipped: true
        sentence: 1 pod ready, the autoscaler read 95 of 100, expected two ready pods
withheld:
  description: Ids of the checks that were not run because they make objects. Empty but in check mode.
  returned: when the checks could start
  type: list
  elements: str
  sample: []
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._checks.pod_autoscaling.suite import SUITE
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verify_task import verify_entry


def main() -> NoReturn:
    entry = verify_entry(SUITE)
    module = AnsibleModule(argument_spec=dict(entry.argument_spec), supports_check_mode=True)
    entry.conclude(module)


if __name__ == "__main__":
    main()
