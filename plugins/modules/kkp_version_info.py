#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kkp_version_info
version_added: 0.2.0
short_description: Read the version of KKP and the Kubernetes versions that it offers
description:
  - Which Kubernetes versions a KKP offers depends on its own version and on its administrators. Do not write one down, ask for its line.
author:
  - The ailab.conformance authors (@ailab)
extends_documentation_fragment:
  - ailab.conformance.kkp
  - ailab.conformance.kkp.info
options:
  kubernetes_version:
    description:
      - A version or a line of versions, such as V(1.34). RV(version) is the highest one of it. Fails where there is none.
    type: str
  provider:
    description:
      - Cloud provider, because not every version is offered with every provider.
    type: str
"""

EXAMPLES = r"""
- name: Find the newest 1.34
  ailab.conformance.kkp_version_info:
    api_url: https://kkp.example.com
    token: "{{ editors_token }}"
    kubernetes_version: "1.34"
    provider: openstack
  register: offered
"""

RETURN = r"""
kkp_version:
  description: Version of KKP. A warning is given for one that is older than this collection was made for.
  returned: success
  type: str
  sample: v2.29.3
versions:
  description: Kubernetes versions on offer, in ascending order.
  returned: success
  type: list
  elements: str
  sample:
    - 1.33.13
    - 1.34.9
default_version:
  description: The one that KKP takes by default.
  returned: success
  type: str
  sample: 1.33.13
version:
  description: The highest version of O(kubernetes_version). Empty without that option.
  returned: success
  type: str
  sample: 1.34.9
kubelet_versions:
  description: Kubelet versions that go with RV(version).
  returned: success
  type: list
  elements: str
  sample:
    - 1.34.9
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.info_tasks import VERSION_INFO


def main() -> NoReturn:
    module = AnsibleModule(
        argument_spec=VERSION_INFO.argument_spec,
        required_if=VERSION_INFO.required_if,
        mutually_exclusive=VERSION_INFO.mutually_exclusive,
        required_together=VERSION_INFO.required_together,
        supports_check_mode=True,
    )
    VERSION_INFO.conclude(module)


if __name__ == "__main__":
    main()
