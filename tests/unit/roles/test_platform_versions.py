# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pinned versions fit each other, and what the lab builds is what is pinned."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.ailab.conformance.plugins.filter.version_set import version_references, version_set

from lab.errors import LabError
from lab.images.builder import Builder
from lab.images.catalog import PLATFORM
from lab.images.charts import CHARTS
from lab.images.contents import IMAGES
from lab.images.programs import ENVOY_VERSION, PROGRAMS
from lab.settings import KUBERNETES_VERSION, default_cache_dir

ROOT = Path(__file__).resolve().parents[3]
SETS: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "roles/platform_versions/vars/main.yml").read_text())["__platform_versions_sets"]
LAB_SET = SETS[KUBERNETES_VERSION.removeprefix("v").rpartition(".")[0]]
# Manifests for which upstream publishes no chart, or one that the lab has no source of.
FOLDERS = re.compile(r"-(manifests|crds)$")

# No role installs these: programs of the lab, and what checks send requests from.
OTHERS = ("lab.", "docker.io/curlimages/curl:")

minors = pytest.mark.parametrize("minor", SETS)


def images(versions: dict[str, Any]) -> set[str]:
    return {f"{image['repository']}:{image['tag']}" for role in versions.values() for image in role["images"].values()}


def charts(versions: dict[str, Any]) -> dict[str, str]:
    return {name: chart["version"] for role in versions.values() for name, chart in role["charts"].items()}


@minors
def test_every_set_has_the_same_roles_charts_and_images(minor: str) -> None:
    def shape(versions: dict[str, Any]) -> dict[str, Any]:
        return {role: {kind: sorted(entries) for kind, entries in parts.items()} for role, parts in versions.items()}

    assert shape(SETS[minor]) == shape(LAB_SET)
    assert all((ROOT / "roles" / role).is_dir() for role in SETS[minor])


@minors
def test_every_entry_is_complete_and_nothing_moves(minor: str) -> None:
    for role in SETS[minor].values():
        for chart in role["charts"].values():
            assert set(chart) == {"repository", "version"}
            assert re.match(r"(oci|https)://", chart["repository"])
            assert re.fullmatch(r"v?\d+\.\d+\.\d+", chart["version"])
        for image in role["images"].values():
            assert set(image) == {"repository", "tag"}
            assert isinstance(image["tag"], str), "a tag of digits alone is quoted"
            assert image["tag"] not in {"latest", "main"}


@minors
def test_a_component_has_one_version_as_chart_and_as_image(minor: str) -> None:
    for role in SETS[minor].values():
        for name in set(role["charts"]) & set(role["images"]) - {"prometheus-adapter", "cluster-autoscaler"}:
            assert role["charts"][name]["version"].removeprefix("v") == role["images"][name]["tag"].removeprefix("v"), name


@minors
def test_what_was_made_for_each_other_stays_together(minor: str) -> None:
    versions, pulled = charts(SETS[minor]), images(SETS[minor])
    # Kueue speaks to TrainJobs in the words of one version of Trainer, which has JobSet as a subchart.
    pairs = {"0.14": "2.0", "0.15": "2.1"}
    assert pairs[versions["kueue"].rpartition(".")[0]] == versions["kubeflow-trainer"].rpartition(".")[0]
    assert versions["gateway-helm"] == versions["gateway-crds-helm"]
    assert versions["inferencepool"] == versions["body-based-routing"]
    assert f"docker.io/envoyproxy/envoy:distroless-v{ENVOY_VERSION}" in pulled
    assert f"registry.k8s.io/autoscaling/cluster-autoscaler:v{minor}.0" in pulled, (
        "the autoscaler follows the scheduler of the cluster's minor"
    )


def test_the_lab_builds_the_images_that_are_pinned() -> None:
    built = {image.name for image in IMAGES if set(image.groups) & set(PLATFORM)}
    assert {name for name in built if not name.startswith(OTHERS)} <= images(LAB_SET)


def test_the_lab_s_charts_are_the_pinned_ones() -> None:
    pinned = charts(LAB_SET)
    for chart in CHARTS:
        if not FOLDERS.search(chart.name):
            assert chart.version == pinned[chart.name]


