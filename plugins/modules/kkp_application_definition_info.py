#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kkp_application_definition_info
version_added: 0.2.0
short_description: Read the application catalogue of KKP
description:
  - Which applications there are depends on KKP's edition and its administrators. In the Community Edition the catalogue is empty but for
    what they added.
author:
  - The ailab.conformance authors (@ailab)
extends_documentation_fragment:
  - ailab.conformance.kkp
  - ailab.conformance.kkp.info
options:
  name:
    description:
      - Name of one application, whose versions are read too. By default all.
    type: str
"""

EXAMPLES = r"""
- name: Find the versions of Kueue
  ailab.conformance.kkp_application_definition_info:
    api_url: https://kkp.example.com
    token: "{{ editors_token }}"
    name: kueue
  register: found
"""

RETURN = r"""
application_definitions:
  description: The applications. Empty where there is none of O(name). Only one that was named has its C(versions).
  returned: success
  type: list
  elements: dict
  sample:
    - name: kueue
      display_name: Kueue
      description: Job queueing
      default_version: v0.13.4
      default: false
      enforced: false
      datacenters: []
      versions:
        - v0.13.4
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.definition_task import INFO


def main() -> NoReturn:
    module = AnsibleModule(
        argument_spec=INFO.argument_spec,
        required_if=INFO.required_if,
        mutually_exclusive=INFO.mutually_exclusive,
        required_together=INFO.required_together,
        supports_check_mode=True,
    )
    INFO.conclude(module)


if __name__ == "__main__":
    main()
