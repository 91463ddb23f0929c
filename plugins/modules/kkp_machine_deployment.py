#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kkp_machine_deployment
version_added: 0.2.0
short_description: Make, change, restart and remove machine deployments of a user cluster
description:
  - A machine deployment is a pool of equal nodes. Waits for the control plane first, because KKP refuses machines before, then until every
    machine is a ready node. A machine that the machine controller has given up on ends the wait at once, with its reason.
  - KKP rebuilds the template from what its API knows. What was set by hand on the MachineDeployment and has no field in the API is lost
    when the template is changed.
author:
  - The ailab.conformance authors (@ailab)
extends_documentation_fragment:
  - ailab.conformance.kkp
  - ailab.conformance.kkp.changes
  - ailab.conformance.kkp.user_cluster
attributes:
  idempotent:
    support: partial
    description: O(state=restarted) replaces the nodes each time. The other states change nothing the second time.
options:
  name:
    description:
      - Name of the machine deployment.
    type: str
    required: true
  state:
    description:
      - Whether it shall exist. V(restarted) makes what V(present) would and replaces the nodes one after the other.
    type: str
    choices:
      - present
      - absent
      - restarted
    default: present
  replicas:
    description:
      - Number of nodes. Without it a new deployment gets O(min_replicas), or 1, and one that exists keeps its number within the bounds,
        which leaves it to the autoscaler.
    type: int
  min_replicas:
    description:
      - Lower bound for the autoscaler. By default left alone.
    type: int
  max_replicas:
    description:
      - Upper bound for the autoscaler. By default left alone.
    type: int
  autoscaling:
    description:
      - V(false) removes both bounds, so that the autoscaler leaves the deployment alone.
    type: bool
  paused:
    description:
      - Whether changes are not carried out for now. By default left alone.
    type: bool
  cloud:
    description:
      - One key, the provider, with the machine as the API has it, such as C(openstack) with C(flavor) and C(image). Required to make one.
    type: dict
    default: {}
  operating_system:
    description:
      - Operating system of the nodes. Required to make one.
    type: str
    choices:
      - ubuntu
      - flatcar
      - rhel
      - rockylinux
      - amzn2
  operating_system_options:
    description:
      - Its options as the API has them, such as C(distUpgradeOnBoot).
    type: dict
    default: {}
  operating_system_profile:
    description:
      - Name of the operating system profile. By default KKP's own for the system.
    type: str
  kubelet_version:
    description:
      - Version of the kubelets. By default that of the control plane when the deployment is made, and left alone afterwards.
    type: str
  labels:
    description:
      - All labels of the nodes. What is not among them is removed. By default labels are left alone.
    type: dict
  taints:
    description:
      - All taints of the nodes. By default taints are left alone.
    type: list
    elements: dict
    suboptions:
      key:
        description:
          - Key of the taint.
        type: str
        required: true
      value:
        description:
          - Value of the taint. KKP refuses an empty one, so C(nvidia.com/gpu) becomes C(nvidia.com/gpu=present).
        type: str
        default: ""
      effect:
        description:
          - What it does.
        type: str
        required: true
        choices:
          - NoSchedule
          - PreferNoSchedule
          - NoExecute
  annotations:
    description:
      - Annotations of the machine deployment. Others are left alone.
    type: dict
  capacity:
    description:
      - What one node will offer. The autoscaler needs it to grow a pool that has no node. Written as annotations.
    type: dict
    suboptions:
      cpu:
        description:
          - Number of CPUs.
        type: str
      memory:
        description:
          - Memory, such as V(128Gi).
        type: str
      gpu_count:
        description:
          - Number of accelerators.
        type: int
      gpu_type:
        description:
          - Their resource name, such as V(nvidia.com/gpu).
        type: str
      ephemeral_disk:
        description:
          - Disk for containers, such as V(100Gi).
        type: str
  wait:
    description:
      - Whether to wait until every machine is a ready node, or the deployment is gone.
    type: bool
    default: true
  wait_timeout:
    description:
      - For how many seconds.
    type: float
    default: 900.0
seealso:
  - module: ailab.conformance.kkp_machine_deployment_info
"""

EXAMPLES = r"""
- name: Make a pool of GPU nodes that can shrink to nothing
  ailab.conformance.kkp_machine_deployment:
    api_url: https://kkp.example.com
    token: "{{ editors_token }}"
    project: ai-platform
    cluster: gpu-prod
    name: gpu-a100
    min_replicas: 0
    max_replicas: 4
    cloud:
      openstack:
        flavor: g1.a100.1
        image: kubermatic-ubuntu
        diskSize: 100
    operating_system: ubuntu
    labels:
      accelerator: nvidia
    taints:
      - key: nvidia.com/gpu
        value: present
        effect: NoSchedule
    capacity:
      cpu: "16"
      memory: 128Gi
      gpu_count: 1
      gpu_type: nvidia.com/gpu

- name: Scale a pool
  ailab.conformance.kkp_machine_deployment:
    api_url: https://kkp.example.com
    token: "{{ editors_token }}"
    project: ai-platform
    cluster: gpu-prod
    name: cpu-pool
    replicas: 3
"""

RETURN = r"""
machine_deployment:
  description: The machine deployment. Empty where there is none.
  returned: success
  type: dict
  sample:
    name: gpu-a100
    replicas: 1
    min_replicas: 0
    max_replicas: 4
    ready_replicas: 1
    kubelet_version: 1.34.3
    labels:
      accelerator: nvidia
    taints: []
    annotations: {}
    deleting: false
    spec:
      replicas: 1
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.machine_deployment_task import TASK


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
