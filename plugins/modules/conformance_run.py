#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: conformance_run
version_added: 0.1.0
short_description: Open, seal and clean up verification runs
author:
  - The ailab.conformance authors (@ailab)
description:
  - A run is a directory that holds the evidence of one verification of one cluster.
  - V(opened) makes it and records the cluster, with its version, its nodes, the components of the platform with the digests of their
    images, and an inventory of what exists. The modules C(verify_*) work in an open run.
  - V(sealed) looks for what the run left behind, collects the verdicts in C(run.json), and writes C(manifest.sha256). From then on every
    change of the evidence shows, see M(ailab.conformance.conformance_replay).
  - V(cleaned) removes what killed runs have left on the cluster. A run notes every object before it makes it. Deleted is what is
    noted in the run's directory, carries the run's label and has the noted UID, and nothing else. A change of an object that was there
    before is noted with its way back, and restored.
attributes:
  check_mode:
    support: full
    description: Reads the cluster and tells what would change.
  diff_mode:
    support: none
  idempotent:
    support: partial
    description: O(state=opened) makes a new run each time. The other states change nothing the second time.
extends_documentation_fragment:
  - ailab.conformance.attributes
  - ailab.conformance.cluster
options:
  state:
    description:
      - V(opened) makes a run, V(sealed) ends one, V(cleaned) removes what killed runs have left on the cluster.
    type: str
    choices:
      - opened
      - sealed
      - cleaned
    required: true
  runs_dir:
    description:
      - Folder of all run directories, for O(state=opened) and O(state=cleaned). It is made where it is missing.
    type: path
    default: runs
  run_dir:
    description:
      - Directory of one run. Required for O(state=sealed).
      - With O(state=cleaned) only this run is cleaned up, otherwise all in O(runs_dir).
      - Runs that are in use, that belong to another cluster or that cannot be read are left alone and named.
    type: path
  kubernetes_version:
    description:
      - Version of the checklist to work by, as V(v1.34). By default that of the cluster.
    type: str
  settings:
    description:
      - Variables of the run, to be kept with the evidence. Do not put secrets here.
    type: dict
    default: {}
  component_namespaces:
    description:
      - Namespaces whose workloads are recorded as components of the platform.
    type: list
    elements: str
    default:
      - kube-system
      - gpu-operator
      - nvidia-dra-driver-gpu
  cleanup_seconds:
    description:
      - By when everything must be gone with O(state=cleaned).
    type: float
    default: 60.0
  specifications:
    description:
      - The checklists that the collection carries. The action plugin fills this in, because a module that runs elsewhere has no checklists.
    type: list
    elements: dict
    default: []
    suboptions:
      kubernetes_version:
        description: Version of the checklist.
        type: str
        required: true
      file:
        description: Name of its file.
        type: str
        required: true
      sha256:
        description: Digest of its file.
        type: str
        required: true
seealso:
  - module: ailab.conformance.verify_dra_support
  - module: ailab.conformance.conformance_replay
  - module: ailab.conformance.conformance_report
"""

EXAMPLES = r"""
- name: Open a run
  ailab.conformance.conformance_run:
    state: opened
    kubeconfig: ~/.kube/config
    runs_dir: runs
  register: opened

- name: Seal it
  ailab.conformance.conformance_run:
    state: sealed
    run_dir: "{{ opened.run_dir }}"
    kubeconfig: ~/.kube/config

- name: Remove what killed runs have left
  ailab.conformance.conformance_run:
    state: cleaned
    kubeconfig: ~/.kube/config
    runs_dir: runs
"""

RETURN = r"""
run_id:
  description: The run's id, the time of its opening and six random digits. Empty where check mode would open one.
  returned: when O(state=opened) or O(state=sealed)
  type: str
  sample: 20261122T053000Z-1a2b3c
run_dir:
  description: Its directory.
  returned: when O(state=opened) or O(state=sealed)
  type: str
  sample: runs/20261122T053000Z-1a2b3c
spec:
  description: The checklist.
  returned: when O(state=opened)
  type: dict
  sample:
    kubernetes_version: v1.34
    file: AIConformance-1.34.yaml
    sha256: 0f3e…
cluster:
  description: The cluster as it was found.
  returned: when O(state=opened), but not in check mode
  type: dict
  sample:
    fingerprint: sha256:9b74…
    version:
      gitVersion: v1.34.4
run:
  description: The content of C(run.json).
  returned: when O(state=sealed), but not in check mode
  type: dict
  sample:
    schema: 1
    run_id: 20261122T053000Z-1a2b3c
    fidelity: simulated
cleaned:
  description: One entry for each run that was looked at.
  returned: when O(state=cleaned)
  type: list
  elements: dict
  sample:
    - run_id: 20261122T053000Z-1a2b3c
      removed:
        - kind: Namespace
          namespace: ""
          name: ai-conformance-dra-support-1a2b3c
          uid: 6a1f
      restored: []
      skipped: ""
  contains:
    run_id:
      description: The run.
      returned: always
      type: str
      sample: 20261122T053000Z-1a2b3c
    removed:
      description: What is gone now, or would be in check mode.
      returned: always
      type: list
      elements: dict
      sample: []
    restored:
      description: Paths of objects that were there before the run, were changed by it, and are what they were again, or would be.
      returned: always
      type: list
      elements: str
      sample: []
    skipped:
      description: Why nothing was done. Empty when something was, or when there was nothing to do.
      returned: always
      type: str
      sample: ""
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import KINDS_MADE
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_task import run_entry


def main() -> NoReturn:
    entry = run_entry(KINDS_MADE)
    module = AnsibleModule(argument_spec=dict(entry.argument_spec), required_if=entry.required_if, supports_check_mode=True)
    entry.conclude(module)


if __name__ == "__main__":
    main()
