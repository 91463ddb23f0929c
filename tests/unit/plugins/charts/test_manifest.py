# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a chart renders to, read, filtered and compared."""

from __future__ import annotations

import subprocess
import sys

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._charts import post_renderer
from ansible_collections.ailab.conformance.plugins.module_utils._charts.manifest import (
    MalformedManifestError,
    difference,
    objects,
    workloads,
)
from ansible_collections.ailab.conformance.plugins.module_utils._charts.post_renderer import mirrored, rendered
from ansible_collections.ailab.conformance.plugins.module_utils._charts.release import MalformedReleaseError, release_of

from tests.unit.plugins.charts.workshop import CHART, CRD, OWNER, release_secret

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {token: %s}\n"


def test_crds_are_left_out_and_the_rest_stays_as_it_is() -> None:
    kept = rendered(CHART, registry="")
    assert [item.kind for item in objects(kept)] == ["ClusterRole", "Deployment"]
    assert "image: registry.k8s.io/queue:v1" in kept


def test_a_chart_of_crds_alone_does_not_render_to_nothing() -> None:
    assert rendered(CRD, registry="").strip()
    assert objects(rendered(CRD, registry="")) == []


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("busybox", "r.example/m/docker.io/library/busybox"),
        ("kueue/kueue:v1", "r.example/m/docker.io/kueue/kueue:v1"),
        ("registry.k8s.io/kueue/kueue:v1", "r.example/m/registry.k8s.io/kueue/kueue:v1"),
        ("localhost:5000/x@sha256:abc", "r.example/m/localhost:5000/x@sha256:abc"),
        ("r.example/m/docker.io/library/busybox", "r.example/m/docker.io/library/busybox"),
    ],
)
def test_an_image_is_found_below_the_registry_under_its_whole_name(image: str, name: str) -> None:
    assert mirrored(image, registry="r.example/m") == name
    assert mirrored(image, registry="") == image


def test_only_workloads_have_their_images_changed() -> None:
    policy = "apiVersion: nvidia.com/v1\nkind: ClusterPolicy\nmetadata: {name: p}\nspec:\n  driver:\n    image: driver\n"
    changed = rendered(f"---\n{policy}---\n{CHART}", registry="r.example")
    assert "image: driver\n" in changed
    assert "image: r.example/registry.k8s.io/queue:v1\n" in changed


@pytest.mark.parametrize("line", ["        - image: busybox", '          image: "busybox"', "          image: 'busybox'"])
def test_an_image_is_found_however_it_is_written(line: str) -> None:
    assert "r.example/docker.io/library/busybox" in rendered(f"kind: Pod\nspec:\n{line}\n", registry="r.example")


def test_the_filter_is_a_program() -> None:
    done = subprocess.run([sys.executable, post_renderer.__file__], input=CHART, capture_output=True, text=True, check=True)
    assert done.stdout == rendered(CHART, registry="")


def test_lists_are_taken_apart() -> None:
    role = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "%s"}}'
    listed = f'{{"apiVersion": "v1", "kind": "ConfigMapList", "items": [{role % "a"}, {role % "b"}]}}'
    assert [str(item) for item in objects(listed)] == ["ConfigMap a", "ConfigMap b"]


@pytest.mark.parametrize("text", ["kind: [", "kind: ConfigMap\n", "- a\n"])
def test_what_is_no_manifest_is_told(text: str) -> None:
    with pytest.raises(MalformedManifestError):
        objects(text)


def test_a_secret_changes_and_is_not_shown() -> None:
    (entry,) = difference(objects(SECRET % "old-one"), objects(SECRET % "new-one"))
    assert entry["before"] != entry["after"]
    assert "old-one" not in entry["before"]
    assert "new-one" not in entry["after"]


def test_what_is_the_same_is_not_in_the_difference() -> None:
    assert difference(objects(CHART), objects(CHART)) == []


def test_workloads_without_pods_are_not_waited_for() -> None:
    idle = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: idle}\nspec: {replicas: 0}\n"
    found = workloads(objects(f"---\n{idle}---\n{CHART}"), namespace=OWNER.namespace)
    assert [str(want) for want in found] == ["Deployment queue-system/controller"]


def test_a_release_is_read_as_helm_wrote_it() -> None:
    secret = release_secret(manifest=CHART, revision=3)
    release = release_of({**secret, "metadata": {**secret["metadata"], "name": "x", "namespace": "queue-system"}})
    assert (release.name, release.revision, release.status, release.chart, release.version) == ("queue", 3, "deployed", "queue", "1.0.0")
    assert release.manifest == CHART
    assert release.fingerprint == ""


@pytest.mark.parametrize("data", [{}, {"release": "bm8="}, {"release": "!"}])
def test_what_helm_did_not_write_is_told(data: dict[str, str]) -> None:
    with pytest.raises(MalformedReleaseError):
        release_of({"metadata": {"name": "x", "namespace": "y"}, "data": data})
