# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All operations of the API."""

from __future__ import annotations

from lab.kkp_api import (
    accounts,
    applications,
    cluster_metrics,
    clusters,
    lab_routes,
    machine_deployments,
    monitoring,
    places,
    presets,
    projects,
    quotas,
    ssh_keys,
)

KKP = (
    *places.OPERATIONS,
    *projects.OPERATIONS,
    *accounts.OPERATIONS,
    *ssh_keys.OPERATIONS,
    *presets.OPERATIONS,
    *clusters.OPERATIONS,
    *cluster_metrics.OPERATIONS,
    *machine_deployments.OPERATIONS,
    *applications.OPERATIONS,
    *monitoring.OPERATIONS,
    *quotas.OPERATIONS,
)
ALL = (*KKP, *lab_routes.OPERATIONS)
