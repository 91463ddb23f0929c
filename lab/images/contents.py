# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in each image. Names, paths of the programs and users are upstream's, so that upstream's manifests fit."""

from __future__ import annotations

from lab.images.catalog import Applets, Built, Directory, Entry, FromHost, Image, Libraries, Link, Text
from lab.images.programs import (
    ADAPTER_VERSION,
    COREDNS_VERSION,
    ENVOY_GATEWAY_VERSION,
    ENVOY_VERSION,
    GATEWAY_API_VERSION,
    INFERENCE_EXTENSION_VERSION,
    INFERENCE_STUB_VERSION,
    JOBSET_VERSION,
    KUBERAY_VERSION,
    KUEUE_VERSION,
    METRICS_SERVER_VERSION,
    PAUSE_VERSION,
    PROMETHEUS_VERSION,
    SIMGPU_VERSION,
    TRAINER_VERSION,
)
from lab.settings import KUBERNETES_VERSION

BUSYBOX_TAG = "1.35.0"
# That of Debian 12, whose curl it is.
CURL_TAG = "7.88.1"
# Upstream numbers its etcd images on their own; kubeadm is told this one (ClusterConfiguration.etcd.local.imageTag).
ETCD_TAG = "3.6.8-0"
# Of the images in conformance/base/manifests.yaml of Gateway API.
ECHO_BASIC_TAG = "v20240412-v1.0.0-394-g40c666fd"
SUITE_COREDNS_TAG = "v1.12.2"
NONROOT = "65532:65532"

