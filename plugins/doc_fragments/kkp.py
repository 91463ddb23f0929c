# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options and attributes of the modules kkp_*. Must be kept in sync with module_utils/_kkp/task.py."""

from __future__ import annotations


class ModuleDocFragment:
    """Where KKP is, and what all its modules have in common."""

    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - Address of the KKP dashboard and API, such as V(https://kkp.example.com). What ends with C(/api/v2) is accepted.
      - Plain C(http) is refused, because it would send the token in clear text, but for addresses of this machine or with
        O(validate_certs=false).
      - By default the environment variable E(KKP_API_URL).
    type: str
    required: true
  token:
    description:
      - Token of a service account or of a user.
      - A service account of the group C(projectmanagers) makes projects, members and service accounts, and cannot touch clusters. One of
        the group C(editors) makes clusters and what is in them. To do both takes two tokens, or that of an administrator.
      - By default the environment variable E(KKP_TOKEN). Set it where Ansible is started. The keyword C(environment) of a task would show
        it with C(-vvv).
    type: str
    required: true
  validate_certs:
    description:
      - Whether the certificate of the API must be trusted.
    type: bool
    default: true
  ca_path:
    description:
      - File or directory of certificates to trust instead of the system's.
    type: path
  timeout:
    description:
      - Seconds for which the API may be silent. KKP takes up to ten to make a cluster.
    type: float
    default: 60.0
  retry_seconds:
    description:
      - Seconds for which a server that is lost, overloaded or not ready yet is asked again.
      - What may have been carried out is never sent twice without looking. Where the answer to a creation is lost, the object is looked for
        by its name.
    type: float
    default: 30.0
notes:
  - KKP's names are no ids. Objects can be named by either, and a name that several objects have is refused.
  - Made for KKP 2.29.
requirements:
  - urllib3 >= 2
attributes:
  action_group:
    support: full
    description: C(module_defaults) for C(group/ailab.conformance.kkp) sets address and token once.
  platform:
    support: full
    platforms: posix
    description: >-
      Needs a way to the KKP API, which is why its tasks usually run on the controller. With a local connection they start no process there.
"""

    CHANGES = r"""
attributes:
  check_mode:
    support: full
    description: Tells what would change. Where the project or the cluster does not exist yet, all of it is new.
  diff_mode:
    support: full
    description: Shows the fields that differ, never a secret.
  idempotent:
    support: full
    description: Compares what KKP returns and can change.
"""

    INFO = r"""
attributes:
  check_mode:
    support: full
    description: Only reads. Where the project does not exist, the result is empty in check mode.
  diff_mode:
    support: none
    description: Changes nothing.
  idempotent:
    support: full
    description: Changes nothing.
"""

    PROJECT = r"""
options:
  project:
    description:
      - Name or id of the project. An administrator names a project of which he is no member by its id.
    type: str
    required: true
"""

    USER_CLUSTER = r"""
options:
  project:
    description:
      - Name or id of the project.
    type: str
    required: true
  cluster:
    description:
      - Name or id of the cluster.
    type: str
    required: true
"""
