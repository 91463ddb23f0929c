#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kkp_project
version_added: 0.2.0
short_description: Make, change and remove projects of KKP
description:
  - A project is found by its name or id. A new one is inactive for a while, and KKP refuses everything in it. The module waits until it is
    active.
  - A project that is being deleted is waited for, then a new one is made.
author:
  - The ailab.conformance authors (@ailab)
extends_documentation_fragment:
  - ailab.conformance.kkp
  - ailab.conformance.kkp.changes
options:
  name:
    description:
      - Name of the project, or id of one that exists.
    type: str
    required: true
  state:
    description:
      - Whether it shall exist.
    type: str
    choices:
      - present
      - absent
    default: present
  labels:
    description:
      - All labels. What is not among them is removed. By default labels are left alone.
    type: dict
  users:
    description:
      - Mail addresses of the human owners, for a project that a service account makes. KKP refuses to make one without.
      - Members of a project that exists are left alone.
    type: list
    elements: str
    default: []
  allowed_operating_systems:
    description:
      - Operating systems that nodes may have, such as V(ubuntu). By default they are left alone.
    type: list
    elements: str
  wait:
    description:
      - Whether to wait until the project is active, or gone.
    type: bool
    default: true
  wait_timeout:
    description:
      - For how many seconds.
    type: float
    default: 300.0
seealso:
  - module: ailab.conformance.kkp.user_cluster
"""

EXAMPLES = r"""
- name: Make a project
  ailab.conformance.kkp_project:
    api_url: https://kkp.example.com
    token: "{{ projectmanagers_token }}"
    name: ai-platform
    labels:
      env: ai
    users:
      - owner@example.com
  register: made

- name: Remove it, with everything in it
  ailab.conformance.kkp_project:
    api_url: https://kkp.example.com
    token: "{{ projectmanagers_token }}"
    name: ai-platform
    state: absent
"""

RETURN = r"""
project:
  description: The project. Empty where there is none.
  returned: success
  type: dict
  sample:
    id: abcd123456
    name: ai-platform
    status: Active
    labels:
      env: ai
    clusters_number: 1
    allowed_operating_systems:
      - ubuntu
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.project_task import TASK


def main() -> NoReturn:
    module = AnsibleModule(
        argument_spec=TASK.argument_spec,
        required_if=TASK.required_if,
        mutually_exclusive=TASK.mutually_exclusive,
        required_together=TASK.required_together,
        supports_check_mode=True,
    )
    TASK.conclude(module)


if __name__ == "__main__":
    main()
