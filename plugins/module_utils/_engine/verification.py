# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifies one requirement: from the connection to the documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform import rights
from ansible_collections.ailab.conformance.plugins.module_utils._platform.identity import Identity
from ansible_collections.ailab.conformance.plugins.module_utils._platform.ledger import FileLedger, NoLedger
from ansible_collections.ailab.conformance.plugins.module_utils._platform.survey import survey
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workspace import Workspace

from . import judge, record
from .documents import CheckResult, ObjectRef, RequirementResult
from .execute import Examined, examine
from .inputs import CleanUp
from .run import require_same_cluster

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.ledger import Entry
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import Settings

    from .check import Check
    from .judge import Requirement
    from .run_directory import RunDirectory

_NOBODY = "00000000T000000Z-000000"
"""Run id of a look that makes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What is known about a requirement now.

    Attributes:
        requirement: its verdict.
        results: of the checks that were run.
        withheld: ids of the checks that were not, because they make objects.
    """

    requirement: RequirementResult
    results: tuple[CheckResult, ...]
    withheld: tuple[str, ...] = ()


def verify(cluster: Cluster, *, about: Requirement, checks: Sequence[Check[Any]], settings: Settings, run: RunDirectory) -> Verified:
    """Runs all checks of a requirement and writes what was seen and concluded.

    Raises:
        RunDirectoryError: the run is sealed, in use, or of another cluster.
        MissingRightsError: the credentials do not allow what the checks do.
        ConformanceError: the cluster cannot be asked, so that no check could start.
        OSError: the run directory cannot be written.
    """
    with run.in_use():
        run.require_unsealed()
        opened = run.opened()
        require_same_cluster(cluster, opened)
        identity = Identity(run_id=opened.run_id, requirement=about.id)
        workspace = Workspace(cluster=cluster, identity=identity, settings=settings, ledger=FileLedger(run.ledger_file))
        rights.require(cluster, list(rights.probing()), namespace=workspace.namespace)
        with workspace:
            examined = examine(checks, workspace=workspace, accelerators=len(survey(cluster, settings.device_class).free))
        clean_up = CleanUp(leaked=tuple(_ref(entry) for entry in workspace.leaked), problem=str(workspace.problem or ""))
        return _written(run, about, examined, clean_up)


def look(cluster: Cluster, *, about: Requirement, checks: Sequence[Check[Any]], settings: Settings) -> Verified:
    """Runs the checks that only read, and writes nothing: check mode.

    The requirement is not decided by them, unless one of them fails.

    Raises:
        MissingRightsError: the credentials do not allow what the checks do.
        ConformanceError: the cluster cannot be asked, so that no check could start.
    """
    rights.require(cluster, list(rights.reading()), namespace="")
    identity = Identity(run_id=_NOBODY, requirement=about.id)
    workspace = Workspace(cluster=cluster, identity=identity, settings=settings, ledger=NoLedger())
    examined = examine([check for check in checks if check.reads_only], workspace=workspace, accelerators=0)
    results = tuple(judge.result(item.check, subject=item.subject, control=item.control) for item in examined)
    withheld = tuple(check.id for check in checks if not check.reads_only)
    return Verified(requirement=judge.requirement(about, results, CleanUp(), withheld=withheld), results=results, withheld=withheld)


def _written(run: RunDirectory, about: Requirement, examined: Sequence[Examined], clean_up: CleanUp) -> Verified:
    results = tuple(judge.result(item.check, subject=item.subject, control=item.control) for item in examined)
    for item, result in zip(examined, results, strict=True):
        run.write(run.observations(result.id), record.lines(subject=item.subject, control=item.control))
        run.write_document(run.result(result.id), result)
    requirement = judge.requirement(about, results, clean_up)
    run.write_document(run.clean_up(about.id), clean_up)
    run.write_document(run.requirement(about.id), requirement)
    return Verified(requirement=requirement, results=results)


def _ref(entry: Entry) -> ObjectRef:
    return ObjectRef(kind=entry.kind, namespace=entry.namespace, name=entry.name, uid=entry.uid)
