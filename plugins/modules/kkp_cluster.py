#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kkp_cluster
version_added: 0.2.0
short_description: Make, change, upgrade and remove user clusters of KKP
description:
  - Finds the cluster by name or id and compares what KKP returns and can change. Where a seed does not answer, so that KKP's list may lack
    the cluster, nothing is made and nothing is called absent.
  - Ready is what KKP calls healthy, see O(wait_for) for more. When time is up, the components that are not up are named, and the last
    warnings of the cluster.
  - Fields that KKP cannot change after the creation, and fields that it takes but never returns, are not compared. A warning names them.
author:
  - The ailab.conformance authors (@ailab)
extends_documentation_fragment:
  - ailab.conformance.kkp
  - ailab.conformance.kkp.changes
  - ailab.conformance.kkp.project
options:
  name:
    description:
      - Name of the cluster, or id of one that exists. At most 100 characters.
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
  version:
    description:
      - Kubernetes version, such as V(1.34.3), or a line of versions, such as V(1.34), which takes the highest one that KKP offers.
      - A cluster of another version is upgraded, if KKP can. A cluster of the line stays as it is.
      - Required to make a cluster.
    type: str
  datacenter:
    description:
      - Name of the datacenter, see M(ailab.conformance.kkp_datacenter_info). Required to make a cluster.
    type: str
  provider:
    description:
      - Cloud provider of the datacenter, such as V(openstack). Required to make a cluster.
    type: str
  preset:
    description:
      - Name of the preset whose credentials a new cluster takes.
    type: str
  cloud:
    description:
      - The provider's part of the specification, as KKP's API has it, without credentials.
    type: dict
    default: {}
  cloud_credentials:
    description:
      - Credentials that a new cluster takes instead of a preset, under the names that KKP's API has for them.
      - KKP never returns them, so they are not compared, and are not changed afterwards.
    type: dict
  labels:
    description:
      - All labels. What is not among them is removed. By default labels are left alone.
    type: dict
  annotations:
    description:
      - Annotations. Others are left alone.
    type: dict
  spec:
    description:
      - More of KKP's ClusterSpec, as the API has it. C(cniPlugin), C(clusterNetwork), C(mla) and C(kubelb) are examples.
      - An unknown name is refused, because KKP would ignore it. Feature flags cannot be set by the API.
    type: dict
    default: {}
  applications:
    description:
      - Applications that a new cluster gets, as the API has them.
      - KKP takes a cluster made by API as one whose owner wants no default applications, but for those listed here. Enforced ones are
        installed in any case.
    type: list
    elements: dict
    default: []
  upgrade_nodes:
    description:
      - Whether the kubelets of all machine deployments are brought to the version of the control plane.
    type: bool
    default: false
  delete_volumes:
    description:
      - With O(state=absent), whether the volumes of the cluster's claims are removed.
    type: bool
    default: false
  delete_load_balancers:
    description:
      - With O(state=absent), whether the cluster's cloud load balancers are removed.
    type: bool
    default: false
  wait_for:
    description:
      - Components of the health answer to wait for, beside those that KKP counts, such as V(applicationController) or V(monitoring).
    type: list
    elements: str
    default: []
  wait:
    description:
      - Whether to wait until the cluster is healthy, or gone.
    type: bool
    default: true
  wait_timeout:
    description:
      - For how many seconds.
    type: float
    default: 1200.0
seealso:
  - module: ailab.conformance.kkp_cluster_info
  - module: ailab.conformance.kkp_kubeconfig
  - module: ailab.conformance.kkp_machine_deployment
"""

EXAMPLES = r"""
- name: Make a cluster on OpenStack
  ailab.conformance.kkp_cluster:
    api_url: https://kkp.example.com
    token: "{{ editors_token }}"
    project: ai-platform
    name: gpu-prod
    version: "1.34"
    datacenter: os-fra
    provider: openstack
    preset: openstack-ai
    cloud:
      floatingIPPool: public
    spec:
      cniPlugin:
        type: cilium
      mla:
        monitoringEnabled: true
  register: made

- name: Remove it with its volumes and load balancers
  ailab.conformance.kkp_cluster:
    api_url: https://kkp.example.com
    token: "{{ editors_token }}"
    project: ai-platform
    name: gpu-prod
    state: absent
    delete_volumes: true
    delete_load_balancers: true
"""

RETURN = r"""
cluster:
  description: The cluster. Empty where there is none.
  returned: success
  type: dict
  sample:
    id: k7x2m9q4wz
    name: gpu-prod
    version: 1.34.3
    running_version: 1.34.3
    url: https://k7x2m9q4wz.kkp.example.com:6443
    datacenter: os-fra
    labels: {}
    deleting: false
    spec:
      version: 1.34.3
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.cluster_task import TASK


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
