# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that ask a monitoring system. Must be kept in sync with module_utils/_checks/monitored.py."""

from __future__ import annotations


class ModuleDocFragment:
    """Where the monitoring system answers."""

    DOCUMENTATION = r"""
options:
  monitoring_namespace:
    description:
      - Namespace of the monitoring system's Service. It is asked through the API server.
    type: str
    default: monitoring
  monitoring_service:
    description:
      - Name of that Service, which speaks Prometheus' HTTP API.
    type: str
    default: prometheus
  monitoring_port:
    description:
      - Number or name of its port.
    type: str
    default: "9090"
  monitoring_path:
    description:
      - What stands before C(/api/v1), such as V(/prometheus) of Cortex and Mimir.
    type: str
    default: ""
  monitoring_scheme:
    description:
      - Whether the Service wants TLS.
    type: str
    choices:
      - http
      - https
    default: http
"""
