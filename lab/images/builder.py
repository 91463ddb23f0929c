# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring the cache to where it holds the programs and images of some groups. When it does already, no compiler is started."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab.errors import LabError
from lab.images import gobuild, host, oci, scratch, toolchain
from lab.images.cache import Cache, key_of
from lab.images.catalog import GROUPS, Image, Program, in_groups
from lab.images.contents import IMAGES
from lab.images.oci import BuiltImage
from lab.images.programs import PROGRAMS
from lab.images.shelf import Shelf

LAB = Path(__file__).resolve().parent.parent
_MIB = 1 << 20
# A program and the layer that holds it again, on average over the catalog, rounded up.
_RESULT_MIB = 100


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a person who waits would like to know.

    Attributes:
        name: program or image, or what else is waited for.
        state: ``start``, ``alive`` (every quarter of a minute), ``done``, or ``waiting`` while another builder has the cache.
        elapsed: seconds since the start of this one.
        expected: seconds that this one takes on two idle cores.
        position: which one it is, counted from 1, of how many that are to be built.
        detail: more about the state, or nothing.
    """

    name: str
    state: Literal["start", "alive", "done", "waiting"]
    elapsed: float = 0.0
    expected: float = 0.0
    position: tuple[int, int] = (1, 1)
    detail: str = ""


Progress = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Artifacts:
    """What the cache holds for some groups.

    Attributes:
        programs: name of a file or link → its place.
        images: in the order of need.
        digest: changes when any program or image does.
    """

    programs: Mapping[str, Path]
    images: tuple[BuiltImage, ...]
    digest: str

    def program(self, name: str) -> Path:
        """Place of a program, for example ``kubelet`` or ``ptp``.

        The four CNI plugins share a directory that holds nothing else: ``program("ptp").parent``.

        Raises:
            LabError: none of the groups has it.
        """
        if name not in self.programs:
            raise LabError(
                f"the program {name}",
                found=f"only {', '.join(sorted(self.programs))}",
                expected="a program of the groups that were asked for",
                see="`python -m lab images list` shows what is in each.",
            )
        return self.programs[name]


class Builder:
    """One cache, and all that is needed to fill it.

    Args:
        cache: directory of the lab's cache (``Settings.cache_dir``); this uses one folder in it.
        progress: told what happens.

    Raises:
        LabError: a file of the catalog is damaged.
    """

    def __init__(self, *, cache: Path, progress: Progress) -> None:
        self._cache = Cache(cache / "images")
        self._progress = progress
        # All programs decide on the toolchain, not those asked for: else the groups would shift each other's keys.
        self._tools = toolchain.find(toolchain.required({LAB / program.module for program in PROGRAMS}), self._cache)
        self._shelf = Shelf(cache=self._cache, folder=LAB, programs=PROGRAMS, toolchain=self._tools)

    def missing(self, groups: Sequence[str]) -> list[str]:
        """Names of the programs and images of some groups that the cache does not hold."""
        programs = [program.name for program in in_groups(PROGRAMS, groups) if not self._shelf.has(program)]
        return programs + [image.name for image in in_groups(IMAGES, groups) if self._shelf.image(image) is None]

    def build(self, groups: Sequence[str], *, keep_scratch: bool) -> Artifacts:
        """See :func:`build`."""
        programs, images = in_groups(PROGRAMS, groups), in_groups(IMAGES, groups)
        if self.missing(groups):
            with self._cache.locked(waiting=self._wait):
                # What is missing is asked again: another builder may have been at work until now.
                self._compile_all([program for program in programs if not self._shelf.has(program)], images, keep_scratch=keep_scratch)
                self._pack_all([image for image in images if self._shelf.image(image) is None])
        built = tuple(image for image in map(self._shelf.image, images) if image is not None)
        places = self._shelf.files(programs)
        digest = key_of([[str(place) for place in places.values()], [image.digest for image in built]])
        return Artifacts(places, built, digest)

    def prune(self) -> int:
        """Remove what today's catalog does not name, and what an interrupted build has left.

        Returns:
            Bytes freed.
        """
        named = [*map(self._shelf.place, PROGRAMS), *map(self._shelf.layout, IMAGES)]
        with self._cache.locked(waiting=self._wait):
            return self._cache.prune(named) + scratch.drop(self._cache)

    def _wait(self, holder: str) -> None:
        self._progress(Event("the cache", "waiting", detail=f"{holder} is building"))

    def _compile_all(self, missing: Sequence[Program], images: Sequence[Image], *, keep_scratch: bool) -> None:
        if not missing:
            return
        host.require([path for program in missing for path in program.host_files] + [path for image in images for path in image.host_files])
        room = scratch.choose(self._cache, _needs(missing), os.environ)
        if not self._tools.installed:
            with self._timed(f"toolchain {self._tools.version}", expected=10):
                toolchain.install(self._tools, self._cache)
        for number, program in enumerate(missing, 1):
            self._compile(program, room, (number, len(missing)))
        if not keep_scratch:
            scratch.drop(self._cache)

    def _compile(self, program: Program, room: scratch.Scratch, position: tuple[int, int]) -> None:
        title, expected = f"{program.name} {program.version}", float(program.expected_seconds)

        def alive(elapsed: float) -> None:
            self._progress(Event(title, "alive", elapsed, expected, position))

        def fill(output: Path) -> None:
            gobuild.run(
                program,
                toolchain=self._tools,
                scratch=room,
                folder=self._shelf.module(program),
                output=output,
                log=self._cache.logs / f"{program.name}.log",
                alive=alive,
            )

        with self._timed(title, expected=expected, position=position):
            self._cache.publish(self._shelf.place(program), fill)

    def _pack_all(self, missing: Sequence[Image]) -> None:
        for number, image in enumerate(missing, 1):
            with self._timed(f"image {image.name}", expected=1, position=(number, len(missing))):
                oci.pack(image, files=self._shelf.files_in(image), cache=self._cache, layout=self._shelf.layout(image))

    @contextmanager
    def _timed(self, name: str, *, expected: float, position: tuple[int, int] = (1, 1)) -> Iterator[None]:
        """Report the start, and the end where there is a good one."""
        started = time.monotonic()
        self._progress(Event(name, "start", 0, expected, position))
        yield
        self._progress(Event(name, "done", time.monotonic() - started, expected, position))


def build(*, cache: Path, progress: Progress, groups: Sequence[str] = GROUPS, keep_scratch: bool = False) -> Artifacts:
    """Build what is missing of some groups.

    Args:
        cache: directory of the lab's cache (``Settings.cache_dir``).
        progress: told what happens.
        groups: some of :data:`~lab.images.catalog.GROUPS`; built in the order of need, whatever the order here.
        keep_scratch: leave downloaded modules and compiled packages for a build that follows at once.

    Raises:
        LabError: something is missing on this machine, or a build failed. Programs that were finished stay in the cache.
    """
    return Builder(cache=cache, progress=progress).build(groups, keep_scratch=keep_scratch)


def _needs(programs: Sequence[Program]) -> scratch.Needs:
    return scratch.Needs(
        modules=sum(program.modules_mib for program in programs) * _MIB,
        objects=sum(program.objects_mib for program in programs) * _MIB,
        results=len(programs) * _RESULT_MIB * _MIB,
    )
