# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made is noted first, removed by label and UID, and seen to be gone; nothing else is touched."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import SystemClock
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError, UnreachableError
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.transport import Transport
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds, manifests
from ansible_collections.ailab.conformance.plugins.module_utils._platform.identity import RUN_LABEL, Identity
from ansible_collections.ailab.conformance.plugins.module_utils._platform.ledger import Entry, FileLedger, NoLedger, Step, entries
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Exactly
from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import LOOKING, PROBES, WORKING
from ansible_collections.ailab.conformance.plugins.module_utils._platform.removal import find
from ansible_collections.ailab.conformance.plugins.module_utils._platform.rights import MissingRightsError, require
from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import Settings
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workspace import Workspace

JSON = Any
RUN = "20261122T053000Z-1a2b3c"
SPACE = "ai-conformance-dra-support-1a2b3c"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


@contextlib.contextmanager
def _impatient(api: Any) -> Iterator[Cluster]:
    """A cluster that is given up soon."""
    with contextlib.closing(Transport.to(api.address)) as transport:
        yield Cluster(transport=transport, clock=SystemClock(), patience=0.2)


def pod(name: str) -> Entry:
    """A pod's entry."""
    return Entry(requirement="r", kind="Pod", api="v1", plural="pods", namespace="n", name=name)


def workspace(cluster: Cluster, ledger: Path, *, cleanup: float = 2.0, start: float = 2.0) -> Workspace:
    settings = Settings(
        device_class="gpu.nvidia.com",
        probe_image="i",
        tolerations=(),
        accelerator_label="a=b",
        accelerator_resource="r",
        namespace_prefix="ai-conformance",
        start_seconds=start,
        settle_seconds=0.5,
        cleanup_seconds=cleanup,
    )
    identity = Identity(run_id=RUN, requirement="dra_support")
    return Workspace(cluster=cluster, identity=identity, settings=settings, ledger=FileLedger(ledger))


def test_everything_made_is_removed_and_nothing_else(api: Any, cluster: Cluster, ledger: Path) -> None:
    api.put("Namespace", "theirs", metadata={"labels": {RUN_LABEL: RUN}})
    with workspace(cluster, ledger) as space:
        assert space.namespace == SPACE
        space.create(manifests.claim(Exactly(device_class="c")), name="claim")
        space.create(manifests.device_class("true"), name="class-1a2b3c")
        assert {item["metadata"]["labels"][RUN_LABEL] for item in api.of_kind("DeviceClass")} == {RUN}
    assert space.leaked == ()
    assert space.problem is None
    assert [item["metadata"]["name"] for item in api.of_kind("Namespace")] == ["kube-system", "theirs"]
    assert api.of_kind("DeviceClass") == api.of_kind("ResourceClaim") == []
    assert entries(ledger) == []


def test_the_ledger_is_written_before_the_object_exists(api: Any, cluster: Cluster, ledger: Path) -> None:
    noted: list[list[Entry]] = []

    def look(method: str, path: str, _body: JSON) -> None:
        if method == "POST" and path == "/api/v1/namespaces":
            noted.append(entries(ledger))

    api.intercept = look
    with workspace(cluster, ledger):
        pass
    assert [(entry.kind, entry.name, entry.uid) for entry in noted[0]] == [("Namespace", SPACE, "")]


def test_a_name_that_exists_is_never_adopted(api: Any, cluster: Cluster, ledger: Path) -> None:
    theirs = api.put("Namespace", SPACE)
    with pytest.raises(ConformanceError, match="already exists"), workspace(cluster, ledger):
        pytest.fail("somebody else's namespace was used")
    assert api.of_kind("Namespace")[0]["metadata"]["uid"] == theirs["metadata"]["uid"]
    assert entries(ledger) == []


def test_an_object_replaced_by_somebody_is_left_alone(api: Any, cluster: Cluster, ledger: Path) -> None:
    with workspace(cluster, ledger) as space:
        space.create(manifests.device_class("true"), name="class-1a2b3c")
        api.remove("DeviceClass", "class-1a2b3c")
        api.put("DeviceClass", "class-1a2b3c", metadata={"labels": {RUN_LABEL: RUN}})
    assert len(api.of_kind("DeviceClass")) == 1
    assert space.leaked == ()


def test_an_object_that_lost_its_label_is_left_alone_and_named(api: Any, cluster: Cluster, ledger: Path) -> None:
    with workspace(cluster, ledger, cleanup=0.3) as space:
        space.create(manifests.device_class("true"), name="class-1a2b3c")
        api.objects["DeviceClass", "", "class-1a2b3c"]["metadata"]["labels"] = {}
    assert len(api.of_kind("DeviceClass")) == 1
    assert [entry.name for entry in space.leaked] == ["class-1a2b3c"]


