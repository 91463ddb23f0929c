#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: validate_inventory
version_added: 0.1.0
short_description: Find misspelt and mistyped variables in the inventory
author:
  - The ailab.conformance authors (@ailab)
description:
  - Holds the names and values of all variables of a host against the argument specs of the collection's roles and playbooks.
  - A name that begins like one of them and is none is an error, with the name that was meant.
  - Runs in the controller, where the variables are. Reads nothing else and changes nothing.
  - Fails with a line for each variable that is wrong.
attributes:
  check_mode:
    support: full
    description: It only reads.
  diff_mode:
    support: none
    description: There is nothing to compare.
  platform:
    support: full
    platforms: all
    description: Runs in the controller.
options:
  specs:
    description:
      - Files of argument specs. By default those of every role and of the playbooks of this collection.
    type: list
    elements: path
"""

EXAMPLES = r"""
- name: Find misspelt variables before anything is changed
  ailab.conformance.validate_inventory:
"""

RETURN = r"""
variables:
  description: The variables of the collection that the inventory sets.
  returned: always
  type: list
  elements: str
  sample:
    - conformance_kubeconfig
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule


def main() -> NoReturn:
    module = AnsibleModule(argument_spec={"specs": {"type": "list", "elements": "path"}}, supports_check_mode=True)
    module.fail_json(msg="an inventory is in the controller, not on a managed host: the action plugin of this name reads it")


if __name__ == "__main__":
    main()
