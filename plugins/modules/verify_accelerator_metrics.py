#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_accelerator_metrics
version_added: 0.1.0
short_description: Prove that a cluster exposes fine-grained accelerator metrics
author:
  - The ailab.conformance authors (@ailab)
description:
  - Proves the requirement C(accelerator_metrics) of the CNCF Kubernetes AI Conformance programme. Every accelerator has metrics of its
    utilisation and memory at a machine-readable endpoint.
  - Eleven checks are known. C(AM-01) the endpoint speaks the text format. C(AM-02) no accelerator is missing. C(AM-03) utilisation and
    memory are there and make sense. C(AM-04) so are temperature, power and interconnect. C(AM-05) the figures are measured, not stored.
    C(AM-06) load moves them and its end moves them back. C(AM-07) they name the pod that has the accelerator, as long as it has.
    C(AM-08) load on one accelerator moves no other. C(AM-09) the monitoring system has them. C(AM-10) they have counterparts in
    OpenTelemetry. C(AM-11) they come back when an exporter is lost.
  - C(AM-04), C(AM-09), C(AM-10) and C(AM-11) go beyond what must be, so the requirement does not depend on them. C(AM-11) deletes a pod of
    the exporter and is only run with O(allow_disruptive).
  - Every check has a negative control, a variant that the same evaluator must judge a failure for the reason that it was made for.
    A check whose control does not flip is V(inconclusive), never V(pass).
  - Everything is made in a namespace of its own that admits only restricted pods. What was made carries the label
    C(ai-conformance/run), is noted in the run directory before it is made, is deleted by UID, and is seen to be gone.
notes:
  - Pods that have an accelerator are asked with C(nvidia-smi -L) which one. Drivers inject that program.
  - The text format is read by the Python package C(prometheus-client).
  - The task fails when its verdict is not in O(accept). RV(checks) are returned all the same.
  - The rights that are needed are asked for first. When some are missing, all of them are named and nothing is made.
options:
  exporter_namespace:
    description:
      - Namespace of the exporter's pods. They are read through the API server.
    type: str
    default: gpu-operator
  exporter_selector:
    description:
      - Label selector of these pods.
    type: str
    default: app in (nvidia-dcgm-exporter,dcgm-exporter)
  exporter_port:
    description:
      - Number or name of their port.
    type: str
    default: "9400"
  exporter_path:
    description:
      - Path of the metrics.
    type: str
    default: /metrics
  metric_names:
    description:
      - Names of metrics and labels, as far as they are not those of dcgm-exporter. Keys are V(utilization), V(memory_used),
        V(memory_free), V(temperature), V(power), V(energy), V(interconnect) (a list, one of them does), and for labels V(device), V(pod)
        and V(namespace).
      - Utilisation is in percent, memory in MiB.
    type: dict
    default: {}
  load_image:
    description:
      - Image of the pods that work their accelerators. O(probe_image) when empty.
    type: str
    default: ""
  load_cpu:
    description:
      - Processor that the pod which works asks for and may use at most, a Kubernetes quantity such as V(250m). Next to none of its own and
        no limit when empty.
      - A program that feeds an accelerator needs some. Where accelerators are simulated, the load is a part of this, so that a busy
        processor does not make it smaller.
    type: str
    default: ""
  load_script:
    description:
      - What such a pod does, for C(sh -c). It must use at least O(memory_mib) of the accelerator's memory and end by itself.
      - The default loads a processor, which is what works where accelerators are simulated. A real accelerator needs a program of its
        vendor here, and O(load_image) to hold it.
    type: str
    default: timeout 180 sh -c 'while :; do dd if=/dev/zero of=/dev/null bs=64M count=64; done'
  idle_percent:
    description:
      - An accelerator whose utilisation is at most this many percent is idle.
    type: float
    default: 10.0
  busy_percent:
    description:
      - One whose utilisation is at least this many percent works.
    type: float
    default: 30.0
  memory_mib:
    description:
      - By how many MiB the memory in use must grow under load.
    type: float
    default: 32.0
  react_seconds:
    description:
      - By when a load, or its end, must show in the metrics. An exporter that measures every 30 seconds needs 60 and more.
    type: float
    default: 90.0
  quiet_seconds:
    description:
      - For how long nothing must show where nothing works, in controls.
    type: float
    default: 45.0
  fresh_seconds:
    description:
      - By when a series of every accelerator must have moved.
    type: float
    default: 60.0
