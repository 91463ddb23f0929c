#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kkp_ssh_key
version_added: 0.2.0
short_description: Store SSH keys in a project of KKP and assign them to clusters
description:
  - KKP cannot change a key. Another key under the same name is refused, or replaced with O(replace).
author:
  - The ailab.conformance authors (@ailab)
extends_documentation_fragment:
  - ailab.conformance.kkp
  - ailab.conformance.kkp.changes
  - ailab.conformance.kkp.project
options:
  name:
    description:
      - Name of the key in its project.
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
  public_key:
    description:
      - The public key in one line. Comments are not compared. Required with O(state=present).
    type: str
  replace:
    description:
      - Whether another key under the name is deleted and the given one stored instead. Only the clusters in O(clusters) have it then.
    type: bool
    default: false
  clusters:
    description:
      - Names or ids of clusters that the key is assigned to. It stays assigned to others.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Store a key and let it into a cluster's nodes
  ailab.conformance.kkp_ssh_key:
    api_url: https://kkp.example.com
    token: "{{ editors_token }}"
    project: ai-platform
    name: operations
    public_key: "{{ lookup('ansible.builtin.file', '~/.ssh/id_ed25519.pub') }}"
    clusters:
      - gpu-prod
"""

RETURN = r"""
ssh_key:
  description: The key. Empty where there is none.
  returned: success
  type: dict
  sample:
    id: key-0123456789abcdef-xyz1
    name: operations
    fingerprint: 4b:3c:…
    public_key: ssh-ed25519 AAAA… operations
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.ssh_key_task import TASK


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
