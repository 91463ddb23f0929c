# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m lab images``: build, list, push and prune, for people and for the role lab_host."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from dataclasses import asdict
from types import FrameType
from typing import NoReturn

from lab.images import builder, push
from lab.images.builder import Artifacts, Event
from lab.images.catalog import CHOICES, GROUPS, ON_DEMAND
from lab.images.charts import CHARTS
from lab.images.contents import IMAGES
from lab.images.programs import PROGRAMS, WHEELS
from lab.settings import Settings

_MIB = 1 << 20


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command ``images``. The parsed arguments hold ``run``, which takes them and returns the exit status."""
    images = commands.add_parser("images", help="programs and images that the lab builds from source")
    actions = images.add_subparsers(dest="action", required=True, metavar="ACTION")

    build = actions.add_parser("build", help="build what is missing in the cache")
    _common(build)
    build.add_argument("--check", action="store_true", help="build nothing, only tell what is missing")
    build.add_argument("--keep-scratch", action="store_true", help="keep downloads and compiled packages: another build follows at once")
    build.set_defaults(run=_build)

    listing = actions.add_parser("list", help="what there is to build, in the order of need")
    listing.add_argument("--json", action="store_true", help="print JSON")
    listing.set_defaults(run=_list)

    pushing = actions.add_parser("push", help="upload the images to a registry, what it has already excepted")
    _common(pushing)
    pushing.add_argument("--registry", required=True, metavar="URL", help="for example http://127.0.0.1:5000")
    pushing.set_defaults(run=_push, keep_scratch=False)

    pruning = actions.add_parser("prune", help="remove what an earlier catalog or an interrupted build has left")
    pruning.set_defaults(run=_prune)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--group", action="append", choices=CHOICES, dest="groups", help="may be given more than once; without it all but those on demand"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def tell(event: Event) -> None:
    """Write one line about an event to stderr."""
    number, total = event.position
    head = f"images {number}/{total} {event.name}"
    lines = {
        "start": f"{head}: building, {event.expected:.0f} s expected on two idle cores",
        "alive": f"{head}: building for {event.elapsed:.0f} s, {event.expected:.0f} s expected",
        "done": f"{head}: done in {event.elapsed:.1f} s",
        "waiting": f"images: waiting for {event.name}, {event.detail}",
    }
    sys.stderr.write(f"{lines[event.state]}\n")
    sys.stderr.flush()


def _artifacts(arguments: argparse.Namespace, settings: Settings) -> Artifacts:
    # A terminated builder is to take its compiler with it, as Ctrl-C does.
    signal.signal(signal.SIGTERM, _leave)
    groups = arguments.groups or GROUPS
    return builder.build(groups=groups, cache=settings.cache_dir, progress=tell, keep_scratch=arguments.keep_scratch)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _build(arguments: argparse.Namespace, settings: Settings) -> int:
    missing = builder.Builder(cache=settings.cache_dir, progress=tell).missing(arguments.groups or GROUPS)
    if arguments.check:
        _print_line({"changed": bool(missing), "missing": missing})
        return 0
    made = _artifacts(arguments, settings)
    if arguments.json:
        _print_line(
            {
                "changed": bool(missing),
                "digest": made.digest,
                "programs": {name: str(place) for name, place in made.programs.items()},
                "images": [{"name": image.name, "digest": image.digest, "layout": str(image.layout)} for image in made.images],
                "charts": {name: str(place) for name, place in made.charts.items()},
            }
        )
    else:
        counted = f"{len(made.programs)} programs, {len(made.images)} images and {len(made.charts)} charts"
        sys.stdout.write(f"{counted} in {settings.cache_dir}\n")
    return 0


def _list(arguments: argparse.Namespace, _settings: Settings) -> int:
    if arguments.json:
        kinds = {"programs": (*PROGRAMS, *WHEELS), "images": IMAGES, "charts": CHARTS}
        _print_json({kind: [asdict(item) for item in items] for kind, items in kinds.items()})
        return 0
    for group in (*GROUPS, *ON_DEMAND):
        for program in (*PROGRAMS, *WHEELS):
            if group in program.groups:
                names = ", ".join((*program.files, *program.links))
                sys.stdout.write(f"{group:19} program  {program.name} {program.version}  about {program.expected_seconds} s: {names}\n")
        for image in IMAGES:
            if group in image.groups:
                sys.stdout.write(f"{group:19} image    {image.name}\n")
        for chart in CHARTS:
            if group in chart.groups:
                sys.stdout.write(f"{group:19} chart    {chart.name} {chart.version}\n")
    return 0


def _push(arguments: argparse.Namespace, settings: Settings) -> int:
    made = _artifacts(arguments, settings)
    sent = push.push(arguments.registry, made.images)
    if arguments.json:
        _print_line({"changed": bool(sent), "sent": sent, "images": [image.name for image in made.images]})
    else:
        sys.stdout.write(f"{len(sent)} of {len(made.images)} images sent to {arguments.registry}\n")
    return 0


def _prune(_arguments: argparse.Namespace, settings: Settings) -> int:
    freed = builder.Builder(cache=settings.cache_dir, progress=tell).prune()
    sys.stdout.write(f"{freed / _MIB:.0f} MiB freed in {settings.cache_dir}\n")
    return 0


def _print_line(document: object) -> None:
    """Write a result: one line, the last of the output."""
    sys.stdout.write(f"{json.dumps(document)}\n")


def _print_json(document: object) -> None:
    json.dump(document, sys.stdout, indent=2)
    sys.stdout.write("\n")
