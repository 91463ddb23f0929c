#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kkp_application_definition
version_added: 0.2.0
short_description: Add applications to KKP's catalogue, change and remove them
description:
  - An application definition says which chart users can install in their clusters, in which versions. In the Community Edition the
    catalogue is empty until an administrator fills it.
  - To change the catalogue takes an administrator's token.
author:
  - The ailab.conformance authors (@ailab)
extends_documentation_fragment:
  - ailab.conformance.kkp
  - ailab.conformance.kkp.changes
attributes:
  diff_mode:
    support: full
    description: Shows the fields that differ. Values are compared as data, not as text.
options:
  name:
    description:
      - Name of the definition.
    type: str
    required: true
  state:
    description:
      - Whether it shall exist. V(absent) leaves what users have installed of it.
    type: str
    choices:
      - present
      - absent
    default: present
  labels:
    description:
      - All labels of the definition. By default left alone.
    type: dict
  display_name:
    description:
      - Name that users see. By default left alone.
    type: str
  description:
    description:
      - What the application is for. By default left alone.
    type: str
  versions:
    description:
      - Versions that users can choose. One that is there and not named here stays. Required to add a definition.
    type: list
    elements: dict
    default: []
    suboptions:
      version:
        description:
          - Name of the version, such as V(v0.10.1).
        type: str
        required: true
      source:
        description:
          - Where the chart comes from, as KKP's API has it. C(helm) with C(url), C(chartName) and C(chartVersion), or C(git) with
            C(remote), C(ref) and C(path).
          - Credentials of a chart repository are references to a Secret of KKP, not the credentials themselves.
        type: dict
        required: true
  default_version:
    description:
      - Version that users get who choose none. By default left alone.
    type: str
  default_namespace:
    description:
      - Namespace that it is installed into where users choose none. By default left alone.
    type: str
  default_values:
    description:
      - Values of the chart that users begin with. By default left alone.
    type: dict
  default:
    description:
      - Whether new clusters get it without asking. By default left alone.
    type: bool
  enforced:
    description:
      - Whether all clusters get it, and keep it. By default left alone.
    type: bool
  datacenters:
    description:
      - Datacenters whose clusters O(default) and O(enforced) are for. By default left alone.
    type: list
    elements: str
seealso:
  - module: ailab.conformance.kkp_application
  - module: ailab.conformance.kkp_application_definition_info
"""

EXAMPLES = r"""
- name: Offer JobSet in the catalogue
  ailab.conformance.kkp_application_definition:
    api_url: https://kkp.example.com
    token: "{{ administrator_token }}"
    name: jobset
    display_name: JobSet
    description: Sets of jobs that start together
    versions:
      - version: v0.10.1
        source:
          helm:
            url: oci://charts.example.com/jobset
            chartName: jobset
            chartVersion: 0.10.1
    default_version: v0.10.1
    default_namespace: jobset-system
"""

RETURN = r"""
application_definition:
  description: The definition. Empty where there is none.
  returned: success
  type: dict
  sample:
    name: jobset
    display_name: JobSet
    description: Sets of jobs that start together
    default_version: v0.10.1
    default: false
    enforced: false
    datacenters: []
    versions:
      - v0.10.1
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.definition_task import TASK


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
