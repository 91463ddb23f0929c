#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_command
version_added: 0.1.0
short_description: Run a command of the embedded lab
author:
  - The ailab.conformance authors (@ailab)
description:
  - Runs C(python -m lab) with the given arguments and returns what it answers.
  - Where the connection is local and the task runs as the user who runs Ansible, its lines of progress are shown as they come.
    A task that becomes another user shows them at its end.
  - For the roles of this collection. People use C(python -m lab) itself.
attributes:
  check_mode:
    support: full
    description: The command gets C(--check) and says what it would change.
  diff_mode:
    support: none
    description: There is no diff, the result names what was done.
  platform:
    support: full
    platforms: Linux
    description: The lab is made of Linux namespaces.
options:
  command:
    description:
      - Command and arguments, as a list. C(--json) is added.
    type: list
    elements: str
    required: true
  stdin:
    description:
      - What the command reads from its standard input, handed over as JSON.
    type: raw
  project_dir:
    description:
      - The directory that holds the package C(lab). By default the checkout or the installed collection that this module belongs to.
    type: path
"""

EXAMPLES = r"""
- name: Build the programs and images of a cluster
  ailab.conformance.lab_command:
    command: [images, build, --group, node, --group, cluster]

- name: Bring up a user cluster with two GPUs
  ailab.conformance.lab_command:
    command: [up, --cluster, lab, --pools, "-"]
    stdin:
      - name: gpu
        replicas: 1
        accelerators:
          allocation: dra
          count: 2
  become: true
"""

RETURN = r"""
answer:
  description: The JSON object that the lab answered.
  returned: when the command answered
  type: dict
  sample:
    changed: true
    cluster: lab
    kubeconfig: /var/lib/ailab/clusters/lab/admin.kubeconfig
progress:
  description: The lines of progress.
  returned: when the command answered
  type: list
  elements: str
  sample:
    - "node lab-gpu-0: ready after 3.7 s"
"""

from pathlib import Path
from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._lab.command import ARGUMENT_SPEC, LabCommandError, arguments, call


def main() -> NoReturn:
    module = AnsibleModule(argument_spec=dict(ARGUMENT_SPEC), supports_check_mode=True)
    if module.params["project_dir"] is None:
        module.fail_json(msg="project_dir is not set, expected the directory that holds the package 'lab': its action plugin sets it")
    try:
        answer = call(
            arguments(module.params["command"], check=module.check_mode),
            project_dir=Path(module.params["project_dir"]),
            stdin=module.params["stdin"],
            progress=module.debug,
        )
    except LabCommandError as exc:
        module.fail_json(msg=str(exc))
    # A failed answer carries `failed` and `msg`, which is all that fail_json would add.
    module.exit_json(**answer.result())


if __name__ == "__main__":
    main()
