# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The program helm, for what kubernetes.core has no module for: what a chart would make of a cluster, and the way back.

Source: Helm documentation, "helm template" and "helm rollback".
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.discovery import Served
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.kubeconfig import Kubeconfig

JSON = Any

_LAST_WORDS = 1500


class ChartError(ConformanceError):
    """There is no such chart, or it is another one than the one that was asked for."""


class HelmError(ConformanceError):
    """Helm is missing, or has failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Where a chart is.

    Attributes:
        ref: a folder, ``oci://registry/path/chart``, or the name of a chart in a repository.
        repository: address of the repository; empty for folders and OCI references.
        version: the version that must be there.
    """

    ref: str
    repository: str
    version: str

    @property
    def folder(self) -> Path | None:
        """The folder of the chart; None where it has to be fetched."""
        return Path(self.ref) if self.ref.startswith(("/", "./", "../", "~")) else None

    def identity(self) -> str:
        """What the chart is, whatever is done with it: the content of a folder, else reference and version, which do not change.

        Raises:
            ChartError: the folder holds no chart, or another version.
        """
        if self.folder is None:
            return f"{self.repository}/{self.ref}@{self.version}"
        folder = self.folder.expanduser()
        try:
            found = str(yaml.safe_load((folder / "Chart.yaml").read_text(encoding="utf-8"))["version"])
        except (OSError, yaml.YAMLError, KeyError, TypeError) as problem:
            raise ChartError(
                what=f"reading the chart in {folder}",
                found=f"no Chart.yaml with a version ({problem})",
                expected="the folder of a Helm chart",
                look="the folder; in the lab, `python -m lab charts`",
            ) from problem
        if self.version and found.removeprefix("v") != self.version.removeprefix("v"):
            raise ChartError(
                what=f"reading the chart in {folder}",
                found=f"version {found}",
                expected=f"version {self.version}",
                look="the version that is asked for, and the folder",
            )
        return f"sha256:{_content(folder)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Helm:
    """The program, and the cluster it works on.

    Attributes:
        binary: the program; empty for ``helm`` on the search path.
        kubeconfig: of the cluster.
    """

    binary: str
    kubeconfig: Kubeconfig

    def program(self) -> str:
        """Where the program is.

        Raises:
            HelmError: nowhere.
        """
        found = shutil.which(self.binary or "helm")
        if found is None:
            raise HelmError(
                what="looking for the program helm",
                found=f"no {self.binary}" if self.binary else "none on the search path",
                expected="Helm 3.14 or newer",
                look="the option helm; the lab brings its own (role lab_host, tasks_from charts)",
            )
        return found

    def template(
        self, chart: Chart, *, name: str, namespace: str, values: Mapping[str, JSON], version: str, kinds: Sequence[Served]
    ) -> str:
        """What a chart renders to, with the CRDs of its ``crds`` folder, as Helm would do it on this cluster. It asks the cluster nothing.

        Args:
            chart: the chart.
            name: of the release.
            namespace: of the release.
            values: on top of the chart's own.
            version: of Kubernetes.
            kinds: what the API server serves, which charts may ask for.

        Raises:
            HelmError: helm has failed, for instance because the chart cannot be had.
        """
        served = {entry.api_version for entry in kinds} | {f"{entry.api_version}/{entry.kind}" for entry in kinds}
        words = [
            "template",
            name,
            chart.ref,
            "--namespace",
            namespace,
            "--include-crds",
            "--no-hooks",
            "--values",
            "-",
            "--kube-version",
            version,
        ]
        words += [word for entry in sorted(served) for word in ("--api-versions", entry)]
        return self._run([*words, *_where(chart)], said=json.dumps(values), what=f"rendering chart {chart.ref}")

    def rollback(self, *, name: str, namespace: str, revision: int) -> None:
        """Go back to a revision of a release.

        Raises:
            HelmError: helm has failed.
        """
        access = ["--kubeconfig", str(self.kubeconfig.path), "--kube-context", self.kubeconfig.context]
        self._run(["rollback", name, str(revision), "--namespace", namespace, *access], said="", what=f"rolling release {name} back")

    def _run(self, words: Sequence[str], *, said: str, what: str) -> str:
        done = subprocess.run([self.program(), *words], input=said, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise HelmError(
                what=what,
                found=f"status {done.returncode}: {done.stderr.strip()[-_LAST_WORDS:]}",
                expected="an end without error",
                look=f"`helm {' '.join(words[:3])}`",
            )
        return done.stdout


def _where(chart: Chart) -> list[str]:
    repository = ["--repo", chart.repository] if chart.repository else []
    return [*repository, *(["--version", chart.version] if chart.folder is None and chart.version else [])]


def _content(folder: Path) -> str:
    digest = hashlib.sha256()
    for path, content in _files(folder):
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()
