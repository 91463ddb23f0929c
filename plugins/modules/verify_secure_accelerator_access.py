#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_secure_accelerator_access
version_added: 0.1.0
short_description: Prove that accelerators are reached only by those who were given them
author:
  - The ailab.conformance authors (@ailab)
description:
  - Proves the requirement C(secure_accelerator_access) of the CNCF Kubernetes AI Conformance programme. Access to accelerators from
    containers is isolated and mediated by the Kubernetes resource management framework and the container runtime.
  - Eleven checks are run. C(SAA-01) a pod with a request sees exactly what it was given. C(SAA-02) a pod without one, on the same node
    and with the same image, reaches nothing. C(SAA-03) access ends at the container. C(SAA-04) two pods on a node have separate
    accelerators. C(SAA-05) another pod's accelerator cannot be opened. C(SAA-06) environment variables give no access. C(SAA-07) host
    paths to devices are refused in restricted namespaces. C(SAA-08) claims of other namespaces cannot be used. C(SAA-10) accelerators
    are passed on, and not shared unasked. C(SAA-11) accounts do not reach into other namespaces. C(SAA-12) device injection is
    configured safely.
  - What a pod can reach is decided by the kernel. A pod makes device files with an accelerator's numbers and opens them, so that
    neither a missing program nor an environment variable can feign isolation. Pods that make device files run in namespaces of the
    level V(baseline), all others in restricted ones. No pod is privileged.
  - C(SAA-08) needs DRA, and C(SAA-12) is a hint. The requirement does not depend on them. C(SAA-04) and C(SAA-05) need two free
    accelerators on one node, and are V(not_run) where there are none.
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
options:
  runtime_class:
    description:
      - RuntimeClass of all probe pods, those with and those without accelerators. Empty for the default one.
    type: str
    default: ""
seealso:
  - module: ailab.conformance.conformance_run
  - module: ailab.conformance.verify_dra_support
"""

EXAMPLES = r"""
- name: Open a run
  ailab.conformance.conformance_run:
    state: opened
    kubeconfig: ~/.kube/config
  register: opened

- name: Prove that accelerators are reached only by those who were given them
  ailab.conformance.verify_secure_accelerator_access:
    run_dir: "{{ opened.run_dir }}"
    kubeconfig: ~/.kube/config
    runtime_class: nvidia
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
    id: secure_accelerator_access
    category: security
    level: MUST
    verdict: pass
    controls:
      total: 11
      flipped: 11
checks:
  description: One entry for each check that was run.
  returned: when the checks could start
  type: list
  elements: dict
  sample:
    - id: SAA-05
      title: another pod's accelerator cannot be opened
      mandatory: true
      verdict: pass
      reason: cross-access-denied
      fidelity: simulated
      seconds: 3.2
  contains:
    id:
      description: Name in the check list.
      returned: always
      type: str
      sample: SAA-05
    title:
      description: The check in a few words.
      returned: always
      type: str
      sample: another pod's accelerator cannot be opened
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
      sample: cross-access-denied
    sentence:
      description: The reason in words.
      returned: always
      type: str
      sample: the kernel refuses the first pod 195:1, which the second pod has
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
        reason: accelerator-opened
        expected_reason: accelerator-opened
        flipped: true
        sentence: the first pod may open 195:0 of the first pod, expected a refusal by the kernel
withheld:
  description: Ids of the checks that were not run because they make objects. Empty but in check mode.
  returned: when the checks could start
  type: list
  elements: str
  sample: []
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._checks.secure_access.suite import SUITE
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verify_task import verify_entry


def main() -> NoReturn:
    entry = verify_entry(SUITE)
    module = AnsibleModule(argument_spec=dict(entry.argument_spec), supports_check_mode=True)
    entry.conclude(module)


if __name__ == "__main__":
    main()
