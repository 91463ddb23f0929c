#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kkp_mla
version_added: 0.2.0
short_description: Set up monitoring, logging and alerting of a user cluster
description:
  - Switches KKP's user cluster monitoring and logging on or off, and sets the alert manager, rule groups and rate limits.
  - Works where the seed of the cluster has user cluster monitoring installed.
author:
  - The ailab.conformance authors (@ailab)
extends_documentation_fragment:
  - ailab.conformance.kkp
  - ailab.conformance.kkp.changes
  - ailab.conformance.kkp.user_cluster
requirements:
  - pyyaml >= 6
options:
  monitoring:
    description:
      - Whether metrics are collected. By default left alone.
    type: bool
  logging:
    description:
      - Whether logs are collected. By default left alone.
    type: bool
  monitoring_replicas:
    description:
      - Number of the agents. By default left alone.
    type: int
  monitoring_resources:
    description:
      - Requests and limits of the agent for metrics, as in a container.
    type: dict
  logging_resources:
    description:
      - Requests and limits of the agent for logs, as in a container.
    type: dict
  alertmanager_config:
    description:
      - Configuration of the alert manager as a whole.
      - Receivers hold passwords, so it appears in no output. Ansible hides every text of it elsewhere, too.
    type: dict
  rule_groups:
    description:
      - Rule groups. Others are left alone.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Name of the group, and its id.
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
      type:
        description:
          - What its rules are about.
        type: str
        choices:
          - Metrics
          - Logs
        default: Metrics
      interval:
        description:
          - How often they are looked at, such as V(30s).
        type: str
      rules:
        description:
          - The rules, as Prometheus has them.
        type: list
        elements: dict
  monitoring_limits:
    description:
      - Rate limits of metrics, as KKP's API has them, such as C(ingestionRate). For administrators.
    type: dict
  logging_limits:
    description:
      - Rate limits of logs, in the same way.
    type: dict
  wait:
    description:
      - Whether to wait until the cluster is healthy and what was switched on is up.
    type: bool
    default: true
  wait_timeout:
    description:
      - For how many seconds.
    type: float
    default: 600.0
"""

EXAMPLES = r"""
- name: Switch on metrics, with a rule for hot accelerators
  ailab.conformance.kkp_mla:
    api_url: https://kkp.example.com
    token: "{{ editors_token }}"
    project: ai-platform
    cluster: gpu-prod
    monitoring: true
    rule_groups:
      - name: accelerators
        rules:
          - alert: AcceleratorHot
            expr: DCGM_FI_DEV_GPU_TEMP > 85
            for: 5m
"""

RETURN = r"""
mla:
  description: The settings of the cluster. Empty where the cluster does not exist.
  returned: success
  type: dict
  sample:
    monitoringEnabled: true
    loggingEnabled: false
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.mla_task import TASK


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
