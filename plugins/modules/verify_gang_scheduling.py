#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_gang_scheduling
version_added: 0.1.0
short_description: Prove that a cluster starts gangs as a whole or not at all
author:
  - The ailab.conformance authors (@ailab)
description:
  - Proves the requirement C(gang_scheduling) of the CNCF Kubernetes AI Conformance programme. The platform has a solution with which
    the members of a distributed workload start together or not at all.
  - Seven checks are run. C(GANG-01) the solution is up. C(GANG-02) the members of a gang run at one moment and meet at a barrier over
    the network. C(GANG-03) a gang beyond its quota starts no member. C(GANG-04) a gang beyond what is really free starts no member, or
    is taken back as a whole. C(GANG-05) two gangs that would block each other both complete. C(GANG-06) a gang that was held back
    starts as a whole when there is room. C(GANG-07) every member has an accelerator of its own.
  - Kueue is known, and the checks make their own queues. Another solution is described by O(gang_labels) and O(gang_scheduler), with which
    jobs come to the platform's own queues; C(GANG-03) is not run then.
  - What must not happen is watched change by change, not looked for at the end. Members are bound to nodes that are there, so that an
    autoscaler cannot make the room that a check takes away.
  - Every check has a negative control, a variant that the same evaluator must judge a failure for the reason that it was made for.
    A check whose control does not flip is V(inconclusive), never V(pass).
  - Everything is made in a namespace of its own that admits only restricted pods. What was made carries the label
    C(ai-conformance/run), is noted in the run directory before it is made, is deleted by UID, and is seen to be gone.
notes:
  - O(probe_image) needs C(httpd), C(nc), C(timeout), C(tee) and C(date) for this requirement, as busybox has them.
  - The accelerators of the checks that make them scarce are those of O(accelerator_resource), because queues count extended resources.
  - The task fails when its verdict is not in O(accept). RV(checks) are returned all the same.
  - The rights that are needed are asked for first. When some are missing, all of them are named and nothing is made.
options:
  gang_namespace:
    description:
      - Namespace of the solution's controllers.
    type: str
    default: kueue-system
  gang_labels:
    description:
      - Labels by which jobs and their pods come to a solution other than Kueue. Empty for Kueue.
    type: dict
    default: {}
  gang_scheduler:
    description:
      - Name of the scheduler of such jobs. Empty for the default scheduler.
    type: str
    default: ""
  hold_seconds:
    description:
      - For how long a gang that must not start is watched.
    type: float
    default: 30.0
  finish_seconds:
    description:
      - By when a gang that may start has ended.
    type: float
    default: 180.0
  recovery_seconds:
    description:
      - By when a solution has taken back a gang that it started in part. Kueue does so after its setting C(waitForPodsReady).
    type: float
    default: 900.0
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
  - name: Kueue
    description: Topology aware scheduling, by which Kueue knows what is free.
    link: https://kueue.sigs.k8s.io/docs/concepts/topology_aware_scheduling/
"""

EXAMPLES = r"""
- name: Prove that gangs start as a whole
  ailab.conformance.verify_gang_scheduling:
    run_dir: "{{ opened.run_dir }}"
    kubeconfig: ~/.kube/config

- name: Prove it of another scheduler
  ailab.conformance.verify_gang_scheduling:
    run_dir: "{{ opened.run_dir }}"
    gang_namespace: gang-system
    gang_scheduler: gang-scheduler
    gang_labels:
      example.com/queue: research
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
    id: gang_scheduling
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
    - id: GANG-04
      title: a gang beyond real capacity starts nothing
      mandatory: true
      verdict: pass
      reason: gang-held
      fidelity: simulated
      seconds: 3.2
  contains:
    id:
      description: Name in the check list.
      returned: always
      type: str
      sample: GANG-04
    title:
      description: The check in a few words.
      returned: always
      type: str
      sample: a gang beyond real capacity starts nothing
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
      sample: gang-held
    sentence:
      description: The reason in words.
      returned: always
      type: str
      sample: with 2 of 3 accelerators no member was started, seen change by change
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
        reason: partly-started
        expected_reason: partly-started
        flipped: true
        sentence: with 2 of 3 accelerators two members started and the rest did not, expected all or none
withheld:
  description: Ids of the checks that were not run because they make objects. Empty but in check mode.
  returned: when the checks could start
  type: list
  elements: str
  sample: []
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._checks.gang.suite import SUITE
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verify_task import verify_entry


def main() -> NoReturn:
    entry = verify_entry(SUITE)
    module = AnsibleModule(argument_spec=dict(entry.argument_spec), supports_check_mode=True)
    entry.conclude(module)


if __name__ == "__main__":
    main()
