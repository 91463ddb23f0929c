# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is built, in the order of need. Versions agree with the go.mod of each wrapper module; a test compares them."""

from __future__ import annotations

from lab.images.catalog import Program
from lab.settings import KUBERNETES_VERSION

ETCD_VERSION = "v3.6.8"
CONTAINERD_VERSION = "v2.2.0"
RUNC_VERSION = "v1.4.0"
CNI_VERSION = "v1.9.0"
COREDNS_VERSION = "v1.14.5"
METRICS_SERVER_VERSION = "v0.9.0"
PAUSE_VERSION = "3.10.1"
SIMGPU_VERSION = "0.1.0"

_CONTAINERD = "github.com/containerd/containerd/v2"
_CNI = "github.com/containernetworking/plugins"


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
        groups=("cluster",),
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
)
