# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options with which a task finds its cluster. Must be kept in sync with module_utils/_engine/cluster_options.py."""

from __future__ import annotations


class ModuleDocFragment:
    """Kubeconfig and context."""

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - Kubeconfig of the cluster.
      - By default the file that the environment variable E(KUBECONFIG) names, else C(~/.kube/config).
      - Certificates and keys inside it never reach a disk where the system can keep files in memory.
    type: path
  context:
    description:
      - Context of the kubeconfig. By default its current one.
    type: str
requirements:
  - kubernetes >= 31
"""
