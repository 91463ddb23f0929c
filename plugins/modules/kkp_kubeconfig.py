#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kkp_kubeconfig
version_added: 0.2.0
short_description: Write the kubeconfig of a user cluster into a private file
description:
  - Fetches the administrator's kubeconfig, or the viewer's where the token's owner may only view, and writes it with mode 0600.
  - The content appears in no result, no diff and no message. A file that others may read is made private.
author:
  - The ailab.conformance authors (@ailab)
extends_documentation_fragment:
  - ailab.conformance.kkp
  - ailab.conformance.kkp.changes
  - ailab.conformance.kkp.user_cluster
options:
  dest:
    description:
      - The file. Missing directories are made, for the owner only.
    type: path
    required: true
  state:
    description:
      - Whether the file shall exist. V(absent) removes the file, not the rights that it gave.
    type: str
    choices:
      - present
      - absent
    default: present
  wait:
    description:
      - Whether to wait until KKP has a kubeconfig. It takes a moment after the creation of a cluster.
    type: bool
    default: true
  wait_timeout:
    description:
      - For how many seconds.
    type: float
    default: 600.0
seealso:
  - module: ailab.conformance.kkp.user_cluster
"""

EXAMPLES = r"""
- name: Write the kubeconfig
  ailab.conformance.kkp_kubeconfig:
    api_url: https://kkp.example.com
    token: "{{ editors_token }}"
    project: ai-platform
    cluster: gpu-prod
    dest: ~/.kube/gpu-prod
"""

RETURN = r"""
dest:
  description: The file.
  returned: success
  type: str
  sample: /home/me/.kube/gpu-prod
cluster_id:
  description: Id of the cluster. Empty where there is none, and with O(state=absent).
  returned: success
  type: str
  sample: k7x2m9q4wz
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.kubeconfig_task import TASK


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