def test_what_does_not_go_is_named_and_only_that(api: Any, cluster: Cluster, ledger: Path) -> None:
    api.keeps = lambda item: item["kind"] == "DeviceClass"
    with workspace(cluster, ledger, cleanup=0.3) as space:
        space.create(manifests.device_class("true"), name="class-1a2b3c")
        space.create(manifests.claim(Exactly(device_class="c")), name="claim")
    assert [(entry.kind, entry.name) for entry in space.leaked] == [("DeviceClass", "class-1a2b3c")]
    assert space.problem is None
    assert [entry.name for entry in entries(ledger)] == ["class-1a2b3c"]


def test_a_server_that_goes_away_leaves_a_list_of_what_may_be_left(api: Any, ledger: Path) -> None:
    with _impatient(api) as cluster, workspace(cluster, ledger, cleanup=0.5) as space:
        api.stop()
    assert isinstance(space.problem, UnreachableError)
    assert [entry.name for entry in space.leaked] == [SPACE]
    assert [entry.name for entry in entries(ledger)] == [SPACE]


def test_a_creation_whose_answer_was_lost_is_removed_by_its_name_and_label(api: Any, ledger: Path) -> None:
    with _impatient(api) as cluster, workspace(cluster, ledger) as space:
        real = api.created

        def vanish(item: JSON) -> None:
            real(item)
            if item["kind"] == "DeviceClass":
                raise ConnectionAbortedError

        api.created = vanish
        with pytest.raises(UnreachableError):
            space.create(manifests.device_class("true"), name="class-1a2b3c")
        assert len(api.of_kind("DeviceClass")) == 1
        assert [entry.uid for entry in entries(ledger) if entry.kind == "DeviceClass"] == [""]
    assert api.of_kind("DeviceClass") == []
    assert space.leaked == ()


def test_a_namespace_without_service_account_is_explained_and_removed(api: Any, cluster: Cluster, ledger: Path) -> None:
    api.created = lambda _item: None
    with pytest.raises(ConformanceError, match="kube-controller-manager"), workspace(cluster, ledger, start=0.3):
        pytest.fail("the namespace was used")
    assert [item["metadata"]["name"] for item in api.of_kind("Namespace")] == ["kube-system"]


def test_nothing_is_made_when_the_ledger_cannot_be_written(api: Any, cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="ledger"), workspace(cluster, tmp_path / "missing" / "ledger.jsonl"):
        pytest.fail("something was made")
    assert not [path for method, path in api.requests if method == "POST"]


def test_check_mode_has_no_ledger_and_so_makes_nothing() -> None:
    with pytest.raises(PermissionError, match="nothing may be created"):
        NoLedger().note(Step.INTENT, pod("p"))


def test_the_last_line_of_a_killed_process_does_not_hide_the_others(ledger: Path) -> None:
    file = FileLedger(ledger)
    first = pod("one")
    file.note(Step.INTENT, first)
    with ledger.open("a", encoding="utf-8") as raw:
        raw.write('{"step": "inte')
    assert entries(ledger) == [first]


def test_many_writers_share_a_ledger(ledger: Path) -> None:
    def write(name: str) -> None:
        for number in range(20):
            FileLedger(ledger).note(
                Step.INTENT, Entry(requirement="r", kind="Pod", api="v1", plural="pods", namespace="n", name=f"{name}-{number}")
            )

    threads = [threading.Thread(target=write, args=(f"t{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(entries(ledger)) == 160


def test_another_runs_object_is_not_found(api: Any, cluster: Cluster) -> None:
    api.put("DeviceClass", "class", metadata={"uid": "u", "labels": {RUN_LABEL: "another"}})
    entry = Entry(
        requirement="r", kind="DeviceClass", api="resource.k8s.io/v1", plural="deviceclasses", namespace="", name="class", uid="u"
    )
    assert find(cluster, entry, run_id=RUN) is None
    assert find(cluster, entry, run_id="another") is not None


def test_missing_rights_are_all_named_before_anything_is_made(api: Any, cluster: Cluster) -> None:
    def review(_method: str, path: str, body: JSON) -> Any:
        if not path.endswith("selfsubjectaccessreviews"):
            return None
        wanted = body["spec"]["resourceAttributes"]
        refused = wanted["subresource"] == "exec" or (wanted["verb"], wanted["resource"]) == ("delete", "namespaces")
        return 201, {**body, "status": {"allowed": not refused}}

    api.intercept = review
    with pytest.raises(MissingRightsError) as caught:
        require(cluster, (WORKING + PROBES).all_rights(), namespace=SPACE)
    assert "delete namespaces" in caught.value.found
    assert "create pods/exec" in caught.value.found
    assert {method for method, _ in api.requests} == {"POST"}


def test_looking_needs_no_right_to_make_anything() -> None:
    assert {right.verb for right in LOOKING.all_rights()} == {"get", "list", "watch"}
    assert set((WORKING + PROBES).all_rights()) > set(LOOKING.all_rights())


def test_kinds_know_their_paths() -> None:
    assert kinds.POD.path(name="p", namespace="n") == "/api/v1/namespaces/n/pods/p"
    assert kinds.DEVICE_CLASS.path(name="c") == "/apis/resource.k8s.io/v1/deviceclasses/c"
    assert kinds.RESOURCE_CLAIM.collection() == "/apis/resource.k8s.io/v1/resourceclaims"