attributes:
  check_mode:
    support: partial
  diff_mode:
    support: none
  idempotent:
    support: full
extends_documentation_fragment:
  - ailab.conformance.attributes
  - ailab.conformance.attributes.verify
  - ailab.conformance.cluster
  - ailab.conformance.verify
  - ailab.conformance.monitoring
seealso:
  - module: ailab.conformance.conformance_run
  - module: ailab.conformance.conformance_replay
  - name: dcgm-exporter
    description: Names and labels of the metrics.
    link: https://github.com/NVIDIA/dcgm-exporter
"""

EXAMPLES = r"""
- name: Prove that every accelerator has metrics
  ailab.conformance.verify_accelerator_metrics:
    run_dir: "{{ opened.run_dir }}"
    kubeconfig: ~/.kube/config

- name: Prove it of another exporter
  ailab.conformance.verify_accelerator_metrics:
    run_dir: "{{ opened.run_dir }}"
    exporter_namespace: kube-system
    exporter_selector: app=accelerator-exporter
    metric_names:
      utilization: accelerator_busy_percent
      device: uuid
"""

RETURN = r"""
verdict:
  description: Of the requirement.
  returned: when the checks could start
  type: str
  sample: pass
reason:
  description: Stable code of the reason.
  returned: when the checks could start
  type: str
  sample: all-passed
sentence:
  description: The reason in words. What, found, expected, where to look.
  returned: when the checks could start
  type: str
  sample: 7 mandatory checks passed, all their controls flipped, nothing was left behind
fidelity:
  description:
    - What the evidence was taken from, V(real), V(partial) or V(simulated), told by the marks in the evidence.
  returned: when the checks could start
  type: str
  sample: simulated
requirement:
  description: The requirement as it is in the run directory.
  returned: when the checks could start
  type: dict
  sample:
    id: accelerator_metrics
    category: observability
    level: MUST
    verdict: pass
    controls:
      total: 11
      flipped: 11
checks:
  description: One entry for each check that was run.
  returned: when the checks could start
  type: list
  elements: dict
  sample:
    - id: AM-06
      title: load moves utilisation and memory
      mandatory: true
      verdict: pass
      reason: load-seen
      fidelity: simulated
      seconds: 3.2
  contains:
    id:
      description: Name in the check list.
      returned: always
      type: str
      sample: AM-06
    title:
      description: The check in a few words.
      returned: always
      type: str
      sample: load moves utilisation and memory
    mandatory:
      description: Whether the requirement needs it.
      returned: always
      type: bool
      sample: true
    verdict:
      description: Of the check.
      returned: always
      type: str
      sample: pass
    reason:
      description: Stable code of the reason.
      returned: always
      type: str
      sample: load-seen
    sentence:
      description: The reason in words.
      returned: always
      type: str
      sample: "GPU-5c1e: 0 % before, 98 % and 64 MiB more under load, 0 % afterwards"
    fidelity:
      description: What its evidence was taken from.
      returned: always
      type: str
      sample: simulated
    seconds:
      description: From its first observation to its last.
      returned: always
      type: float
      sample: 3.2
    control:
      description: Its negative control.
      returned: always
      type: dict
      sample:
        kind: live
        verdict: fail
        reason: load-not-seen
        expected_reason: load-not-seen
        flipped: true
        sentence: GPU-5c1e went from 0 to 0 % under load, expected at least 30
withheld:
  description: Ids of the checks that were not run because they make objects. Empty but in check mode.
  returned: when the checks could start
  type: list
  elements: str
  sample: []
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._checks.accelerator_metrics.suite import SUITE
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verify_task import verify_entry


def main() -> NoReturn:
    entry = verify_entry(SUITE)
    module = AnsibleModule(argument_spec=dict(entry.argument_spec), supports_check_mode=True)
    entry.conclude(module)


if __name__ == "__main__":
    main()
