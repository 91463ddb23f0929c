#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_dra_support
version_added: 0.1.0
short_description: Prove that a cluster supports Dynamic Resource Allocation
author:
  - The ailab.conformance authors (@ailab)
description:
  - Proves the requirement C(dra_support) of the CNCF Kubernetes AI Conformance programme. The platform supports the DRA APIs, so that
    accelerators can be asked for by what they are and not only by how many there are.
  - Ten checks are run. C(DRA-01) the API is served. C(DRA-02) its objects can be created, read, changed and deleted. C(DRA-03) the driver
    is healthy on every accelerator node. C(DRA-04) devices carry rich attributes. C(DRA-05) a pod gets the device that was allocated to
    it, and sees no other. C(DRA-06) a claim is served by attributes. C(DRA-07) containers and pods share a claim. C(DRA-08) the first
    possible alternative is taken. C(DRA-09) a device is released and used again. C(DRA-10) admin access is guarded.
  - C(DRA-08) and C(DRA-10) are beta in Kubernetes 1.34. They are not run where the API server does not serve them, and the requirement
    does not depend on them.
  - Every check has a negative control, a variant that the same evaluator must judge a failure for the reason that it was made for.
    A check whose control does not flip is V(inconclusive), never V(pass).
  - Checks run beside each other, as far as the free devices of the cluster allow. One device is enough; with two the verification is
    faster. Devices that others use are left alone.
  - Everything is made in a namespace of its own that admits only restricted pods. The names of cluster-scoped objects end in the run's
    random digits. What was made carries the label C(ai-conformance/run), is noted in the run directory before it is made, is deleted by
    UID, and is seen to be gone.
notes:
  - The task fails when its verdict is not in O(accept). RV(checks) are returned all the same.
  - The rights that are needed are asked for first. When some are missing, all of them are named and nothing is made.
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
  - name: KEP-4381
    description: DRA with structured parameters.
    link: https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/4381-dra-structured-parameters
"""

EXAMPLES = r"""
- name: Open a run
  ailab.conformance.conformance_run:
    state: opened
    kubeconfig: ~/.kube/config
  register: opened

- name: Prove that the cluster supports DRA
  ailab.conformance.verify_dra_support:
    run_dir: "{{ opened.run_dir }}"
    kubeconfig: ~/.kube/config
  register: dra

- name: Collect the verdict whatever it is
  ailab.conformance.verify_dra_support:
    run_dir: "{{ opened.run_dir }}"
    device_class: gpu.example.com
    accept: [pass, fail, inconclusive, not_run]
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
  sample: 8 mandatory checks passed, all their controls flipped, nothing was left behind
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
    id: dra_support
    category: accelerators
    level: MUST
    verdict: pass
    controls:
      total: 10
      flipped: 10
checks:
  description: One entry for each check that was run.
  returned: when the checks could start
  type: list
  elements: dict
  sample:
    - id: DRA-05
      title: device allocated by class and visible in the pod
      mandatory: true
      verdict: pass
      reason: device-matches
      fidelity: simulated
      seconds: 3.2
  contains:
    id:
      description: Name in the check list.
      returned: always
      type: str
      sample: DRA-05
    title:
      description: The check in a few words.
      returned: always
      type: str
      sample: device allocated by class and visible in the pod
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
      sample: device-matches
    sentence:
      description: The reason in words.
      returned: always
      type: str
      sample: gpu.nvidia.com/node-a/gpu-0 was allocated, and the pod sees its UUID GPU-5c1e and no other
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
        reason: device-class-missing
        expected_reason: device-class-missing
        flipped: true
        sentence: the DeviceClass does not exist, so the pod stays Pending
withheld:
  description: Ids of the checks that were not run because they make objects. Empty but in check mode.
  returned: when the checks could start
  type: list
  elements: str
  sample: []
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._checks.dra.suite import SUITE
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verify_task import verify_entry


def main() -> NoReturn:
    entry = verify_entry(SUITE)
    module = AnsibleModule(argument_spec=dict(entry.argument_spec), supports_check_mode=True)
    entry.conclude(module)


if __name__ == "__main__":
    main()
