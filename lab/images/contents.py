# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in each image. Names, paths of the programs and users are upstream's, so that upstream's manifests fit."""

from __future__ import annotations

from lab.images.catalog import Applets, Built, Directory, Entry, FromHost, Image, Link, Text
from lab.images.programs import COREDNS_VERSION, METRICS_SERVER_VERSION, PAUSE_VERSION, SIMGPU_VERSION
from lab.settings import KUBERNETES_VERSION

BUSYBOX_TAG = "1.35.0"
# Upstream numbers its etcd images on their own; kubeadm is told this one (ClusterConfiguration.etcd.local.imageTag).
ETCD_TAG = "3.6.8-0"
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
)
