# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules verify_*. Must be kept in sync with module_utils/_engine/verify_task.py."""

from __future__ import annotations


class ModuleDocFragment:
    """Where the evidence goes, what is asked for, and how long it may take."""

    DOCUMENTATION = r"""
options:
  run_dir:
    description:
      - Directory of an open run, as M(ailab.conformance.conformance_run) with O(ailab.conformance.conformance_run#module:state=opened)
        returned it. The evidence is written there.
      - Several verifications can use one run at the same time.
    type: path
    required: true
  device_class:
    description:
      - DeviceClass of the accelerators.
    type: str
    default: gpu.nvidia.com
  probe_image:
    description:
      - Image of the probe pods. It needs C(sh) and C(sleep); everything else that a probe uses is injected by the driver under test.
      - Pin it by digest where the evidence is to be submitted.
      - NVIDIA's own driver injects programs that are linked against the GNU C library, so the image needs that one there.
    type: str
    default: docker.io/library/busybox:1.36
  tolerations:
    description:
      - Tolerations of the probe pods, as in a Pod.
    type: list
    elements: dict
    default:
      - key: nvidia.com/gpu
        operator: Exists
        effect: NoSchedule
  accelerator_label:
    description:
      - Label, as V(key=value), of the nodes that have accelerators. A node that carries it must be served by a driver.
    type: str
    default: nvidia.com/gpu.present=true
  accelerator_resource:
    description:
      - Extended resource that a device plugin offers for the same accelerators. A node that offers it is the device plugin's, not DRA's.
    type: str
    default: nvidia.com/gpu
  namespace_prefix:
    description:
      - Start of the names of the namespaces that are made. The rest is the requirement and six random digits of the run.
    type: str
    default: ai-conformance
  start_seconds:
    description:
      - By when a probe pod must run. Where the platform says why it does not, the check does not wait that long.
    type: float
    default: 60.0
  settle_seconds:
    description:
      - How long a refusal must stand before it counts, whether it is expected or not.
      - The scheduler decides within milliseconds and again upon every change that matters. This only has to outlast a change that is on
        its way, such as a claim that is being released. A longer time proves no more.
    type: float
    default: 2.0
  cleanup_seconds:
    description:
      - By when everything that was made must be gone.
    type: float
    default: 60.0
  allocator:
    description:
      - Who gives out the accelerators of checks that work with either, V(dra) by claims, V(device_plugin) by O(accelerator_resource).
      - V(auto) takes DRA where O(device_class) has free devices, and the device plugin where only that one has.
    type: str
    choices:
      - auto
      - dra
      - device_plugin
    default: auto
  checks:
    description:
      - Ids of the checks to run, all by default. The requirement is V(not_run) when some were left out, unless one of the others fails.
    type: list
    elements: str
    default: []
  allow_disruptive:
    description:
      - Whether checks may run that disturb what runs on the cluster, such as restarting a controller. They say so, and are V(not_run)
        otherwise.
    type: bool
    default: false
  max_nodes_added:
    description:
      - How many nodes more there may be than when the requirement was begun, whoever has made them come. Beyond that no further check is
        started, and what was not started is V(not_run).
    type: int
    default: 1
  max_minutes:
    description:
      - After so many minutes no further check is started.
    type: float
    default: 30.0
  max_parallel:
    description:
      - How many sides of checks (a subject or a control each) go on at the same time, in all requirements of a run together. V(0) for as
        many as the accelerators allow.
      - A small cluster is overrun by dozens of pods that start at once, and what takes too long there proves nothing.
    type: int
    default: 0
  accept:
    description:
      - Verdicts with which the task succeeds.
    type: list
    elements: str
    choices:
      - pass
      - fail
      - inconclusive
      - not_run
      - error
    default:
      - pass
"""
