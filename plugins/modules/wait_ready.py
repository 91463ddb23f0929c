#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wait_ready
version_added: 0.1.0
short_description: Wait by watch until objects of a cluster are ready
author:
  - The ailab.conformance authors (@ailab)
description:
  - Watches several sorts of objects at once and ends with the event that makes the last of them ready, instead of asking every few seconds.
  - When time is up, says for each what it lacks, and for a workload why its pods do not run.
  - Ends early where waiting does not help, because an image cannot be had, a container ends each time it is started, or a quota has no room
    left.
  - Runs in the controller where the connection is local.
attributes:
  check_mode:
    support: full
    description: Does not wait, because what it would wait for was not made.
  diff_mode:
    support: none
  idempotent:
    support: full
    description: Changes nothing.
extends_documentation_fragment:
  - ailab.conformance.attributes
  - ailab.conformance.cluster
  - ailab.conformance.ready
options:
  seconds:
    description:
      - How long to wait for all of it together, in seconds.
    type: int
    default: 120
"""

EXAMPLES = r"""
- name: Wait for a DRA driver and the devices that it publishes
  ailab.conformance.wait_ready:
    kubeconfig: ~/.kube/config
    objects:
      - api_version: apps/v1
        kind: DaemonSet
        namespace: nvidia-dra-driver-gpu
        name: nvidia-dra-driver-gpu-kubelet-plugin
      - api_version: resource.k8s.io/v1
        kind: ResourceSlice
        field_selector: spec.driver=gpu.nvidia.com
        count: 2

- name: Wait for the GPU operator
  ailab.conformance.wait_ready:
    seconds: 1500
    objects:
      - api_version: nvidia.com/v1
        kind: ClusterPolicy
        name: cluster-policy
        where:
          - path: [status, state]
            equals: ready
      - api_version: v1
        kind: Node
        label_selector: nvidia.com/gpu.present=true
        every: true
        where:
          - path: [status, allocatable, nvidia.com/gpu]
            at_least: 1

- name: Wait for a controller and its webhooks
  ailab.conformance.wait_ready:
    objects:
      - api_version: apps/v1
        kind: Deployment
        namespace: kueue-system
        name: kueue-controller-manager
    dry_runs:
      - apiVersion: kueue.x-k8s.io/v1beta1
        kind: ResourceFlavor
        metadata:
          generateName: probe-
"""

RETURN = r"""
lacking:
  description: A sentence for everything that is not ready. Empty when all is, and in check mode.
  returned: when the cluster could be asked
  type: list
  elements: str
  sample:
    - "DaemonSet gpu/driver: 1 of 2 pods are available (pod driver-x2 on node-b: container driver waits: ErrImagePull)"
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._ready.task import ARGUMENT_SPEC, ENTRY


def main() -> NoReturn:
    module = AnsibleModule(argument_spec=dict(ARGUMENT_SPEC), supports_check_mode=True)
    ENTRY.conclude(module)


if __name__ == "__main__":
    main()
