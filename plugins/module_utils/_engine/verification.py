# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifies one requirement: from the connection to the documents."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ansible_collections.ailab.conformance.plugins.module_utils._platform import rights
from ansible_collections.ailab.conformance.plugins.module_utils._platform.identity import Identity
from ansible_collections.ailab.conformance.plugins.module_utils._platform.ledger import FileLedger, NoLedger
from ansible_collections.ailab.conformance.plugins.module_utils._platform.stock import NO_STOCK, take_stock
from ansible_collections.ailab.conformance.plugins.module_utils._platform.workspace import Workspace

from . import judge, record
from .documents import CheckResult, ObjectRef, RequirementResult
from .execute import Examined, examine
from .inputs import CleanUp
from .leases import joined
from .run import require_same_cluster
from .suite import Suite, needs_of

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.ledger import Entry
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import Settings

    from .run_directory import RunDirectory

_NOBODY = "00000000T000000Z-000000"
"""Run id of a look that makes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What is known about a requirement now.

    Attributes:
        requirement: its verdict.
        results: of the checks that were run.
        withheld: ids of the checks that were not, because they make objects or were not asked for.
    """

    requirement: RequirementResult
    results: tuple[CheckResult, ...]
    withheld: tuple[str, ...] = ()


def verify(cluster: Cluster, *, suite: Suite, settings: Settings, run: RunDirectory, checks: Sequence[str] = ()) -> Verified:
    """Runs the checks of a requirement and writes what was seen and concluded, of each check as soon as it has ended.

    Args:
        cluster: the API server.
        suite: the requirement and its checks.
        settings: options of the run.
        run: where the evidence goes.
        checks: ids of the checks to run; all when empty. The requirement is not decided by some of them, unless one fails.

    Raises:
        RunDirectoryError: the run is sealed, in use, or of another cluster.
        MissingRightsError: the credentials do not allow what the checks do.
        ConformanceError: the cluster cannot be asked, so that no check could start.
        OSError: the run directory cannot be written.
    """
    about, selected = suite.about, suite.selected(checks)
    with run.in_use():
        run.require_unsealed()
        opened = run.opened()
        require_same_cluster(cluster, opened)
        identity = Identity(run_id=opened.run_id, requirement=about.id)
        name = re.sub(r"[^a-z0-9.-]", "-", f"{settings.device_class}-{settings.accelerator_resource}-{settings.allocator}")
        with joined(run.leases, name=name, measure=lambda: take_stock(cluster, settings), at_once=settings.max_parallel) as leases:
            workspace = Workspace(
                cluster=cluster,
                identity=identity,
                settings=settings,
                ledger=FileLedger(run.ledger_file),
                allocator=leases.stock.chosen,
            )
            rights.require(cluster, needs_of(selected, settings.own).all_rights(), namespace=workspace.namespace)
            with workspace:
                results = examine(selected, workspace=workspace, leases=leases, conclude=lambda item: _written(run, item))
        clean_up = CleanUp(leaked=tuple(_ref(entry) for entry in workspace.leaked), problem=str(workspace.problem or ""))
        withheld = tuple(check.id for check in suite.checks if check not in selected)
        requirement = judge.requirement(about, results, clean_up, withheld=withheld)
        run.write_document(run.clean_up(about.id), clean_up)
        run.write_document(run.requirement(about.id), requirement)
        return Verified(requirement=requirement, results=results, withheld=withheld)


def look(cluster: Cluster, *, suite: Suite, settings: Settings, checks: Sequence[str] = ()) -> Verified:
    """Runs the checks that only read, and writes nothing: check mode.

    The requirement is not decided by them, unless one of them fails.

    Args:
        cluster: the API server.
        suite: the requirement and its checks.
        settings: options of the run.
        checks: ids of the checks to run; all when empty.

    Raises:
        MissingRightsError: the credentials do not allow what the checks do.
        ConformanceError: the cluster cannot be asked, so that no check could start.
    """
    reading = [check for check in suite.selected(checks) if check.reads_only]
    rights.require(cluster, needs_of(reading, reading_only=True).all_rights(), namespace="")
    identity = Identity(run_id=_NOBODY, requirement=suite.about.id)
    workspace = Workspace(cluster=cluster, identity=identity, settings=settings, ledger=NoLedger())
    with (
        tempfile.TemporaryDirectory(prefix="ailab-conformance-") as folder,
        joined(Path(folder), name="nothing", measure=lambda: NO_STOCK) as leases,
    ):
        results = examine(reading, workspace=workspace, leases=leases, conclude=_judged)
    withheld = tuple(check.id for check in suite.checks if check not in reading)
    return Verified(requirement=judge.requirement(suite.about, results, CleanUp(), withheld=withheld), results=results, withheld=withheld)


def _judged(item: Examined) -> CheckResult:
    return judge.result(item.check, subject=item.subject, control=item.control)


def _written(run: RunDirectory, item: Examined) -> CheckResult:
    """The result of a check, which is in the run directory with what it was judged from before the next check ends.

    Who waits for the others can read it there, and it outlives a process that is killed.
    """
    result = _judged(item)
    run.write(run.observations(result.id), record.lines(subject=item.subject, control=item.control))
    run.write_document(run.result(result.id), result)
    return result


def _ref(entry: Entry) -> ObjectRef:
    return ObjectRef(kind=entry.kind, namespace=entry.namespace, name=entry.name, uid=entry.uid)
