#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kkp_application
version_added: 0.2.0
short_description: Install, change and remove applications in a user cluster
description:
  - Waits for KKP's application controller first, then until the application is installed. When time is up, Helm's own words are in the
    message.
  - Keep secrets out of the values. They stand in the user cluster in clear text, and a diff shows those whose names do not tell that they
    are secret.
author:
  - The ailab.conformance authors (@ailab)
extends_documentation_fragment:
  - ailab.conformance.kkp
  - ailab.conformance.kkp.changes
  - ailab.conformance.kkp.user_cluster
requirements:
  - pyyaml >= 6
options:
  name:
    description:
      - Name of the ApplicationInstallation.
    type: str
    required: true
  namespace:
    description:
      - Namespace of the ApplicationInstallation. By default O(target_namespace), or O(name) where that is not given either.
    type: str
  state:
    description:
      - Whether it shall exist.
    type: str
    choices:
      - present
      - absent
    default: present
  application:
    description:
      - Name of the application in the catalogue. Required with O(state=present).
    type: str
  version:
    description:
      - Its version, as the catalogue writes it. Required with O(state=present).
    type: str
  target_namespace:
    description:
      - Namespace that it is installed into. It is made where it is missing. By default that of the ApplicationInstallation.
    type: str
  target_namespace_labels:
    description:
      - Labels of that namespace, such as those of pod security.
    type: dict
  values:
    description:
      - Helm values. Compared as data. By default left alone.
    type: dict
  deploy_options:
    description:
      - How it is deployed, as KKP's API has it, such as C(helm) with C(wait) and C(timeout).
    type: dict
  wait:
    description:
      - Whether to wait until it is installed, or removed.
    type: bool
    default: true
  wait_timeout:
    description:
      - For how many seconds.
    type: float
    default: 900.0
"""

EXAMPLES = r"""
- name: Install the GPU operator
  ailab.conformance.kkp_application:
    api_url: https://kkp.example.com
    token: "{{ editors_token }}"
    project: ai-platform
    cluster: gpu-prod
    name: gpu-operator
    application: nvidia-gpu-operator
    version: v26.3.0
    target_namespace: gpu-operator
    target_namespace_labels:
      pod-security.kubernetes.io/enforce: privileged
    values:
      dcgmExporter:
        serviceMonitor:
          enabled: false
    deploy_options:
      helm:
        wait: true
        timeout: 10m
"""

RETURN = r"""
application:
  description: The application. Empty where there is none.
  returned: success
  type: dict
  sample:
    name: gpu-operator
    namespace: gpu-operator
    application: nvidia-gpu-operator
    version: v26.3.0
    target_namespace: gpu-operator
    ready: true
    conditions:
      - type: Ready
        status: "True"
        reason: InstallationSuccessful
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.application_task import TASK


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
