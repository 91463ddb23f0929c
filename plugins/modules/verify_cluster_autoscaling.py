#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_cluster_autoscaling
version_added: 0.1.0
short_description: Prove that groups of accelerator nodes grow and shrink with demand
author:
  - The ailab.conformance authors (@ailab)
description:
  - Proves the requirement C(cluster_autoscaling) of the CNCF Kubernetes AI Conformance programme. Where the platform has a cluster
    autoscaler, it adds nodes of the right accelerator type for pods that wait for accelerators, and removes them when they are idle.
  - Ten checks are run. C(CA-01) the autoscaler is at work and a group can grow. C(CA-02) the group is full. C(CA-03) one more pod
    waits, and the scheduler says that accelerators are short. C(CA-04) a node with a new UID joins the right group. C(CA-05) the pod
    runs on it and sees its devices. C(CA-06) the node goes when nobody needs it, and that one only. C(CA-07) no other group grows.
    C(CA-08) no group grows for what no node could serve. C(CA-09) a group without nodes grows by what its annotations promise.
    C(CA-10) everything is as it was.
  - Node groups are MachineDeployments with the annotations of cluster-autoscaler's provider clusterapi, as KKP and Cluster API have
    them. A group whose minimum is its maximum is V(inconclusive).
  - One node is added, once for all checks, and removed again. The pods take all accelerators of every node of the group meanwhile, so
    that nobody else can want any; where others do, nothing is done.
  - C(CA-09) needs a group whose minimum is 0, that has no node now, and whose annotations
    C(capacity.cluster-autoscaler.kubernetes.io/) say C(cpu), C(memory), C(gpu-type) and C(gpu-count) of a node, and C(labels) that no
    other node has. Where there is none it is V(not_run), as usually on KKP, whose documentation wants a minimum greater than zero.
    It adds a node of its own, at another time than the others.
  - Every check has a negative control, a variant that the same evaluator must judge a failure for the reason that it was made for.
    A check whose control does not flip is V(inconclusive), never V(pass).
  - Everything is made in a namespace of its own that admits only restricted pods. What was made carries the label
    C(ai-conformance/run), is noted in the run directory before it is made, is deleted by UID, and is seen to be gone.
notes:
  - Without a budget in O(max_nodes_added) the checks that need a node are V(not_run).
  - The task fails when its verdict is not in O(accept). RV(checks) are returned all the same.
  - The rights that are needed are asked for first. When some are missing, all of them are named and nothing is made.
options:
  autoscaler_namespace:
    description:
      - Namespace in which the autoscaler keeps its status, the ConfigMap C(cluster-autoscaler-status).
    type: str
    default: kube-system
  machines_namespace:
    description:
      - Namespace of the MachineDeployments.
    type: str
    default: kube-system
  alive_seconds:
    description:
      - By when a working autoscaler has renewed its status, or said of a pod that no group can help it.
    type: float
    default: 60.0
  grow_seconds:
    description:
      - By when a new node has come and the pod that waited runs on it. With drivers to be installed that takes minutes.
    type: float
    default: 1200.0
  shrink_seconds:
    description:
      - By when a node that nobody needs is gone. The autoscaler's own patience, ten minutes by default, is part of it.
    type: float
    default: 1800.0
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
  - name: cluster-autoscaler
    description: Its provider for Cluster API, with the annotations of node groups.
    link: https://github.com/kubernetes/autoscaler/tree/master/cluster-autoscaler/cloudprovider/clusterapi
"""

EXAMPLES = r"""
- name: Prove that the accelerator nodes scale
  ailab.conformance.verify_cluster_autoscaling:
    run_dir: "{{ opened.run_dir }}"
    kubeconfig: ~/.kube/config
    max_nodes_added: 1

- name: Look only, where no node may be added
  ailab.conformance.verify_cluster_autoscaling:
    run_dir: "{{ opened.run_dir }}"
    checks: [CA-01]
    accept: [pass, not_run]
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
  sample: 9 mandatory checks passed, all their controls flipped, nothing was left behind
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
    id: cluster_autoscaling
    category: schedulingOrchestration
    level: MUST
    verdict: pass
    controls:
      total: 9
      flipped: 9
checks:
  description: One entry for each check that was run.
  returned: when the checks could start
  type: list
  elements: dict
  sample:
    - id: CA-04
      title: a new node joins the right group
      mandatory: true
      verdict: pass
      reason: node-added
      fidelity: simulated
      seconds: 3.2
  contains:
    id:
      description: Name in the check list.
      returned: always
      type: str
      sample: CA-04
    title:
      description: The check in a few words.
      returned: always
      type: str
      sample: a new node joins the right group
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
      sample: node-added
    sentence:
      description: The reason in words.
      returned: always
      type: str
      sample: gpu-7d9f joined group gpu, and the autoscaler says that the waiting pod triggered it
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
        reason: not-grown
        expected_reason: not-grown
        flipped: true
        sentence: group gpu stayed at 1 nodes, expected one more
withheld:
  description: Ids of the checks that were not run because they make objects. Empty but in check mode.
  returned: when the checks could start
  type: list
  elements: str
  sample: []
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._checks.cluster_autoscaling.suite import SUITE
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verify_task import verify_entry


def main() -> NoReturn:
    entry = verify_entry(SUITE)
    module = AnsibleModule(argument_spec=dict(entry.argument_spec), supports_check_mode=True)
    entry.conclude(module)


if __name__ == "__main__":
    main()
