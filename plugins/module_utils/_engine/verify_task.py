# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task of the modules verify_*. Options must be kept in sync with plugins/doc_fragments/verify.py."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform.allocators import Allocator
from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import Settings, unusable

from .cluster_options import CLUSTER_SPEC, cluster_from
from .codec import dump
from .entry import Call, Entry, Outcome
from .interruption import ending_with
from .run import clean_requirement
from .run_directory import RunDirectory
from .verdict import Verdict
from .verification import Verified, look, verify

if TYPE_CHECKING:
    from .suite import Suite

JSON = Any

VERIFY_SPEC: Mapping[str, Mapping[str, JSON]] = {
    **CLUSTER_SPEC,
    "run_dir": {"type": "path", "required": True},
    "device_class": {"type": "str", "default": "gpu.nvidia.com"},
    "probe_image": {"type": "str", "default": "docker.io/library/busybox:1.36"},
    "tolerations": {
        "type": "list",
        "elements": "dict",
        "default": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
    },
    "accelerator_label": {"type": "str", "default": "nvidia.com/gpu.present=true"},
    "accelerator_resource": {"type": "str", "default": "nvidia.com/gpu"},
    "namespace_prefix": {"type": "str", "default": "ai-conformance"},
    "start_seconds": {"type": "float", "default": 60.0},
    "settle_seconds": {"type": "float", "default": 2.0},
    "cleanup_seconds": {"type": "float", "default": 60.0},
    "allocator": {"type": "str", "choices": ["auto", *(allocator.value for allocator in Allocator)], "default": "auto"},
    "checks": {"type": "list", "elements": "str", "default": []},
    "allow_disruptive": {"type": "bool", "default": False},
    "max_nodes_added": {"type": "int", "default": 1},
    "max_minutes": {"type": "float", "default": 30.0},
    "max_parallel": {"type": "int", "default": 0},
    "accept": {"type": "list", "elements": "str", "choices": [verdict.value for verdict in Verdict], "default": [Verdict.PASS.value]},
}

_HALT_SECONDS = 3.0
"""How long an interrupted task waits for the answers to what it has asked already."""

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_PREFIX = re.compile(r"[a-z]([-a-z0-9]{0,22}[a-z0-9])?")
_LABEL = re.compile(r"[A-Za-z0-9./_-]{1,317}=[A-Za-z0-9._-]{0,63}")
_IMAGE = re.compile(r"\S+")
_LEAST = (
    ("start_seconds", 1.0, "seconds"),
    ("settle_seconds", 0.5, "seconds"),
    ("cleanup_seconds", 1.0, "seconds"),
    ("max_minutes", 0.1, "minutes"),
    ("max_nodes_added", 0, "nodes"),
    ("max_parallel", 0, "sides of checks"),
)


def verify_entry(suite: Suite) -> Entry:
    """The task that verifies one requirement."""

    def task(call: Call) -> Outcome:
        options, settings = call.options, settings_from(call.options, suite=suite)
        wanted = [check.id for check in suite.selected(options["checks"])]
        with cluster_from(options) as cluster:
            if call.check_mode:
                looked = look(cluster, suite=suite, settings=settings, checks=wanted)
                return outcome(looked, accept=[*options["accept"], Verdict.NOT_RUN.value])
            run = RunDirectory(Path(options["run_dir"]))

            def clean() -> None:
                cluster.halt(seconds=_HALT_SECONDS)
                # A way of its own: threads that will not be waited for have the other one.
                with cluster_from(options) as fresh:
                    clean_requirement(fresh, run, suite.about.id, seconds=settings.cleanup_seconds)

            with ending_with(clean):
                return outcome(verify(cluster, suite=suite, settings=settings, run=run, checks=wanted), accept=options["accept"])

    return Entry(task=task, argument_spec={**VERIFY_SPEC, **suite.options})


def settings_from(options: Mapping[str, JSON], *, suite: Suite) -> Settings:
    """The settings of the options, the requirement's own among them.

    Raises:
        ConformanceError: a value cannot be used. Nothing has been made then.
    """
    for name, pattern, expected in (
        ("device_class", _SUBDOMAIN, "the name of a DeviceClass: lower case letters, digits, dots and hyphens"),
        ("namespace_prefix", _PREFIX, "at most 24 lower case letters, digits and hyphens, a letter first"),
        ("accelerator_label", _LABEL, "key=value"),
        ("probe_image", _IMAGE, "the name of an image"),
    ):
        if not pattern.fullmatch(str(options[name])):
            raise unusable(name, options[name], expected=expected)
    for name, least, unit in _LEAST:
        if not options[name] >= least:
            raise unusable(name, options[name], expected=f"at least {least:g} {unit}")
    names = set(Settings.__dataclass_fields__)
    common = {name: value for name, value in options.items() if name in names}
    return Settings(**{**common, "tolerations": tuple(options["tolerations"]), "own": suite.settings_of(options)})


def outcome(verified: Verified, *, accept: Sequence[str]) -> Outcome:
    """What a task returns. It fails when the verdict is not among the accepted ones."""
    requirement = verified.requirement
    failed = requirement.verdict not in accept
    return Outcome(
        failed=failed,
        message=f"{requirement.id}: {requirement.verdict} ({requirement.reason}). {requirement.sentence}",
        values={
            "verdict": requirement.verdict.value,
            "reason": requirement.reason,
            "sentence": requirement.sentence,
            "fidelity": requirement.fidelity.value,
            "requirement": dump(requirement),
            "checks": [
                {
                    **{key: value for key, value in dump(result).items() if key in _SHOWN},
                    "control": {key: value for key, value in dump(result.control).items() if key != "variant"},
                }
                for result in verified.results
            ],
            "withheld": list(verified.withheld),
        },
    )


_SHOWN = frozenset({"id", "title", "mandatory", "verdict", "reason", "sentence", "fidelity", "seconds"})
