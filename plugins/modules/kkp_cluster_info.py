#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kkp_cluster_info
version_added: 0.2.0
short_description: Read user clusters of KKP
description:
  - Reads one cluster or all of a project, with their health and, where asked for, events, possible upgrades and figures.
author:
  - The ailab.conformance authors (@ailab)
extends_documentation_fragment:
  - ailab.conformance.kkp
  - ailab.conformance.kkp.info
  - ailab.conformance.kkp.project
options:
  name:
    description:
      - Name or id of one cluster. By default all.
    type: str
  gather:
    description:
      - What to read of each cluster beside itself. Each costs a request.
    type: list
    elements: str
    choices:
      - health
      - events
      - upgrades
      - metrics
    default:
      - health
seealso:
  - module: ailab.conformance.kkp.user_cluster
"""

EXAMPLES = r"""
- name: Read a cluster with its events
  ailab.conformance.kkp_cluster_info:
    api_url: https://kkp.example.com
    token: "{{ editors_token }}"
    project: ai-platform
    name: gpu-prod
    gather:
      - health
      - events
  register: found
"""

RETURN = r"""
clusters:
  description: The clusters, each as M(ailab.conformance.kkp_cluster) returns it, with what was gathered.
  returned: success
  type: list
  elements: dict
  sample:
    - id: k7x2m9q4wz
      name: gpu-prod
      version: 1.34.3
      ready: true
      health:
        apiserver: HealthStatusUp
complete:
  description: Whether KKP could ask all of its seeds. Where not, a warning says why and the list may lack clusters.
  returned: success
  type: bool
  sample: true
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.info_tasks import CLUSTER_INFO


def main() -> NoReturn:
    module = AnsibleModule(
        argument_spec=CLUSTER_INFO.argument_spec,
        required_if=CLUSTER_INFO.required_if,
        mutually_exclusive=CLUSTER_INFO.mutually_exclusive,
        required_together=CLUSTER_INFO.required_together,
        supports_check_mode=True,
    )
    CLUSTER_INFO.conclude(module)


if __name__ == "__main__":
    main()
