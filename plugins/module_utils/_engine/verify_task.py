# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task of the modules verify_*. Options must be kept in sync with plugins/doc_fragments/verify.py."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import Settings

from .cluster_options import CLUSTER_SPEC, cluster_from
from .codec import dump
from .entry import Call, Entry, Outcome
from .run_directory import RunDirectory
from .verdict import Verdict
from .verification import Verified, look, verify

if TYPE_CHECKING:
    from .check import Check
    from .judge import Requirement

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
    "accept": {"type": "list", "elements": "str", "choices": [verdict.value for verdict in Verdict], "default": [Verdict.PASS.value]},
}

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_PREFIX = re.compile(r"[a-z]([-a-z0-9]{0,22}[a-z0-9])?")
_LABEL = re.compile(r"[A-Za-z0-9./_-]{1,317}=[A-Za-z0-9._-]{0,63}")
_IMAGE = re.compile(r"\S+")


def verify_entry(about: Requirement, checks: Sequence[Check[Any]]) -> Entry:
    """The task that verifies one requirement.

    Args:
        about: the requirement.
        checks: that prove it.
    """

    def task(call: Call) -> Outcome:
        options, settings = call.options, settings_from(call.options)
        with cluster_from(options) as cluster:
            if call.check_mode:
                looked = look(cluster, about=about, checks=checks, settings=settings)
                return outcome(looked, accept=[*options["accept"], Verdict.NOT_RUN.value])
            run = RunDirectory(Path(options["run_dir"]))
            return outcome(verify(cluster, about=about, checks=checks, settings=settings, run=run), accept=options["accept"])

    return Entry(task=task, argument_spec=VERIFY_SPEC)


def settings_from(options: Mapping[str, JSON]) -> Settings:
    """The settings of the options.

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
            raise _unusable(name, options[name], expected)
    for name, least in (("start_seconds", 1.0), ("settle_seconds", 0.5), ("cleanup_seconds", 1.0)):
        if not options[name] >= least:
            raise _unusable(name, options[name], f"at least {least:g} seconds")
    names = set(Settings.__dataclass_fields__)
    return Settings(**{**{name: value for name, value in options.items() if name in names}, "tolerations": tuple(options["tolerations"])})


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


def _unusable(name: str, found: JSON, expected: str) -> ConformanceError:
    look = "the task's options and the group_vars"
    return ConformanceError(what=f"reading option {name}", found=repr(found), expected=expected, look=look)
