# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where each program and image lies in the cache, by the digest of all that it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from lab.images import gobuild, host, oci
from lab.images.cache import Cache, key_of
from lab.images.catalog import Image, Program
from lab.images.oci import BuiltImage
from lab.images.toolchain import Toolchain

# Raised when the same description begins to make another image.
_IMAGE_FORMAT = 1


class Shelf:
    """Finds things; makes nothing. Each wrapper module and each Debian file is read once.

    Args:
        cache: where things are kept.
        folder: the directory that the programs' modules are relative to.
        programs: all programs that images may hold.
        toolchain: what programs are, or would be, built with.
    """

    def __init__(self, *, cache: Cache, folder: Path, programs: Iterable[Program], toolchain: Toolchain) -> None:
        self._cache = cache
        self._folder = folder
        self._toolchain = toolchain
        self._maker = {file: program for program in programs for file in program.files}
        self._program_keys: dict[str, str] = {}
        self._host_digests: dict[str, str] = {}

    def module(self, program: Program) -> Path:
        """The wrapper module's directory."""
        return self._folder / program.module

    def place(self, program: Program) -> Path:
        """The directory of a program's files, whether it is there or not."""
        return self._cache.program(program.name, self._program_key(program))

    def has(self, program: Program) -> bool:
        """Whether all files and links of a program are there."""
        place = self.place(program)
        return all((place / name).exists() for name in (*program.files, *program.links))

    def files(self, programs: Iterable[Program]) -> dict[str, Path]:
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
        key = key_of(
            {
                "format": _IMAGE_FORMAT,
                "architecture": oci.architecture(),
                "image": asdict(image),
                "entries": [[type(entry).__name__ for entry in layer] for layer in image.layers],
                "programs": {file: self._program_key(self._maker[file]) for file in sorted(image.built_files)},
                "host": {path: self._host_digest(path) for path in image.host_files},
            }
        )
        return self._cache.layout(image.name, key)

    def image(self, image: Image) -> BuiltImage | None:
        """An image that is there."""
        return oci.read(image.name, self.layout(image))

    def _program_key(self, program: Program) -> str:
        known = self._program_keys.get(program.name)
        if known is None:
            module = self.module(program)
            sources = {path for pattern in program.sources for path in module.glob(pattern) if not path.name.endswith("_test.go")}
            known = key_of(
                {"recipe": gobuild.recipe(program), "go": self._toolchain.version, "architecture": oci.architecture()},
                files=((str(path.relative_to(module)), path) for path in sources),
            )
            self._program_keys[program.name] = known
        return known

    def _host_digest(self, path: str) -> str:
        known = self._host_digests.get(path)
        if known is None:
            known = key_of([], files=((name, Path(name)) for name in (path, *host.libraries(path))))
            self._host_digests[path] = known
        return known
