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
  - Eight checks are run. C(HPA-01) the metrics API serves metrics of pods. C(HPA-02) it says what the pod says. C(HPA-03) more load
    makes more ready pods, each with a device of its own. C(HPA-04) less load makes fewer. C(HPA-05) a load just below the target
    changes nothing. C(HPA-06) a lost metric is no load. C(HPA-09) the load of one Deployment does not scale another. C(HPA-10) a lack
    of accelerators is told from a lack of scaling. The signals of real accelerators and of inference servers (HPA-07, HPA-08) are not
    checked.
  - The pods expose one gauge that the checks set. C(HPA-01) to C(HPA-06) look at one scenario, which is played once, idle, just below
    the target, above it, lost, back, and idle again.
  - Every check has a negative control, a variant that the same evaluator must judge a failure for the reason that it was made for.
    A check whose control does not flip is V(inconclusive), never V(pass).
  - Everything is made in a namespace of its own that admits only restricted pods. What was made carries the label
    C(ai-conformance/run), is noted in the run directory before it is made, is deleted by UID, and is seen to be gone.
notes:
  - O(probe_image) needs C(httpd) and C(wget) for this requirement, as busybox has them.
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
