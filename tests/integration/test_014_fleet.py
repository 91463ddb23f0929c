# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""More hosts in the inventory are more user clusters, made side by side; and nothing secret is told on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.integration.standing import POOLS, STATE, Lab, Play, kubeconfig
from tests.integration.workloads import IMAGE

pytestmark = pytest.mark.integration

FLEET = ("left", "right")
SECRET = "not-to-be-told-4f1c"
VARIABLES: dict[str, Any] = {
    "kkp_user_cluster_pools": [{"name": "cpu", "replicas": 1, "machine": {"flavor": "lab.cpu", "image": "lab-node"}}],
    "kkp_user_cluster_cloud_credentials": {"applicationCredentialID": "fleet", "applicationCredentialSecret": SECRET},
}


@pytest.fixture(scope="module")
def fleet(lab: Lab) -> Iterator[Play]:
    """Two more clusters beside the lab's, made by one run that talks as much as it can."""
    inventory = lab.more(dict.fromkeys(FLEET, VARIABLES))
    yield lab.play("playbooks/user_cluster.yml", "-vvv", "--diff", *inventory)
    gone = lab.play("playbooks/destroy.yml", "--tags=user_cluster", f"--limit={','.join(FLEET)}", *inventory)
    assert sorted(gone.changed) == list(FLEET)
    assert [found["name"] for found in lab.clusters()] == ["lab"]
    assert not any(kubeconfig(name).exists() for name in FLEET)
    assert len(lab.get("nodes")["items"]) == 1 + len(POOLS)


def made_between(lab: Lab, name: str) -> tuple[str, str]:
    """When a cluster was asked for, and when its control plane was there (RFC 3339, to the second)."""
    (cluster,) = [found for found in lab.clusters() if found["name"] == name]
    events = lab.api(f"/api/v2/projects/{lab.project}/clusters/{cluster['id']}/events")
    (made,) = [event["creationTimestamp"] for event in events if event["message"].startswith("control plane created")]
    return cluster["creationTimestamp"], made


def test_two_clusters_are_made_at_the_same_time_and_the_third_stays_as_it_is(lab: Lab, fleet: Play) -> None:
    assert sorted(fleet.changed) == list(FLEET)
    (left_asked, left_made), (right_asked, right_made) = (made_between(lab, name) for name in FLEET)
    assert max(left_asked, right_asked) < min(left_made, right_made)
    # One alone has a minute.
    assert fleet.seconds_alone < 90


@pytest.mark.usefixtures("fleet")
def test_each_has_a_control_plane_of_its_own(lab: Lab) -> None:
    names = ("lab", *FLEET)
    opened = [yaml.safe_load(kubeconfig(name).read_text())["clusters"][0]["cluster"] for name in names]
    assert len({found["server"] for found in opened}) == len(names)
    assert len({found["certificate-authority-data"] for found in opened}) == len(names)
    for name in FLEET:
        nodes = [node["metadata"]["name"] for node in lab.get("nodes", "--sort-by=.metadata.creationTimestamp", cluster=name)["items"]]
        assert nodes[0] == f"{lab.cluster_id(name)}-control-plane"
        assert len(nodes) == 2
        lab.kubectl("run", "p", f"--image={IMAGE}", "--restart=Never", "--", "sleep", "600", cluster=name)
        lab.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "pod/p", cluster=name)
    assert len({lab.get("pod", "p", cluster=name)["status"]["podIP"] for name in FLEET}) == 2
    assert "NotFound" in lab.kubectl("get", "pod", "p", expect=1)


@pytest.mark.usefixtures("fleet")
def test_the_fleet_again_changes_nothing(lab: Lab) -> None:
    assert lab.play("playbooks/user_cluster.yml", "--diff", *lab.more(dict.fromkeys(FLEET, VARIABLES))).changed == []


def secrets(lab: Lab) -> dict[str, str]:
    """Everything of the lab that opens something, by what it is."""
    found = {"administrator's token": (STATE / "kkp/admin.token").read_text(), "signing key": (STATE / "kkp/signing.key").read_text()}
    for name in ("lab", *FLEET):
        (user,) = yaml.safe_load(kubeconfig(name).read_text())["users"]
        found[f"key of {name}"] = user["user"]["client-key-data"]
        record = json.loads((STATE / "clusters" / lab.cluster_id(name) / "cluster.json").read_text())
        found[f"join token of {name}"] = record["token"]
    return {**found, "cloud credential": SECRET}


def test_no_secret_is_in_any_output_log_run_or_report(lab: Lab, fleet: Play) -> None:
    assert "task path: " in fleet.output
    texts = {f"output of {play.playbook} {play.words}": play.output for play in lab.plays}
    files = [*(STATE / "log").iterdir(), *(STATE / "nodes").glob("*/log/*"), *lab.work.rglob("*")]
    texts |= {str(path): path.read_text(errors="replace") for path in files if path.is_file() and path.name != "more.yml"}
    assert [(what, place) for what, secret in secrets(lab).items() for place, text in texts.items() if secret.strip() in text] == []


@pytest.mark.usefixtures("fleet")
def test_what_opens_something_is_its_owner_s_alone(lab: Lab) -> None:
    kept = secrets(lab)
    files = [path for path in STATE.rglob("*") if path.is_file() and path.stat().st_mode & 0o077 and path.stat().st_size < 1 << 20]
    assert [(what, str(path)) for path in files for what, secret in kept.items() if secret.strip().encode() in path.read_bytes()] == []
    assert not any(path.stat().st_mode & 0o077 for path in [*(STATE / "kkp").iterdir(), *(kubeconfig(name) for name in FLEET)])
