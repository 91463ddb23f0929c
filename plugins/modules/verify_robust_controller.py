#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_robust_controller
version_added: 0.1.0
short_description: Prove that an AI operator works reliably on a cluster
author:
  - The ailab.conformance authors (@ailab)
description:
  - Proves the requirement C(robust_controller) of the CNCF Kubernetes AI Conformance programme. At least one complex AI operator with a
    custom resource is installed and functions reliably. Its pods run correctly, its webhooks are operational, and its custom resources
    are reconciled.
  - Thirteen checks are run. C(RC-01) the operator is installed and identified. C(RC-02) its pods run steadily. C(RC-03) its kinds are
    registered. C(RC-04) its webhooks are wired. C(RC-05) its webhook refuses an invalid resource. C(RC-06) defaults are filled in.
    C(RC-07) a resource is reconciled to its end. C(RC-08) a deleted child is made again. C(RC-09) a change takes effect. C(RC-10)
    deletion leaves nothing behind. C(RC-11) a restart of the operator loses nothing. C(RC-12) many resources are looked after at one
    time. C(RC-13) what belongs to the operator can be told.
  - A refusal by the schema, one for want of rights, and one by a webhook are told apart. A webhook that the API server cannot call has
    refused nothing. An operator without any webhook fails.
  - Kubeflow Trainer and JobSet are known. The checks make small jobs of one pod that need no accelerator.
  - C(RC-11) deletes the operator's pods while a job runs, and is run only with O(allow_disruptive). The requirement does not depend on
    C(RC-11), C(RC-12) and C(RC-13).
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
  controller:
    description:
      - The operator to prove. V(auto) takes Kubeflow Trainer where it is served, and JobSet otherwise.
    type: str
    choices:
      - auto
      - trainer
      - jobset
    default: auto
  reconcile_seconds:
    description:
      - By when a custom resource must have come to its end, and its children must have come and gone.
    type: float
    default: 60.0
  many:
    description:
      - How many custom resources C(RC-12) makes at one time. At least two.
    type: int
    default: 20
seealso:
  - module: ailab.conformance.conformance_run
  - module: ailab.conformance.conformance_replay
"""

EXAMPLES = r"""
- name: Open a run
  ailab.conformance.conformance_run:
    state: opened
    kubeconfig: ~/.kube/config
  register: opened

- name: Prove that Kubeflow Trainer works reliably
  ailab.conformance.verify_robust_controller:
    run_dir: "{{ opened.run_dir }}"
    kubeconfig: ~/.kube/config
    controller: trainer
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
  sample: 10 mandatory checks passed, all their controls flipped, nothing was left behind
fidelity:
  description:
    - What the evidence was taken from, V(real), V(partial) or V(simulated), told by the marks in the evidence.
  returned: when the checks could start
  type: str
  sample: real
requirement:
  description: The requirement as it is in the run directory.
  returned: when the checks could start
  type: dict
  sample:
    id: robust_controller
    category: operator
    level: MUST
    verdict: pass
    controls:
      total: 13
      flipped: 12
checks:
  description: One entry for each check that was run.
  returned: when the checks could start
  type: list
  elements: dict
  sample:
    - id: RC-05
      title: the webhook refuses an invalid resource
      mandatory: true
      verdict: pass
      reason: refused-by-webhook
      fidelity: real
      seconds: 3.2
  contains:
    id:
      description: Name in the check list.
      returned: always
      type: str
      sample: RC-05
    title:
      description: The check in a few words.
      returned: always
      type: str
      sample: the webhook refuses an invalid resource
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
      sample: refused-by-webhook
    sentence:
      description: The reason in words.
      returned: always
      type: str
      sample: validator.trainjob.trainer.kubeflow.org refused it and let its sound twin pass
    fidelity:
      description: What its evidence was taken from.
      returned: always
      type: str
      sample: real
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
        reason: refused-by-schema
        expected_reason: refused-by-schema
        flipped: true
        sentence: the schema refused it, which shows no webhook at work
withheld:
  description: Ids of the checks that were not run because they make objects. Empty but in check mode.
  returned: when the checks could start
  type: list
  elements: str
  sample: []
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._checks.controllers.suite import SUITE
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verify_task import verify_entry


def main() -> NoReturn:
    entry = verify_entry(SUITE)
    module = AnsibleModule(argument_spec=dict(entry.argument_spec), supports_check_mode=True)
    entry.conclude(module)


if __name__ == "__main__":
    main()
