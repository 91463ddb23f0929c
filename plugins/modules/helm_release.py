#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: helm_release
version_added: 0.2.0
short_description: Set a Helm release, watch it become ready, and remove what it made
author:
  - The ailab.conformance authors (@ailab)
description:
  - Renders the chart and looks whether anything that it would make belongs to somebody else, before anything is changed.
  - Installs with M(kubernetes.core.helm), then watches until the workloads are ready and webhooks answer. Where they do not, a new release
    is removed again, and an upgraded one rolled back. What cannot work, such as an image that cannot be had, ends the wait early.
  - CRDs are no part of the release. They are brought to the chart's version, which Helm never does, and stay as long as there are objects
    of them, which Helm would remove.
  - Of what the release was made is written down on it. The same again renders nothing and only looks whether it is ready.
  - Runs in the controller and needs a local connection.
attributes:
  check_mode:
    support: full
    description: Renders the chart and looks who owns what.
  diff_mode:
    support: full
    description: An entry for every object that comes, goes or changes, without secrets. Needs no plugin of Helm.
  idempotent:
    support: full
    description: The same chart with the same values changes nothing.
extends_documentation_fragment:
  - ailab.conformance.attributes
  - ailab.conformance.cluster
  - ailab.conformance.ready
options:
  name:
    description:
      - Name of the release.
    type: str
    required: true
  namespace:
    description:
      - Namespace of the release. It is made where it is missing, and goes with the last release in it.
    type: str
    required: true
  state:
    description:
      - V(absent) removes the release, its CRDs that nobody uses, and its namespace when nobody is left in it.
    type: str
    choices:
      - present
      - absent
    default: present
  chart:
    description:
      - A folder, beginning with C(/), C(./), C(../) or C(~); an address, beginning with C(oci://); or the name of a chart in O(repository).
      - Required with O(state=present).
    type: str
  repository:
    description:
      - Address of the repository of a chart that is named.
    type: str
    default: ""
  version:
    description:
      - The version of the chart. A folder that holds another one is refused.
    type: str
    default: ""
  values:
    description:
      - Values on top of the chart's own.
    type: dict
    default: {}
  registry:
    description:
      - Registry, with or without a path, that has all images under their whole upstream names. Images of workloads are taken from there.
      - V(registry.example.com/mirror) makes V(registry.example.com/mirror/docker.io/library/busybox:1.36) of V(busybox:1.36).
    type: str
    default: ""
  crds:
    description:
      - V(manage) sets and removes the chart's CRDs. V(leave) uses those that are there.
    type: str
    choices:
      - manage
      - leave
    default: manage
  namespace_labels:
    description:
      - Labels of the namespace, such as those of Pod Security admission.
    type: dict
    default: {}
  shared_namespace:
    description:
      - Whether the namespace may belong to somebody else. Otherwise one that is neither empty nor of this collection is refused.
    type: bool
    default: false
  adopt:
    description:
      - Whether a release of this name that somebody else made may be taken over.
    type: bool
    default: false
  seconds:
    description:
      - By when all of it must be ready, or gone, in seconds.
    type: int
    default: 300
  helm:
    description:
      - The program. By default C(helm) on the search path.
    type: path
    default: ""
requirements:
  - Helm >= 3.14
"""

EXAMPLES = r"""
- name: Install Kueue
  ailab.conformance.helm_release:
    kubeconfig: ~/.kube/config
    name: kueue
    namespace: kueue-system
    chart: oci://registry.k8s.io/kueue/charts/kueue
    version: 0.14.0
    dry_runs:
      - apiVersion: kueue.x-k8s.io/v1beta1
        kind: ResourceFlavor
        metadata:
          generateName: probe-

- name: Remove it
  ailab.conformance.helm_release:
    name: kueue
    namespace: kueue-system
    state: absent
"""

RETURN = r"""
release:
  description: The release as Helm has it. Empty where there is none.
  returned: success
  type: dict
  sample:
    name: kueue
    namespace: kueue-system
    revision: 1
    status: deployed
    chart: kueue
    version: 0.14.0
kept:
  description: A sentence for everything that stays when a release is removed.
  returned: success
  type: list
  elements: str
  sample:
    - "CRD clusterqueues.kueue.x-k8s.io stays, because of team-a"
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._charts.task import ARGUMENT_SPEC, REQUIRED_IF


def main() -> NoReturn:
    module = AnsibleModule(argument_spec=dict(ARGUMENT_SPEC), required_if=REQUIRED_IF, supports_check_mode=True)
    module.fail_json(msg="helm and the kubeconfig are where the playbook runs: the action plugin of this name works there")


if __name__ == "__main__":
    main()
