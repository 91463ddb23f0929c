#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: conformance_replay
version_added: 0.1.0
short_description: Judge a sealed run again, without a cluster
author:
  - The ailab.conformance authors (@ailab)
description:
  - Compares every file of a sealed run with the run's manifest, and names what was changed, removed or added.
  - Judges the recorded observations again with the evaluators that judged them first. Results, requirements and C(run.json) must come out
    byte for byte as they are.
  - Needs neither a cluster nor an accelerator, so a reviewer can judge the evidence anywhere.
attributes:
  check_mode:
    support: full
    description: Nothing is ever changed.
  diff_mode:
    support: none
  idempotent:
    support: full
    description: Nothing is ever changed.
extends_documentation_fragment:
  - ailab.conformance.attributes
options:
  run_dir:
    description:
      - Directory of a sealed run.
    type: path
    required: true
seealso:
  - module: ailab.conformance.conformance_run
"""

EXAMPLES = r"""
- name: Judge the run again
  ailab.conformance.conformance_replay:
    run_dir: runs/20261122T053000Z-1a2b3c
"""

RETURN = r"""
run_id:
  description: The run.
  returned: when the directory is that of a sealed run
  type: str
  sample: 20261122T053000Z-1a2b3c
checks:
  description: How many checks were judged.
  returned: when the directory is that of a sealed run
  type: int
  sample: 10
differences:
  description: A sentence for every file that is not as it was sealed, or not what follows from the observations. Empty when all agree.
  returned: when the directory is that of a sealed run
  type: list
  elements: str
  sample:
    - "checks/DRA-05/result.json is not what follows from the observations: it says pass, the observations say fail"
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import CHECKS
from ansible_collections.ailab.conformance.plugins.module_utils._engine.replay_task import REPLAY_SPEC, replay_entry


def main() -> NoReturn:
    module = AnsibleModule(argument_spec=dict(REPLAY_SPEC), supports_check_mode=True)
    replay_entry(CHECKS).conclude(module)


if __name__ == "__main__":
    main()