@pytest.mark.parametrize("chart", [chart.name for chart in CHARTS if not FOLDERS.search(chart.name)])
def test_a_chart_asks_for_pinned_images_only(chart: str) -> None:
    """Rendered with helm, where the cache has both; building them is another test's business."""
    try:
        made = Builder(cache=default_cache_dir(), progress=lambda _: None).made(PLATFORM)
        helm, folder = made.program("helm"), made.charts[chart]
    except (LabError, KeyError):
        pytest.skip("the cache has no helm, or not this chart")
    values = {"inferencePool": {"modelServers": {"matchLabels": {"app": "model"}}}}
    rendered = subprocess.run(
        [helm, "template", "x", folder, f"--kube-version={KUBERNETES_VERSION}", "--values=-"],
        input=json.dumps(values),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    asked = set(re.findall(r"^\s+image:\s+\"?([^\s\"]+)\"?$", rendered, re.MULTILINE))
    assert asked or chart.endswith("crds-helm")
    assert asked <= images(LAB_SET)


def test_a_registry_replaces_all_others_and_keeps_the_whole_names() -> None:
    placed = version_set(SETS, "v1.34.4", "mirror.example:5000/ai")
    assert placed["kueue"]["images"]["kueue"]["repository"] == "mirror.example:5000/ai/registry.k8s.io/kueue/kueue"
    assert placed["gpu_operator"]["charts"]["gpu-operator"]["repository"] == "oci://mirror.example:5000/ai/helm.ngc.nvidia.com/nvidia"
    assert all(image.startswith("mirror.example:5000/ai/") for image in images(placed))
    assert version_set(SETS, "1.34") == SETS["1.34"]


@pytest.mark.parametrize(("kubernetes", "registry", "words"), [
    ("1.29", "", r"found '1\.29'; expected one of 1\.33, 1\.34"),
    ("1.34", "https://mirror.example", r"expected HOST\[:PORT\]"),
])  # fmt: skip
def test_what_cannot_be_is_refused_in_words(kubernetes: str, registry: str, words: str) -> None:
    with pytest.raises(AnsibleFilterError, match=words):
        version_set(SETS, kubernetes, registry)


def test_a_list_has_everything_of_the_roles_once_and_nothing_else() -> None:
    listed = version_references(LAB_SET, ["kueue", "kubeflow", "unknown"], "mirror.example")
    assert {entry["from"] for entry in listed if entry["kind"] == "image"} == images(
        {role: LAB_SET[role] for role in ("kueue", "kubeflow")}
    )
    assert [entry["kind"] for entry in listed] == sorted(entry["kind"] for entry in listed)
    kueue = next(entry for entry in listed if entry["from"].startswith("oci://") and entry["role"] == "kueue")
    assert kueue["to"] == f"oci://mirror.example/registry.k8s.io/kueue/charts/kueue:{LAB_SET['kueue']['charts']['kueue']['version']}"
    assert len({(entry["kind"], entry["from"]) for entry in listed}) == len(listed)


@pytest.mark.parametrize("role", LAB_SET)
def test_a_role_s_defaults_name_no_other_image(role: str) -> None:
    """What a default names and no set has would be missing on the list for an air-gapped site."""
    defaults = (ROOT / "roles" / role / "defaults/main.yml").read_text()
    assert set(re.findall(r"^\s*image: ([^\s{}]+)$", defaults, re.MULTILINE)) <= images(LAB_SET)


@pytest.mark.parametrize("role", LAB_SET)
def test_what_a_role_looks_up_is_there(role: str) -> None:
    text = "".join(path.read_text() for path in (ROOT / "roles" / role).rglob("*.yml"))
    for kind, dotted, quoted in re.findall(rf"platform_versions_set\.{role}\.(charts|images)(?:\.([a-z_]+)|\['([^']+)'\])", text):
        assert (dotted or quoted) in LAB_SET[role][kind]
    for name in re.findall(r"^\s*helm_chart_name: ([a-z][a-z0-9-]+)$", text, re.MULTILINE):
        assert name in LAB_SET[role]["charts"]


def test_helm_is_of_the_line_for_the_lab_s_kubernetes() -> None:
    """Helm 3.N supports Kubernetes up to 1.(N + 15)."""
    helm = next(program.version for program in PROGRAMS if program.name == "helm")
    assert int(helm.split(".")[1]) + 15 == int(KUBERNETES_VERSION.split(".")[1])


def listing(root: Path, **variables: Any) -> subprocess.CompletedProcess[str]:
    """A run of the playbook that lists images and charts."""
    return subprocess.run(
        [
            Path(sys.executable).parent / "ansible-playbook",
            "-i",
            "inventories/existing",
            "playbooks/images.yml",
            "-e",
            json.dumps(variables),
        ],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_playbook_writes_a_line_for_each_with_source_and_target(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "images.txt"
    done = listing(root, platform_roles=["kueue", "dra_driver"], platform_registry="mirror.example/ai", platform_images_file=str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.split() for line in file.read_text().splitlines()]
    assert [kind for kind, _, _ in lines] == ["chart", "chart", "image", "image"]
    assert all(target.removeprefix("oci://").startswith("mirror.example/ai/") for _, _, target in lines)
    assert {source for kind, source, _ in lines if kind == "image"} == images({role: LAB_SET[role] for role in ("kueue", "dra_driver")})


def test_the_playbook_wants_roles_to_list(root: Path) -> None:
    done = listing(root, platform_roles=[])
    assert done.returncode != 0
    assert "platform_roles: found none; expected the roles of the platform" in " ".join(done.stdout.split())
