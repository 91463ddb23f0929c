# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource quotas of projects (an Enterprise feature of KKP; kkp.md 1.9): kept, and held against what the project's machines have."""

from __future__ import annotations

from lab.kkp_api import access, flavors
from lab.kkp_api.calls import JSON, Call, Operation, Reply, part
from lab.kkp_api.refusals import bad, exists, not_found
from lab.kkp_api.services import Services
from lab.kkp_api.user_cluster import MACHINES

_ALL = "/api/v2/quotas"
_ONE = f"{_ALL}/{{quota_name}}"
_PROJECT = "/api/v2/projects/{project_id}/quota"
_CALCULATION = "/api/v2/projects/{project_id}/quotacalculation"


def _used(services: Services, project: str) -> JSON:
    """What the machines of a project have, by their flavor."""
    count = 0
    for cluster in services.store.all("cluster", parent=project):
        api = services.platform.user_cluster(cluster["id"])
        if api is not None and services.platform.controllers_serve(cluster["id"]):
            count += len(api.items(f"{MACHINES}/machines"))
    return _times(count, cpu=flavors.VCPUS, memory=flavors.MEMORY_MB / 1024, storage=float(flavors.DISK_GB))


def _times(count: int, *, cpu: int, memory: float, storage: float) -> JSON:
    return {"cpu": count * cpu, "memory": count * memory, "storage": count * storage}


def _shown(services: Services, quota: JSON) -> JSON:
    used = _used(services, quota["subjectName"])
    project = services.store.get("project", quota["subjectName"])
    return {
        **quota,
        "isDefault": False,
        "subjectHumanReadableName": (project or {}).get("name", ""),
        "status": {"globalUsage": used, "localUsage": used},
    }


def _checked(quota: JSON) -> JSON:
    if unknown := set(quota) - {"cpu", "memory", "storage"}:
        raise bad(f"quota: unknown {', '.join(sorted(unknown))}; cpu, memory and storage are expected")
    if not all(isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 for value in quota.values()):
        raise bad("quota: numbers are expected")
    return quota


def _of_project(services: Services, call: Call) -> Reply:
    project = access.project(services, call, resource="resourcequotas")
    found = services.store.get("quota", f"project-{project['id']}")
    if found is None:
        raise not_found("resourcequotas.kubermatic.k8c.io", f"project-{project['id']}")
    return Reply(_shown(services, found))


def _calculate(services: Services, call: Call) -> Reply:
    project = access.project(services, call, resource="resourcequotas")
    body = call.document()
    size, replicas = part(body, "openstackSize"), body.get("replicas") or 0
    disk = float(body.get("diskSizeGB") or size.get("disk") or 0)
    more = _times(int(replicas), cpu=int(size.get("vcpus") or 0), memory=float(size.get("memory") or 0) / 1024, storage=disk)
    used = _used(services, project["id"])
    total = {key: used[key] + more[key] for key in used}
    found = services.store.get("quota", f"project-{project['id']}")
    over = [key for key, limit in (found or {"quota": {}})["quota"].items() if total[key] > limit]
    reply: JSON = {"calculatedQuota": total, "message": f"quota exceeded: {', '.join(over)}" if over else ""}
    return Reply({**reply, "resourceQuota": _shown(services, found)} if found else reply)


def _list(services: Services, call: Call) -> Reply:
    access.admin(call)
    name = call.query.get("subject_name")
    return Reply([_shown(services, one) for one in services.store.all("quota") if not name or one["subjectName"] == name])


def _create(services: Services, call: Call) -> Reply:
    access.admin(call)
    body = call.document()
    subject = str(body.get("subjectName") or "")
    if body.get("subjectKind") != "project" or services.store.get("project", subject) is None:
        raise bad("subjectKind project and the id of a project as subjectName are expected")
    name = f"project-{subject}"
    if services.store.get("quota", name):
        raise exists("resourcequotas.kubermatic.k8c.io", name)
    quota = {"name": name, "subjectKind": "project", "subjectName": subject, "quota": _checked(part(body, "quota"))}
    services.store.put("quota", name, quota, parent=subject)
    return Reply(status=201)


def _known(services: Services, call: Call) -> JSON:
    access.admin(call)
    found = services.store.get("quota", call.path["quota_name"])
    if found is None:
        raise not_found("resourcequotas.kubermatic.k8c.io", call.path["quota_name"])
    return found


def _get(services: Services, call: Call) -> Reply:
    return Reply(_shown(services, _known(services, call)))


def _update(services: Services, call: Call) -> Reply:
    known = _known(services, call)
    services.store.put("quota", known["name"], {**known, "quota": _checked(call.document())}, parent=known["subjectName"])
    return Reply()


def _delete(services: Services, call: Call) -> Reply:
    services.store.delete("quota", _known(services, call)["name"])
    return Reply()


OPERATIONS = (
    Operation("GET", _PROJECT, _of_project),
    Operation("POST", _CALCULATION, _calculate),
    Operation("GET", _ALL, _list),
    Operation("POST", _ALL, _create),
    Operation("GET", _ONE, _get),
    Operation("PUT", _ONE, _update),
    Operation("DELETE", _ONE, _delete),
)
