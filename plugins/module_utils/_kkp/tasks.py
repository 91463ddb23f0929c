# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All tasks by the names of their modules."""

from __future__ import annotations

from collections.abc import Mapping

from . import (
    application_task,
    cluster_task,
    definition_task,
    info_tasks,
    kubeconfig_task,
    machine_deployment_task,
    mla_task,
    preset_task,
    project_task,
    quota_task,
    service_account_task,
    ssh_key_task,
)
from .task import Task

TASKS: Mapping[str, Task] = {
    "kkp_application": application_task.TASK,
    "kkp_application_definition": definition_task.TASK,
    "kkp_application_definition_info": definition_task.INFO,
    "kkp_cluster": cluster_task.TASK,
    "kkp_cluster_info": info_tasks.CLUSTER_INFO,
    "kkp_datacenter_info": info_tasks.DATACENTER_INFO,
    "kkp_kubeconfig": kubeconfig_task.TASK,
    "kkp_machine_deployment": machine_deployment_task.TASK,
    "kkp_machine_deployment_info": info_tasks.MACHINE_DEPLOYMENT_INFO,
    "kkp_mla": mla_task.TASK,
    "kkp_preset": preset_task.TASK,
    "kkp_project": project_task.TASK,
    "kkp_quota_info": quota_task.TASK,
    "kkp_service_account": service_account_task.TASK,
    "kkp_ssh_key": ssh_key_task.TASK,
    "kkp_version_info": info_tasks.VERSION_INFO,
}
