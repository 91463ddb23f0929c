#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kkp_preset
version_added: 0.2.0
short_description: Select, make, change and remove presets of KKP
description:
  - A preset holds the credentials of a cloud, so that projects can make clusters without them. Without O(credentials) the module makes sure
    that a preset exists and may be used.
  - To make, change and remove presets takes an administrator. KKP never returns credentials, so they are not compared.
author:
  - The ailab.conformance authors (@ailab)
extends_documentation_fragment:
  - ailab.conformance.kkp
  - ailab.conformance.kkp.changes
attributes:
  idempotent:
    support: partial
    description: O(update_credentials=always) sends credentials each time. Otherwise nothing changes the second time.
options:
  name:
    description:
      - Name of the preset.
    type: str
    required: true
  provider:
    description:
      - Cloud provider, such as V(openstack). A preset can have several. The others are left alone.
    type: str
    required: true
  project:
    description:
      - Name or id of a project that must be allowed to use the preset. By default what the token's owner may see.
    type: str
  state:
    description:
      - Whether it shall exist.
    type: str
    choices:
      - present
      - absent
    default: present
  fields:
    description:
      - The provider's part without credentials, as KKP's API has it, such as C(floatingIPPool).
      - Those that KKP returns are compared.
    type: dict
    default: {}
  credentials:
    description:
      - The credentials, under the names that KKP's API has for them.
    type: dict
  update_credentials:
    description:
      - Whether credentials are sent to a preset that exists.
      - V(on_create) sends them when the preset is made and when a field is changed.
    type: str
    choices:
      - on_create
      - always
    default: on_create
  required_emails:
    description:
      - Mail addresses or domains of those who may use it. By default everybody.
    type: list
    elements: str
    default: []
  projects:
    description:
      - Ids of the projects that may use it. By default all.
    type: list
    elements: str
    default: []
  enabled:
    description:
      - Whether it can be used. By default left alone.
    type: bool
"""

EXAMPLES = r"""
- name: Make sure that the project may use a preset
  ailab.conformance.kkp_preset:
    api_url: https://kkp.example.com
    token: "{{ editors_token }}"
    project: ai-platform
    provider: openstack
    name: openstack-ai

- name: Make a preset
  ailab.conformance.kkp_preset:
    api_url: https://kkp.example.com
    token: "{{ administrator_token }}"
    provider: openstack
    name: openstack-ai
    fields:
      floatingIPPool: public
    credentials:
      applicationCredentialID: "{{ credential_id }}"
      applicationCredentialSecret: "{{ credential_secret }}"
"""

RETURN = r"""
preset:
  description: The preset. Empty where there is none.
  returned: success
  type: dict
  sample:
    name: openstack-ai
    enabled: true
    customizable: false
    fields:
      floatingIPPool: public
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.preset_task import TASK


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
