# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there is to choose from: seeds, datacenters, versions, sizes; and the caller's own account (kkp.md 1.4)."""

from __future__ import annotations

from lab.kkp_api import access, flavors
from lab.kkp_api.calls import JSON, Call, Operation, Reply
from lab.kkp_api.cluster_spec import PROVIDER
from lab.kkp_api.refusals import not_found
from lab.kkp_api.services import Services

# The version of KKP's API that this one was held against (its OpenAPI document). That it is no KKP is said in every reply's header.
API_VERSION = "v2.29.0"


def datacenter(services: Services) -> JSON:
    """The lab's only datacenter: this machine, in the shape of an OpenStack region."""
    return {
        "metadata": {"name": services.datacenter},
        "spec": {
            "seed": services.seed,
            "country": "",
            "location": "this machine (ailab.conformance lab, simulated GPUs)",
            "provider": PROVIDER,
            PROVIDER: {
                "authURL": "",
                "availabilityZone": "lab",
                "region": "lab",
                "dnsServers": [],
                "images": {"ubuntu": "lab-node"},
                "enabledFlavors": list(flavors.NAMES),
                "enforceFloatingIP": False,
                "nodeSizeRequirements": {"minimumVCPUs": 0, "minimumMemory": 0},
            },
            "enforceAuditLogging": False,
            "enforcePodSecurityPolicy": False,
            "ipv6Enabled": False,
            "node": {},
        },
    }


def _datacenters(services: Services, _call: Call) -> Reply:
    return Reply(services.store.all("datacenter"))


def _of_provider(services: Services, call: Call) -> Reply:
    return Reply([one for one in services.store.all("datacenter") if one["spec"]["provider"] == call.path["provider_name"]])


def _of_seed(services: Services, call: Call) -> Reply:
    _seed(services, call)
    return Reply(services.store.all("datacenter"))


def _datacenter(services: Services, call: Call) -> Reply:
    found = services.store.get("datacenter", call.path["dc"])
    if found is None or call.path.get("provider_name", PROVIDER) != PROVIDER:
        raise not_found("datacenter", call.path["dc"])
    return Reply(found)


def _seeds(services: Services, _call: Call) -> Reply:
    return Reply([services.seed])


def _seed(services: Services, call: Call) -> None:
    if call.path["seed_name"] != services.seed:
        raise not_found("seed", call.path["seed_name"])


def _seed_status(services: Services, _call: Call) -> Reply:
    return Reply([{"name": services.seed, "phase": "Healthy"}])


def _seed_settings(services: Services, call: Call) -> Reply:
    _seed(services, call)
    # No user-cluster MLA stack stands on this machine.
    return Reply({"mla": {"user_cluster_mla_enabled": False}, "metering": {"enabled": False}, "seedDNSOverwrite": ""})


def _versions(services: Services, _call: Call) -> Reply:
    newest = services.platform.versions[-1]
    return Reply([{"version": version, "default": version == newest} for version in services.platform.versions])


def _node_versions(services: Services, call: Call) -> Reply:
    limit = [int(number) for number in (call.query.get("control_plane_version") or services.platform.versions[-1]).split(".")]
    usable = [version for version in services.platform.versions if [int(number) for number in version.split(".")] <= limit]
    return Reply([{"version": version} for version in usable])


def _version(_services: Services, _call: Call) -> Reply:
    return Reply({"api": API_VERSION})


def _healthz(_services: Services, _call: Call) -> Reply:
    return Reply(b"", headers={"Content-Type": "text/plain"})


def _gates(_services: Services, _call: Call) -> Reply:
    return Reply({"openIDAuthPlugin": False, "oidcKubeCfgEndpoint": False, "operatingSystemManager": False, "disableUserSSHKey": True})


def _me(services: Services, call: Call) -> Reply:
    caller = call.caller
    if caller.account:
        account = services.store.get("serviceaccount", caller.account) or {}
        groups = [{"id": caller.project, "group": f"{account.get('group')}-{caller.project}"}]
        shown = {"id": caller.account, "name": account.get("name", ""), "creationTimestamp": account.get("creationTimestamp")}
        return Reply({**shown, "email": caller.email, "projects": groups})
    user = services.store.get("user", caller.email) or {}
    projects = [project["id"] for project in services.store.all("project")]
    groups = [{"id": key, "group": f"{group}-{key}"} for key in projects if (group := access.role(services, caller, key))]
    return Reply({**user, "projects": groups})


def _sizes(services: Services, call: Call) -> Reply:
    access.project(services, call, resource="projects")
    size = {"vcpus": flavors.VCPUS, "memory": flavors.MEMORY_MB, "disk": flavors.DISK_GB, "swap": 0, "region": "lab", "isPublic": True}
    return Reply([{"slug": name, **size} for name in flavors.NAMES])


OPERATIONS = (
    Operation("GET", "/api/v1/healthz", _healthz, is_public=True),
    Operation("GET", "/api/v1/version", _version),
    Operation("GET", "/api/v1/me", _me),
    Operation("GET", "/api/v1/dc", _datacenters),
    Operation("GET", "/api/v1/dc/{dc}", _datacenter),
    Operation("GET", "/api/v1/providers/{provider_name}/dc", _of_provider),
    Operation("GET", "/api/v1/providers/{provider_name}/dc/{dc}", _datacenter),
    Operation("GET", "/api/v1/seed", _seeds),
    Operation("GET", "/api/v1/seed/{seed_name}/dc", _of_seed),
    Operation("GET", "/api/v2/seeds/status", _seed_status),
    Operation("GET", "/api/v2/seeds/{seed_name}/settings", _seed_settings),
    Operation("GET", "/api/v1/upgrades/cluster", _versions),
    Operation("GET", "/api/v1/upgrades/node", _node_versions),
    Operation("GET", "/api/v2/providers/{provider_name}/versions", _versions),
    Operation("GET", "/api/v2/featuregates", _gates),
    Operation("GET", "/api/v2/projects/{project_id}/providers/openstack/sizes", _sizes),
)
