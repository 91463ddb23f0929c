# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where one lab keeps its things, and which addresses are its own."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path

from lab.errors import LabError

KUBERNETES_VERSION = "v1.34.4"
_NAME = re.compile(r"[a-z]([a-z0-9]{0,8})")
# AF_UNIX paths hold 107 characters (unix(7)); the longest socket below the state directory is the supervisor's of a node.
_LONGEST_STATE_DIR = 48


def default_cache_dir() -> Path:
    """The builds' cache: ``AILAB_CACHE``, else ``ailab`` in the XDG cache directory of the user."""
    if explicit := os.environ.get("AILAB_CACHE"):
        return Path(explicit)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ailab"


@dataclass(frozen=True, slots=True)
class Settings:
    """One lab.

    Attributes:
        name: prefix of namespaces, links and the cgroup; at most nine characters, since a link's name ends at fifteen.
        state_dir: everything that the lab writes outside the cache; removed with the lab.
        cache_dir: programs and images that were built; kept.
        kkp_port: where the lab's KKP API listens, on 127.0.0.1.
        supernet: the private range that holds every address of the lab (RFC 1918), /8 to /14.
    """

    name: str = "ailab"
    state_dir: Path = Path("/var/lib/ailab")
    cache_dir: Path = field(default_factory=default_cache_dir)
    kkp_port: int = 8085
    supernet: IPv4Network = field(default_factory=lambda: IPv4Network("10.208.0.0/12"))

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise LabError(
                "the lab's name",
                found=repr(self.name),
                expected="a letter and up to eight letters or digits, lower case",
                see="It names network links, which end at fifteen characters.",
            )
        if not self.state_dir.is_absolute() or len(str(self.state_dir)) > _LONGEST_STATE_DIR:
            raise LabError(
                "the lab's state directory",
                found=repr(str(self.state_dir)),
                expected=f"an absolute path of at most {_LONGEST_STATE_DIR} characters",
                see="Sockets lie below it, and the path of a socket is short (unix(7)).",
            )
        if not self.supernet.is_private or not 8 <= self.supernet.prefixlen <= 14:
            raise LabError(
                "the lab's address range",
                found=str(self.supernet),
                expected="a private range (RFC 1918) of size /8 to /14",
                see="Sixteen clusters share it: see lab/nodes/addresses.py.",
            )

    @property
    def kkp_dir(self) -> Path:
        """What the lab's KKP API remembers: its database, signing key and administrator's token."""
        return self.state_dir / "kkp"

    @property
    def user_kubeconfigs(self) -> Path:
        """Where a user keeps the kubeconfigs that the KKP API handed out, so that they go with the lab."""
        return self.state_dir / "kubeconfigs"

    @property
    def log_dir(self) -> Path:
        """Logs of the lab's own processes; a node's are in its directory."""
        return self.state_dir / "log"

    def node_dir(self, node: str) -> Path:
        """The files of a node's machine."""
        return self.state_dir / "nodes" / node

    def cluster_dir(self, cluster: str) -> Path:
        """A cluster's record and kubeconfig."""
        return self.state_dir / "clusters" / cluster

    def kubeconfig(self, cluster: str) -> Path:
        """The administrator's kubeconfig of a cluster."""
        return self.cluster_dir(cluster) / "admin.kubeconfig"

    def netns(self, host: str) -> str:
        """The network namespace of a host of the lab, as iproute2 names it."""
        return f"{self.name}-{host}"
