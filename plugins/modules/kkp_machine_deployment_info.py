#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kkp_machine_deployment_info
version_added: 0.2.0
short_description: Read machine deployments of a user cluster with their nodes
description:
  - Reads one machine deployment or all of a cluster.
  - KKP does not tell how many accelerators a node has. Ask the user cluster for that.
author:
  - The ailab.conformance authors (@ailab)
extends_documentation_fragment:
  - ailab.conformance.kkp
  - ailab.conformance.kkp.info
  - ailab.conformance.kkp.user_cluster
options:
  name:
    description:
      - Name of one machine deployment. By default all.
    type: str
  nodes:
    description:
      - Whether to read the nodes, which costs a request each.
    type: bool
    default: true
seealso:
  - module: ailab.conformance.kkp_machine_deployment
"""

EXAMPLES = r"""
- name: Read all pools with their nodes
  ailab.conformance.kkp_machine_deployment_info:
    api_url: https://kkp.example.com
    token: "{{ editors_token }}"
    project: ai-platform
    cluster: gpu-prod
  register: pools
"""

RETURN = r"""
machine_deployments:
  description:
    - The machine deployments, each as M(ailab.conformance.kkp_machine_deployment) returns it, with its nodes and with what is C(lacking)
      until all of them are ready.
  returned: success
  type: list
  elements: dict
  sample:
    - name: gpu-a100
      replicas: 1
      ready_replicas: 1
      lacking: ""
      nodes:
        - machine: gpu-a100-6c5d-x2
          name: gpu-a100-6c5d-x2
          kubelet_version: 1.34.3
          labels:
            nvidia.com/gpu.product: NVIDIA-A100
          capacity:
            cpu: "16"
            memory: 128Gi
          addresses:
            - 192.168.1.12
          error_reason: ""
          error_message: ""
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.info_tasks import MACHINE_DEPLOYMENT_INFO


def main() -> NoReturn:
    module = AnsibleModule(
        argument_spec=MACHINE_DEPLOYMENT_INFO.argument_spec,
        required_if=MACHINE_DEPLOYMENT_INFO.required_if,
        mutually_exclusive=MACHINE_DEPLOYMENT_INFO.mutually_exclusive,
        required_together=MACHINE_DEPLOYMENT_INFO.required_together,
        supports_check_mode=True,
    )
    MACHINE_DEPLOYMENT_INFO.conclude(module)


if __name__ == "__main__":
    main()
