# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""kkp_ssh_key."""

from __future__ import annotations

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.cluster_task import TASK as CLUSTER
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.errors import KkpApiError, OptionError
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.project_task import TASK as PROJECT
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.ssh_key_task import TASK

from tests.unit.plugins.kkp.fake_kkp import Fault, envelope
from tests.unit.plugins.kkp.harness import Bench

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE one@example.com"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF one@example.com"
HERE = {"project": "ai-platform", "name": "operations"}


@pytest.fixture
def owner(user: Bench) -> Bench:
    """Somebody with a cluster."""
    user.run(PROJECT, name="ai-platform")
    user.run(CLUSTER, project="ai-platform", name="gpu-prod", version="1.34", datacenter="os-fra", provider="openstack", wait=False)
    return user


def test_a_key_is_stored_and_assigned_once(owner: Bench) -> None:
    result = owner.run(TASK, **HERE, public_key=KEY, clusters=["gpu-prod"])
    assert [change["before_header"] for change in result["diff"]] == ["SSH key operations", "SSH keys of cluster gpu-prod"]
    again = owner.run(TASK, **HERE, public_key=KEY.replace("one@", "two@"), clusters=["gpu-prod"])
    assert not again["changed"]
    assert len(owner.kkp.asked("PUT", "/sshkeys/")) == 1


def test_check_mode_sends_reads_only(owner: Bench) -> None:
    before = len(owner.kkp.changes)
    assert len(owner.run(TASK, check=True, **HERE, public_key=KEY, clusters=["gpu-prod", "later"])["diff"]) == 3
    assert owner.run(TASK, check=True, project="later", name="operations", public_key=KEY)["changed"]
    assert len(owner.kkp.changes) == before


def test_another_key_under_the_name_is_replaced_only_where_asked(owner: Bench) -> None:
    owner.run(TASK, **HERE, public_key=KEY)
    with pytest.raises(OptionError, match="another key under that name.*KKP cannot change a key"):
        owner.run(TASK, **HERE, public_key=OTHER)
    result = owner.run(TASK, **HERE, public_key=OTHER, replace=True, clusters=["gpu-prod"])
    assert result["ssh_key"]["public_key"] == OTHER
    assert not owner.run(TASK, **HERE, public_key=OTHER, clusters=["gpu-prod"])["changed"]


def test_it_goes_and_stays_away(owner: Bench) -> None:
    owner.run(TASK, **HERE, public_key=KEY)
    assert owner.run(TASK, **HERE, state="absent")["changed"]
    assert not owner.run(TASK, **HERE, state="absent")["changed"]


@pytest.mark.parametrize(
    ("key", "message"),
    [("-----BEGIN OPENSSH PRIVATE KEY-----\nabc", "found a private key"), ("nonsense", "a text that is no public key")],
)
def test_what_is_no_public_key_never_leaves_the_machine(owner: Bench, key: str, message: str) -> None:
    before = len(owner.kkp.exchanges)
    with pytest.raises(OptionError, match=message):
        owner.run(TASK, **HERE, public_key=key)
    assert len(owner.kkp.exchanges) == before


def test_kkps_refusal_to_assign_reaches_the_user(owner: Bench) -> None:
    said = envelope(500, "the given ssh key k does not belong to the given project ai-platform (p000000001)")
    owner.kkp.faults.append(Fault(method="PUT", path="/sshkeys/", status=500, content=said))
    with pytest.raises(KkpApiError, match="does not belong to the given project"):
        owner.run(TASK, **HERE, public_key=KEY, clusters=["gpu-prod"])
