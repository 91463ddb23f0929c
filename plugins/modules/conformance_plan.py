#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: conformance_plan
version_added: 0.1.0
short_description: Tell what a verification would do, without touching a cluster
author:
  - The ailab.conformance authors (@ailab)
description:
  - Lists the checks of the requirements, the kinds of objects that they make, send as dry runs and read, and the options that name
    their images. No cluster is asked.
  - Makes a ClusterRole with the rights that exactly these checks need, so that a verification needs no administrator.
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
extends_documentation_fragment:
  - ailab.conformance.attributes
options:
  requirements:
    description:
      - Requirements to plan for. By default all that can be verified.
    type: list
    elements: str
    default: []
  checks:
    description:
      - Checks to plan for, lists of ids by requirement. By default all of a requirement.
    type: dict
    default: {}
  allow_disruptive:
    description:
      - Whether checks are planned for that disturb what runs on the cluster.
    type: bool
    default: false
  own_options:
    description:
      - Options that the modules of requirements are given beside those of every verification, dicts by requirement. Some of them switch on
        what needs more rights, such as C(conformance_suite_image) of M(ailab.conformance.verify_ai_inference).
    type: dict
    default: {}
  role_name:
    description:
      - Name of the ClusterRole.
    type: str
    default: ai-conformance
seealso:
  - module: ailab.conformance.conformance_run
"""

EXAMPLES = r"""
- name: Plan all that can be verified
  ailab.conformance.conformance_plan:
  register: plan

- name: Give an account what the checks need
  kubernetes.core.k8s:
    state: present
    definition: "{{ plan.cluster_role }}"
"""

RETURN = r"""
checks:
  description: One entry for each check.
  returned: always
  type: list
  elements: dict
  sample:
    - id: DRA-05
      requirement: dra_support
      title: device allocated by class and visible in the pod
      mandatory: true
      disruptive: false
      reads_only: false
      control: live
      accelerators: 1
      made:
        - pods
      tried: []
made:
  description: Resources of which objects are made, and removed again.
  returned: always
  type: list
  elements: str
  sample:
    - deviceclasses.resource.k8s.io
    - pods
tried:
  description: Resources of which objects are sent as dry runs only.
  returned: always
  type: list
  elements: str
  sample:
    - resourceslices.resource.k8s.io
read:
  description: Resources of which objects are read anywhere.
  returned: always
  type: list
  elements: str
  sample:
    - deviceclasses.resource.k8s.io
image_options:
  description: Options of the modules C(verify_*) that name the images of the pods.
  returned: always
  type: list
  elements: str
  sample:
    - probe_image
cluster_role:
  description: A ClusterRole with what the checks need, and nothing else.
  returned: always
  type: dict
  sample:
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata:
      name: ai-conformance
    rules:
      - apiGroups:
          - ""
        resources:
          - pods/exec
        verbs:
          - create
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import SUITES
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan_task import plan_entry


def main() -> NoReturn:
    entry = plan_entry(SUITES)
    module = AnsibleModule(argument_spec=dict(entry.argument_spec), supports_check_mode=True)
    entry.conclude(module)


if __name__ == "__main__":
    main()
