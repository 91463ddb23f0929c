#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kkp_quota_info
version_added: 0.2.0
short_description: Read the resource quota of a KKP project
description:
  - Quotas are part of KKP's Enterprise Edition. They count CPUs, memory and storage, and no accelerators.
  - With O(machines) KKP is asked whether a number of machines more would fit.
author:
  - The ailab.conformance authors (@ailab)
extends_documentation_fragment:
  - ailab.conformance.kkp
  - ailab.conformance.kkp.info
  - ailab.conformance.kkp.project
options:
  machines:
    description:
      - Machines to ask about. OpenStack counts.
    type: dict
    suboptions:
      replicas:
        description:
          - Their number.
        type: int
        required: true
      vcpus:
        description:
          - CPUs of each.
        type: int
        required: true
      memory_mb:
        description:
          - Memory of each in MiB, as flavors have it.
        type: int
        required: true
      disk_size:
        description:
          - Disk of each in GB.
        type: int
        default: 0
"""

EXAMPLES = r"""
- name: Ask whether two more nodes fit
  ailab.conformance.kkp_quota_info:
    api_url: https://kkp.example.com
    token: "{{ editors_token }}"
    project: ai-platform
    machines:
      replicas: 2
      vcpus: 16
      memory_mb: 131072
      disk_size: 100
  register: quota
"""

RETURN = r"""
supported:
  description: Whether this KKP has quotas.
  returned: success
  type: bool
  sample: true
quota:
  description: Limits, CPUs as a number, memory and storage in GB. What has no limit is not there.
  returned: success
  type: dict
  sample:
    cpu: 100
    memory: 512
used:
  description: What the project uses, in the same units.
  returned: success
  type: dict
  sample:
    cpu: 20
    memory: 96
free:
  description: What is left of each limit.
  returned: success
  type: dict
  sample:
    cpu: 80
    memory: 416
calculation:
  description: Whether O(machines) fit, with KKP's message where not and the quota that they need. Empty without that option.
  returned: success
  type: dict
  sample:
    fits: true
    message: ""
    quota:
      cpu: 32
      memory: 256
      storage: 200
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.quota_task import TASK


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
