#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kkp_service_account
version_added: 0.2.0
short_description: Make, change and remove service accounts of a KKP project, with a token
description:
  - A token is shown by KKP once, when it is made. The module writes it into a private file and nowhere else, neither into its result
    nor into a diff.
  - A copy is told by the id that a token carries. Whether KKP still accepts a copy that was made anew elsewhere, only its use can tell.
author:
  - The ailab.conformance authors (@ailab)
extends_documentation_fragment:
  - ailab.conformance.kkp
  - ailab.conformance.kkp.changes
  - ailab.conformance.kkp.project
attributes:
  idempotent:
    support: partial
    description: O(token_regenerate=always) makes the token anew each time. Otherwise nothing changes the second time.
options:
  name:
    description:
      - Name of the account in its project.
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
  group:
    description:
      - What the account may do.
      - V(editors) make clusters and what is in them, V(projectmanagers) projects, members and accounts, but no clusters. V(viewers) look.
    type: str
    choices:
      - viewers
      - editors
      - projectmanagers
    default: editors
  token_name:
    description:
      - Name of a token that the account shall have. KKP makes them valid for three years.
    type: str
  token_dest:
    description:
      - File for the token, mode 0600. Missing directories are made, for the owner only.
    type: path
  token_regenerate:
    description:
      - When a token that exists is made anew, which ends every other copy of it.
      - V(never) fails where O(token_dest) has no copy of the token. V(missing) makes it anew there. V(always) makes it anew in each run.
    type: str
    choices:
      - never
      - missing
      - always
    default: never
  wait:
    description:
      - Whether to wait until the account has its rights.
    type: bool
    default: true
  wait_timeout:
    description:
      - For how many seconds.
    type: float
    default: 120.0
"""

EXAMPLES = r"""
- name: Make an account for clusters, with a token
  ailab.conformance.kkp_service_account:
    api_url: https://kkp.example.com
    token: "{{ projectmanagers_token }}"
    project: ai-platform
    name: clusters
    group: editors
    token_name: automation
    token_dest: ~/.kkp/editors.token
"""

RETURN = r"""
service_account:
  description: The account. Empty where there is none.
  returned: success
  type: dict
  sample:
    id: 4kq7wz2m9x
    name: clusters
    group: editors
    status: Active
service_account_token:
  description: The token without its secret. Empty where none was asked for.
  returned: success
  type: dict
  sample:
    id: 9xk2m4qw7z
    name: automation
    expiry: "2029-01-02T03:04:05Z"
    invalidated: false
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.service_account_task import TASK


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
