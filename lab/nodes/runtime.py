# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on a node: containerd and the kubelet, and how kubeadm starts the latter."""

from __future__ import annotations

import json
import sys
from ipaddress import IPv4Network
from pathlib import Path

from lab.nodes.supervision import SOCKET, Program

COLLECTS_RARELY = {"GOGC": "400"}
"""Environment of the nodes' Go programs: a heap may grow to five times what is in use before it is collected, not to twice (runtime/debug,
SetGCPercent). A lab has dozens of them on a few processors, and more memory than they need."""

CRI_SOCKET = "unix:///run/containerd/containerd.sock"
PAUSE_IMAGE = "registry.k8s.io/pause:3.10.1"
_KUBELET_READS = "/var/lib/kubelet/kubeadm-flags.env"


def containerd_configuration(*, programs: Path, cni_dir: Path, mirrors: Path) -> str:
    """Configuration of containerd 2, version 3 (containerd docs/cri/config.md).

    Args:
        mirrors: folder with a hosts.toml per registry (containerd docs/hosts.md).
    """
    return f"""\
version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = 0
disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]

[grpc]
  address = "/run/containerd/containerd.sock"

[plugins.'io.containerd.cri.v1.images']
  snapshotter = "overlayfs"
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = "{PAUSE_IMAGE}"
  [plugins.'io.containerd.cri.v1.images'.registry]
    config_path = "{mirrors}"

[plugins.'io.containerd.cri.v1.runtime']
  enable_cdi = true
  cdi_spec_dirs = ["/etc/cdi", "/var/run/cdi"]
  # Without CAP_SYS_RESOURCE no process may lower its OOM score; the pods' scores are then cut off at the node's own.
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["{cni_dir}"]
    conf_dir = "/etc/cni/net.d"
  [plugins.'io.containerd.cri.v1.runtime'.containerd]
    default_runtime_name = "runc"
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
        SystemdCgroup = false
        BinaryName = "{programs / "runc"}"
"""


def cni_configuration(*, pods: IPv4Network) -> str:
    """A CNI list: routed point-to-point links, no bridge on the node, so that no kernel module decides whether Services work."""
    plugins = [
        {
            "type": "ptp",
            "ipMasq": False,
            "ipam": {"type": "host-local", "ranges": [[{"subnet": str(pods)}]], "routes": [{"dst": "0.0.0.0/0"}]},
        },
        {"type": "portmap", "capabilities": {"portMappings": True}, "snat": True, "backend": "nftables"},
    ]
    return json.dumps({"cniVersion": "1.0.0", "name": "lab", "plugins": plugins}, indent=1)


def containerd_program(programs: Path) -> Program:
    """The container runtime of a node."""
    return Program(name="containerd", command=[str(programs / "containerd"), "--config", "/etc/containerd/config.toml"])


def kubelet_program(programs: Path) -> Program:
    """The kubelet, with the flags that kubeadm wrote; without them there is nothing to run yet, and it waits to be started."""
    script = (
        f"[ -e {_KUBELET_READS} ] || exit 0; . {_KUBELET_READS}; "
        "while ! [ -S /run/containerd/containerd.sock ]; do sleep 0.05; done; "
        f"exec {programs / 'kubelet'} --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf "
        "--kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml $KUBELET_KUBEADM_ARGS"
    )
    return Program(name="kubelet", command=["/bin/sh", "-c", script], expected_exit=0, settled=0)


def systemctl(directory: Path) -> str:
    """A node's systemctl: kubeadm knows systemd and OpenRC only, and a node's init system is supervisord."""
    control = f"{sys.executable} -m supervisor.supervisorctl -s unix://{directory / SOCKET}"
    return f"""\
#!/bin/sh
case "$1 $2" in
"start kubelet" | "restart kubelet" | "stop kubelet") exec {control} "$1" kubelet ;;
esac
"""
