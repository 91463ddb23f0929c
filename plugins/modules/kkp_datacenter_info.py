#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kkp_datacenter_info
version_added: 0.2.0
short_description: Read the datacenters of KKP
description:
  - Reads the datacenters that the token's owner may use. Images by operating system and allowed flavors are in the specification of each.
author:
  - The ailab.conformance authors (@ailab)
extends_documentation_fragment:
  - ailab.conformance.kkp
  - ailab.conformance.kkp.info
options:
  name:
    description:
      - Only the datacenter of this name.
    type: str
  provider:
    description:
      - Only those of this cloud provider, such as V(openstack).
    type: str
  seed:
    description:
      - Only those of this seed.
    type: str
"""

EXAMPLES = r"""
- name: Read the OpenStack datacenters
  ailab.conformance.kkp_datacenter_info:
    api_url: https://kkp.example.com
    token: "{{ editors_token }}"
    provider: openstack
  register: found
"""

RETURN = r"""
datacenters:
  description: The datacenters.
  returned: success
  type: list
  elements: dict
  sample:
    - name: os-fra
      provider: openstack
      seed: europe
      country: DE
      location: Frankfurt
      spec:
        openstack:
          images:
            ubuntu: kubermatic-ubuntu
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.info_tasks import DATACENTER_INFO


def main() -> NoReturn:
    module = AnsibleModule(
        argument_spec=DATACENTER_INFO.argument_spec,
        required_if=DATACENTER_INFO.required_if,
        mutually_exclusive=DATACENTER_INFO.mutually_exclusive,
        required_together=DATACENTER_INFO.required_together,
        supports_check_mode=True,
    )
    DATACENTER_INFO.conclude(module)


if __name__ == "__main__":
    main()
