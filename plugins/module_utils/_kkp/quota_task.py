# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task kkp_quota_info. Quotas are part of KKP's Enterprise Edition; the Community Edition does not know the path."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from .client import segment
from .errors import KkpApiError
from .projects import Projects
from .scope import project_or_none
from .task import PROJECT_SPEC, Call, Outcome, Task

JSON = Any

_NOTHING = {"supported": False, "quota": {}, "used": {}, "free": {}, "calculation": {}}


def _work(call: Call) -> Outcome:
    project = project_or_none(call, Projects(call.api))
    if project is None:
        return Outcome(values=_NOTHING)
    path = f"/api/v2/projects/{segment(project.id)}"
    try:
        body = call.api.get(f"{path}/quota") or {}
    except KkpApiError as problem:
        if problem.status != HTTPStatus.NOT_FOUND:
            raise
        # No route: Community Edition. No quota: KKP's own "not found".
        return Outcome(values={**_NOTHING, "supported": problem.spoken})
    limits, used = body.get("quota") or {}, (body.get("status") or {}).get("globalUsage") or {}
    # A resource without a limit is not in the quota; a resource without use is not in the usage.
    free = {name: limit - used.get(name, 0) for name, limit in limits.items() if limit}
    values = {"supported": True, "quota": limits, "used": used, "free": free, "calculation": _calculated(call, path)}
    return Outcome(values=values)


def _calculated(call: Call, path: str) -> dict[str, JSON]:
    """What KKP says of a number of machines more. It changes nothing, although it is a POST."""
    wish = call.options["machines"]
    if not wish:
        return {}
    body = {"replicas": wish["replicas"], "diskSizeGB": wish["disk_size"]}
    body["openstackSize"] = {"vcpus": wish["vcpus"], "memory": wish["memory_mb"]}
    answer = call.api.post(f"{path}/quotacalculation", body) or {}
    return {"fits": not answer.get("message"), "message": answer.get("message") or "", "quota": answer.get("calculatedQuota") or {}}


TASK = Task(
    work=_work,
    options={
        **PROJECT_SPEC,
        "machines": {
            "type": "dict",
            "options": {
                "replicas": {"type": "int", "required": True},
                "vcpus": {"type": "int", "required": True},
                "memory_mb": {"type": "int", "required": True},
                "disk_size": {"type": "int", "default": 0},
            },
        },
    },
)
