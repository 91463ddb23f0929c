# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first program of a node: it turns namespaces into a machine and becomes the node's supervisord.

It makes the node's cgroup the root that the node sees, enters the node's network namespace and new mount, PID, IPC and host-name
namespaces. The node sees this machine's programs, but a /etc, /var and /run of its own. So a chart that hard-codes /var/lib/kubelet or
/etc/cni/net.d just works, and nothing that a pod writes to such a path reaches this machine.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.nodes.cgroups import CgroupTree, hierarchies, own_root, remount
from lab.nodes.links import enter
from lab.nodes.supervision import supervisord

_PRIVATE = ("var", "run")
# What a kubelet sets for itself (k8s.io/component-helpers/node/util/sysctl) and what no namespace makes its own.
_TUNABLES = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)


@dataclass(frozen=True, slots=True)
class BootSpec:
    """What a node needs to know of itself before it is one.

    Attributes:
        lab: the lab's name, i.e. its cgroup.
        keep: paths of this machine that must stay visible even where they lie below /var or /run.
    """

    lab: str
    node: str
    netns: str
    directory: str
    supervisord_configuration: str
    keep: tuple[str, ...]

    def write(self, path: Path) -> None:
        """Write the boot file."""
        path.write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def read(cls, path: Path) -> BootSpec:
        """Read a boot file that :meth:`write` wrote."""
        data = json.loads(path.read_text())
        return cls(**{**data, "keep": tuple(data["keep"])})


def main(arguments: Sequence[str]) -> None:
    """Boot the node of a boot file: ``plug`` on this machine's side, ``boot`` inside the namespaces."""
    step, file = arguments
    spec = BootSpec.read(Path(file))
    words = _plug(spec, file) if step == "plug" else _boot(spec)
    os.execvp(words[0], words)


def _plug(spec: BootSpec, file: str) -> list[str]:
    tree = CgroupTree(spec.lab)
    # What the node's earlier life left: the kubelet's metrics would look for each of those containers for seconds.
    tree.kill(spec.node, "kubepods")
    tree.remove(spec.node)
    tree.create(spec.node)
    tree.join(spec.node)
    own_root()
    tree.create(spec.node, "runtime", hand_down=False)
    tree.join(spec.node, "runtime")
    unshare = ["unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return [*enter(spec.netns), *unshare, "--", sys.executable, "-m", "lab.nodes.boot", "boot", file]


def _boot(spec: BootSpec) -> list[str]:
    # The kubelet needs shared propagation; the namespace itself is private, so that nothing comes back to this machine.
    _mount("--make-rshared", "/")
    remount(hierarchies())
    _own_directories(spec)
    _own_tunables(Path(spec.directory))
    socket.sethostname(spec.node)
    return supervisord(Path(spec.supervisord_configuration), foreground=True)


def _own_directories(spec: BootSpec) -> None:
    node = Path(spec.directory)
    for folder in ("etc", "etc-work", "var/lib/kubelet", "var/log/pods", "var/log/containers", "var/tmp", "var/cache", "run"):
        (node / folder).mkdir(parents=True, exist_ok=True)
    if not (node / "var/run").is_symlink():
        (node / "var/run").symlink_to("/run")
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(node / "run"))
    for path in map(Path, spec.keep):
        if len(path.parts) > 2 and path.parts[1] in _PRIVATE:
            _bind(path, node.joinpath(*path.parts[1:]))
    _mount("-t", "overlay", "-o", f"lowerdir=/etc,upperdir={node / 'etc'},workdir={node / 'etc-work'}", "overlay", "/etc")
    Path("/etc/resolv.conf").unlink(missing_ok=True)
    Path("/etc/resolv.conf").touch()
    Path("/etc/hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {spec.node}\n")
    for folder in reversed(_PRIVATE):
        _mount("--rbind", str(node / folder), f"/{folder}")


def _own_tunables(node: Path) -> None:
    """Give the node files of its own in the place of the kernel's, so that this machine keeps its settings."""
    for name in _TUNABLES:
        kernel, own = Path("/proc/sys", name), node / "sysctl" / name
        if kernel.exists():
            own.parent.mkdir(parents=True, exist_ok=True)
            own.write_text(kernel.read_text())
            _mount("--bind", str(own), str(kernel))


def _bind(source: Path, target: Path) -> None:
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    _mount("--bind", str(source), str(target))


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