# glibc reads nsswitch.conf before it resolves a name; a program that runs as a user without an entry may refuse to start.
_BASE: tuple[Entry, ...] = (
    Text(
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\nnonroot:x:65532:65532:nonroot:/tmp:/bin/false\n",
    ),
    Text("etc/group", "root:x:0:\nnobody:x:65534:\nnonroot:x:65532:\n"),
    Text("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
    Directory("root", 0o700),
    Directory("tmp", 0o1777),
)
_KUBE_PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
# One layer for all of them: it is stored, sent and unpacked once per node.
_KUBE: tuple[Entry, ...] = (
    Built("usr/local/bin/kube", "kube"),
    *(Link(f"usr/local/bin/{name}", "kube") for name in _KUBE_PROGRAMS),
)
# Without names of protocols nft lists the keys of kube-proxy's maps with numbers. At its hourly full sync kube-proxy then takes its own
# entries for stale ones, deletes them, and no Service is reached any more.
_NFT: tuple[Entry, ...] = (FromHost("/usr/sbin/nft"), Text("etc/protocols", "icmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\nsctp 132 SCTP\n"))


def _kube_image(name: str) -> Image:
    return Image(
        name=f"registry.k8s.io/{name}:{KUBERNETES_VERSION}",
        layers=(_BASE, _KUBE, _NFT) if name == "kube-proxy" else (_BASE, _KUBE),
        entrypoint=(f"/usr/local/bin/{name}",),
        groups=("node",),
    )


def _one_program(name: str, path: str, file: str, *, group: str, user: str = NONROOT) -> Image:
    """An image with one program in it."""
    return Image(name=name, layers=(_BASE, (Built(path.lstrip("/"), file),)), entrypoint=(path,), user=user, groups=(group,))


IMAGES = (
    Image(
        name=f"registry.k8s.io/pause:{PAUSE_VERSION}",
        layers=((Built("pause", "pause"),),),
        entrypoint=("/pause",),
        user="65535:65535",
        groups=("node",),
    ),
    *(_kube_image(name) for name in _KUBE_PROGRAMS),
    Image(
        name=f"registry.k8s.io/etcd:{ETCD_TAG}",
        layers=(_BASE, (Built("usr/local/bin/etcd", "etcd"),)),
        entrypoint=("/usr/local/bin/etcd",),
        groups=("node",),
    ),
    Image(
        name=f"docker.io/library/busybox:{BUSYBOX_TAG}",
        layers=(_BASE, (Applets("bin/busybox", "/bin/busybox"), Link("usr/bin/env", "../../bin/busybox"))),
        entrypoint=(),
        command=("sh",),
        groups=("node",),
    ),
    Image(
        name=f"lab.ailab.conformance/simgpu:{SIMGPU_VERSION}",
        layers=(_BASE, (Built("simgpu", "simgpu"),)),
        entrypoint=("/simgpu",),
        labels=(("ailab.conformance/simulated", "true"),),
        groups=("cluster",),
    ),
    Image(
        name=f"registry.k8s.io/coredns/coredns:{COREDNS_VERSION}",
        layers=(_BASE, (Built("coredns", "coredns"),)),
        entrypoint=("/coredns",),
        user=NONROOT,
        groups=("cluster",),
    ),
    Image(
        name=f"registry.k8s.io/metrics-server/metrics-server:{METRICS_SERVER_VERSION}",
        layers=(_BASE, (Built("metrics-server", "metrics-server"),)),
        entrypoint=("/metrics-server",),
        user="65534",
        groups=("cluster",),
    ),
    _one_program(f"registry.k8s.io/kueue/kueue:{KUEUE_VERSION}", "/manager", "kueue", group="kueue"),
    _one_program(f"registry.k8s.io/jobset/jobset:{JOBSET_VERSION}", "/manager", "jobset", group="kubeflow"),
    _one_program(f"ghcr.io/kubeflow/trainer/trainer-controller-manager:{TRAINER_VERSION}", "/manager", "trainer", group="kubeflow"),
    _one_program(f"quay.io/kuberay/operator:{KUBERAY_VERSION}", "/manager", "kuberay", group="kubeflow"),
    Image(
        name=f"quay.io/prometheus/prometheus:{PROMETHEUS_VERSION}",
        layers=(_BASE, (Built("bin/prometheus", "prometheus"), Directory("prometheus", 0o777))),
        entrypoint=("/bin/prometheus",),
        command=("--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"),
        user="65534:65534",
        groups=("monitoring",),
    ),
    _one_program(
        f"registry.k8s.io/prometheus-adapter/prometheus-adapter:{ADAPTER_VERSION}",
        "/adapter",
        "prometheus-adapter",
        group="monitoring",
        user="65534",
    ),
    *(
        _one_program(
            f"registry.k8s.io/gateway-api-inference-extension/{name}:{INFERENCE_EXTENSION_VERSION}", f"/{name}", name, group="ai_gateway"
        )
        for name in ("epp", "bbr")
    ),
    Image(
        name=f"lab.ailab.conformance/inference-stub:{INFERENCE_STUB_VERSION}",
        layers=(_BASE, (Built("inference-stub", "inference-stub"),)),
        entrypoint=("/inference-stub",),
        user=NONROOT,
        labels=(("ailab.conformance/simulated", "true"),),
        groups=("ai_gateway",),
    ),
    _one_program(
        f"docker.io/envoyproxy/gateway:{ENVOY_GATEWAY_VERSION}", "/usr/local/bin/envoy-gateway", "envoy-gateway", group="ai_gateway"
    ),
    Image(
        name=f"docker.io/envoyproxy/envoy:distroless-v{ENVOY_VERSION}",
        layers=(_BASE, (Built("usr/local/bin/envoy", "envoy"), Libraries("envoy"))),
        entrypoint=("/usr/local/bin/envoy",),
        user=NONROOT,
        groups=("ai_gateway",),
    ),
    Image(
        name=f"docker.io/curlimages/curl:{CURL_TAG}",
        layers=(_BASE, (Applets("bin/busybox", "/bin/busybox"), FromHost("/usr/bin/curl"))),
        entrypoint=("/usr/bin/curl",),
        user=NONROOT,
        groups=("ai_gateway",),
    ),
    _one_program(
        f"lab.ailab.conformance/gateway-conformance:{GATEWAY_API_VERSION}",
        "/gateway-conformance",
        "gateway-conformance",
        group="gateway_conformance",
    ),
    # Names as the suite's manifests have them; the labels say what is inside.
    Image(
        name=f"gcr.io/k8s-staging-gateway-api/echo-basic:{ECHO_BASIC_TAG}",
        layers=(_BASE, (Built("echo-basic", "echo-basic"),)),
        entrypoint=("/echo-basic",),
        user=NONROOT,
        labels=(("ailab.conformance/program", f"echo-basic of sigs.k8s.io/gateway-api {GATEWAY_API_VERSION}"),),
        groups=("gateway_conformance",),
    ),
    Image(
        name=f"registry.k8s.io/coredns/coredns:{SUITE_COREDNS_TAG}",
        layers=(_BASE, (Built("coredns", "coredns"),)),
        entrypoint=("/coredns",),
        user=NONROOT,
        labels=(("ailab.conformance/program", f"coredns {COREDNS_VERSION}"),),
        groups=("gateway_conformance",),
    ),
)
