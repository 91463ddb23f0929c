# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where each program and image lies in the cache, by the digest of all that it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from lab.images import gobuild, host, oci, unpack
from lab.images.cache import JSON, Cache, key_of
from lab.images.catalog import Chart, Image, Program, Source, Wheel
from lab.images.oci import BuiltImage
from lab.images.toolchain import Toolchain

# Raised when the same description begins to make another image.
_IMAGE_FORMAT = 1


class Shelf:
    """Finds things; makes nothing. Each wrapper module and each Debian file is read once.

    Args:
        cache: where things are kept.
        folder: the directory that the programs' modules are relative to.
        programs: all programs that images may hold, compiled here or not.
        toolchain: what programs are, or would be, built with.
    """

    def __init__(self, *, cache: Cache, folder: Path, programs: Iterable[Source], toolchain: Toolchain) -> None:
        self._cache = cache
        self._folder = folder
        self._toolchain = toolchain
        self._maker = {file: program for program in programs for file in program.files}
        self._program_keys: dict[str, str] = {}
        self._host_digests: dict[str, str] = {}

    def module(self, program: Program) -> Path:
        """The wrapper module's directory."""
        return self._folder / program.module

    def place(self, program: Source) -> Path:
        """The directory of a program's files, whether it is there or not."""
        return self._cache.program(program.name, self._program_key(program))

    def has(self, program: Source) -> bool:
        """Whether all files and links of a program are there."""
        place = self.place(program)
        return all((place / name).exists() for name in (*program.files, *program.links))

    def files(self, programs: Iterable[Source]) -> dict[str, Path]:
        """Places of the programs' files and links, by name."""
        return {name: self.place(program) / name for program in programs for name in (*program.files, *program.links)}

    def files_in(self, image: Image) -> Mapping[str, Path]:
        """Places of the files that an image holds, by name."""
        return {file: self.place(self._maker[file]) / file for file in image.built_files}

    def layout(self, image: Image) -> Path:
        """The directory of an image's OCI layout, whether it is there or not.

        Raises:
            LabError: a Debian package is missing, so that nobody can know.
        """
        host.require(image.host_files)
        facts: dict[str, JSON] = {
            "format": _IMAGE_FORMAT,
            "architecture": oci.architecture(),
            "image": asdict(image),
            "entries": [[type(entry).__name__ for entry in layer] for layer in image.layers],
            "programs": {file: self._program_key(self._maker[file]) for file in sorted(image.built_files)},
            "host": {path: self._host_digest(path) for path in image.host_files},
        }
        if image.linked_files:
            facts["libraries"] = {file: self._libraries_digest(file) for file in image.linked_files}
        return self._cache.layout(image.name, key_of(facts))

    def image(self, image: Image) -> BuiltImage | None:
        """An image that is there."""
        return oci.read(image.name, self.layout(image))

    def chart(self, chart: Chart) -> Path:
        """The directory of a chart's files, whether it is there or not."""
        return self._cache.chart(chart.name, unpack.key(chart, self._folder))

    def _program_key(self, program: Source) -> str:
        known = self._program_keys.get(program.name)
        if known is None:
            known = self._wheel_key(program) if isinstance(program, Wheel) else self._module_key(program)
            self._program_keys[program.name] = known
        return known

    def _wheel_key(self, wheel: Wheel) -> str:
        requirement = self._folder / wheel.requirement
        return key_of({"member": wheel.member, "architecture": oci.architecture()}, files=[(wheel.requirement, requirement)])

    def _module_key(self, program: Program) -> str:
        module = self.module(program)
        sources = {path for pattern in program.sources for path in module.glob(pattern) if not path.name.endswith("_test.go")}
        return key_of(
            {"recipe": gobuild.recipe(program), "go": self._toolchain.version, "architecture": oci.architecture()},
            files=((str(path.relative_to(module)), path) for path in sources),
        )

    def _host_digest(self, path: str) -> str:
        known = self._host_digests.get(path)
        if known is None:
            known = key_of([], files=((name, Path(name)) for name in (path, *host.libraries(path))))
            self._host_digests[path] = known
        return known

    def _libraries_digest(self, file: str) -> str:
        """Of what a built program loads; nothing where it is not built, since then there is no image of it either."""
        program = self._maker[file]
        if not self.has(program):
            return ""
        return key_of([], files=((name, Path(name)) for name in host.libraries(str(self.place(program) / file))))
