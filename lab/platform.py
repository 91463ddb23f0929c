# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m lab charts|supply``: what the roles of the platform install in the lab, for the role lab_host and for people."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.images import cli as images
from lab.images.builder import Artifacts, Builder
from lab.images.catalog import ON_DEMAND, PLATFORM
from lab.images.push import push
from lab.nodes.registry import Registry
from lab.settings import Settings


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a supply has done.

    Attributes:
        actions: in words; nothing when everything was there. In check mode, what would be done.
        made: what the cache holds for the groups.
    """

    actions: tuple[str, ...]
    made: Artifacts


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands. The parsed arguments hold ``run``, which takes them and the settings and returns the exit status."""
    charts = commands.add_parser("charts", help="places of the platform's charts and of helm; builds nothing")
    charts.set_defaults(run=_charts)
    supplying = commands.add_parser(
        "supply", help="build what roles of the platform need, and upload it to the registry of a lab that stands"
    )
    supplying.add_argument("--check", action="store_true", help="only tell what would be done")
    supplying.set_defaults(run=_supply)
    for command in (charts, supplying):
        command.add_argument(
            "--group",
            action="append",
            choices=(*PLATFORM, *ON_DEMAND),
            dest="groups",
            help="may be given more than once; without it all but those on demand",
        )
        command.add_argument("--json", action="store_true", help="the result as JSON, on the last line of standard output")


def supply(settings: Settings, groups: Sequence[str], *, check: bool = False) -> Delivery:
    """Bring what some roles need into the cache and into the lab's registry.

    Args:
        settings: of a lab that stands.
        groups: some of :data:`~lab.images.catalog.PLATFORM` or ``ON_DEMAND``.
        check: change nothing.

    Raises:
        LabError: a build failed, or the lab's registry does not answer.
    """
    builder = Builder(cache=settings.cache_dir, progress=images.tell)
    missing = builder.missing(groups)
    actions = [f"built: {name}" for name in missing]
    if check:
        return Delivery(tuple(actions), builder.made(groups))
    registry = Registry(settings)
    if not registry.answers():
        raise LabError(
            f"the registry of the lab {settings.name}",
            found=f"no answer at {registry.url}",
            expected="a lab that stands",
            see="`python -m lab status` tells; `python -m lab up` or `kkp` brings it up.",
        )
    made = builder.build(groups, keep_scratch=False)
    registry.write_mirrors(image.name for image in made.images)
    actions += [f"uploaded: {name}" for name in push(registry.url, made.images)]
    return Delivery(tuple(actions), made)


def places(made: Artifacts) -> dict[str, str | dict[str, str]]:
    """Where helm and the charts lie, for those who install them; helm is empty where it is not built."""
    helm = made.programs.get("helm", Path())
    return {"helm": str(helm) if helm.name else "", "charts": {name: str(place) for name, place in made.charts.items()}}


def _charts(arguments: argparse.Namespace, settings: Settings) -> int:
    made = Builder(cache=settings.cache_dir, progress=images.tell).made(arguments.groups or PLATFORM)
    _print(arguments, {"changed": False, **places(made)}, [f"{name} {place}" for name, place in made.charts.items()])
    return 0


def _supply(arguments: argparse.Namespace, settings: Settings) -> int:
    done = supply(settings, arguments.groups or PLATFORM, check=arguments.check)
    _print(arguments, {"changed": bool(done.actions), "actions": done.actions, **places(done.made)}, done.actions)
    return 0


def _print(arguments: argparse.Namespace, document: object, lines: Sequence[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in ([json.dumps(document)] if arguments.json else lines)))
