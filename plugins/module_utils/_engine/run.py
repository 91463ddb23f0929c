# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens and seals runs, and removes what killed runs have left on a cluster."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import timestamp
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.mirror import Mirror, Source
from ansible_collections.ailab.conformance.plugins.module_utils._platform.identity import RUN_LABEL
from ansible_collections.ailab.conformance.plugins.module_utils._platform.ledger import (
    Change,
    Entry,
    FileLedger,
    Step,
    changes,
    entries,
    kinds_noted,
)
from ansible_collections.ailab.conformance.plugins.module_utils._platform.removal import delete, find, restore

from . import inventory, judge, snapshot
from .codec import read
from .documents import (
    SCHEMA,
    CheckResult,
    InventorySummary,
    ObjectRef,
    RequirementResult,
    Run,
    SpecRef,
    Tool,
    Uncompared,
)
from .fidelity import least
from .inputs import CleanUp, Inventory, Opened
from .run_directory import RunDirectory, RunDirectoryError

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Cluster
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.kinds import Kind

JSON = Any

TOOL = Tool(name="ailab.conformance", version="0.1.0")


def open_run(
    cluster: Cluster,
    *,
    runs: Path,
    spec: SpecRef,
    settings: Mapping[str, JSON],
    component_namespaces: Collection[str],
    made: Collection[Kind],
) -> tuple[RunDirectory, Opened]:
    """Starts a run: its folder appears with everything that opening writes, or not at all.

    Args:
        cluster: the cluster under test.
        runs: where run directories are kept; made when it does not exist.
        spec: the checklist.
        settings: the variables of the run, for the record.
        component_namespaces: whose workloads are components of the platform.
        made: kinds that checks can make, to be counted before and after.

    Raises:
        ConformanceError: the cluster cannot be read.
        OSError: the folder cannot be written.
    """
    started = cluster.clock.now()
    run_id = f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    opened = Opened(
        schema=SCHEMA,
        run_id=run_id,
        started=timestamp(started),
        tool=TOOL,
        spec=spec,
        cluster=snapshot.take(cluster, namespaces=component_namespaces),
        settings=settings,
    )
    before = inventory.take(cluster, made=made)
    draft = RunDirectory(runs / f".{run_id}")
    try:
        draft.write_document(draft.opened_file, opened)
        draft.write_document(draft.before_file, before)
        final = draft.path.rename(runs / run_id)
    except OSError:
        shutil.rmtree(draft.path, ignore_errors=True)
        raise
    return RunDirectory(final), opened


def require_same_cluster(cluster: Cluster, opened: Opened) -> None:
    """Refuses another cluster than the one that the run was opened on.

    Raises:
        RunDirectoryError: it is another one.
        ConformanceError: the cluster cannot be read.
    """
    found = snapshot.fingerprint(cluster)
    if found != opened.cluster.fingerprint:
        raise RunDirectoryError(
            what=f"using run {opened.run_id} on {cluster.server}",
            found=f"a cluster with fingerprint {found}",
            expected=f"the one that the run was opened on, {opened.cluster.fingerprint}",
            look="the options kubeconfig, context and run_dir",
        )


def seal_run(cluster: Cluster, run: RunDirectory, *, made: Collection[Kind]) -> Run:
    """Ends a run: restores what is still changed, looks for what was left behind, writes run.json and the manifest.

    Args:
        cluster: the cluster of the run.
        run: an open run.
        made: kinds that checks can make.

    Raises:
        RunDirectoryError: it is sealed, in use, or of another cluster.
        ConformanceError: the cluster cannot be read.
        OSError: the folder cannot be read or written.
    """
    with run.in_use(alone=True):
        run.require_unsealed()
        opened = run.opened()
        require_same_cluster(cluster, opened)
        # A process that was killed has restored nothing, and after this nobody may note anything here.
        _restore(cluster, changes(run.ledger_file), ledger=FileLedger(run.ledger_file))
        run.write_document(run.after_file, inventory.take(cluster, made=made, run_id=opened.run_id))
        document = compose(run)
        for requirement in document.requirements:
            run.write_document(run.requirement(requirement.id), requirement)
        run.write_document(run.run_file, document)
        shutil.rmtree(run.leases, ignore_errors=True)
        run.seal()
    return document


def compose(run: RunDirectory) -> Run:
    """The whole run, computed from what its folder holds.

    Raises:
        MalformedDocumentError: a document is not what it should be.
        OSError: a file cannot be read.
    """
    opened = run.opened()
    before, after = read(Inventory, run.before_file), read(Inventory, run.after_file)
    leaked, uncompared = inventory.leaked(after, made=entries(run.ledger_file)), inventory.uncompared(before, after)
    requirements = tuple(
        requirement_of(run, path.stem, leaked=leaked, uncompared=uncompared) for path in sorted(run.requirements.glob("*.json"))
    )
    unknown = {item.kind for item in uncompared}
    return Run(
        schema=SCHEMA,
        run_id=opened.run_id,
        started=opened.started,
        finished=after.at,
        tool=opened.tool,
        spec=opened.spec,
        cluster=opened.cluster,
        fidelity=least(requirement.fidelity for requirement in requirements),
        settings=opened.settings,
        requirements=requirements,
        inventory=InventorySummary(
            before=inventory.counts(before, without=unknown),
            after=inventory.counts(after, without=unknown),
            leaked=tuple(leaked),
            uncompared=uncompared,
        ),
    )


def requirement_of(
    run: RunDirectory, identifier: str, *, leaked: Mapping[ObjectRef, str], uncompared: Sequence[Uncompared]
) -> RequirementResult:
    """A requirement, computed from its checks' results and from what it left behind.

    An object that carries the run's label and that no requirement has noted counts against all of them.

    Args:
        run: an open run.
        identifier: of the requirement.
        leaked: what was left behind, by whom.
        uncompared: kinds of which that cannot be told.

    Raises:
        MalformedDocumentError: a document is not what it should be.
        OSError: a file cannot be read.
    """
    stored = read(RequirementResult, run.requirement(identifier))
    clean_up = read(CleanUp, run.clean_up(identifier))
    late = [item for item, owner in leaked.items() if owner in {"", identifier}]
    doubts = inventory.doubts(uncompared, made=kinds_noted(run.ledger_file, requirement=identifier))
    if late:
        clean_up = CleanUp(leaked=(*clean_up.leaked, *(item for item in late if item not in clean_up.leaked)))
    clean_up = replace(clean_up, doubts=(*clean_up.doubts, *doubts))
    results = [read(CheckResult, run.result(check)) for check in stored.checks]
    about = judge.Requirement(id=stored.id, category=stored.category, level=stored.level)
    return judge.requirement(about, results, clean_up, withheld=stored.withheld)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """What became of one run's objects.

    Attributes:
        run_id: of the run; the folder's name where it cannot be read.
        removed: objects that are gone now, or would be, in check mode.
        restored: paths of objects that are what they were again, or would be.
        skipped: why nothing was done; empty when something was, or when there was nothing to do.
    """

    run_id: str
    removed: tuple[ObjectRef, ...] = ()
    restored: tuple[str, ...] = ()
    skipped: str = ""


def clean_run(cluster: Cluster, run: RunDirectory, *, seconds: float, dry: bool) -> Cleaned:
    """Restores what a run has changed and removes what it has left on the cluster. What its folder says stays as it is.

    Args:
        cluster: the cluster.
        run: of this tool; its ledger says what to look for.
        seconds: by when everything must be gone.
        dry: only say what would be done.

    Raises:
        ConformanceError: the cluster cannot be asked, or something does not go. The rest was tried.
    """
    try:
        opened = run.opened()
        require_same_cluster(cluster, opened)
        with run.in_use(alone=True):
            # Sealing has restored everything. What somebody has made of it since then is theirs.
            changed = [] if run.is_sealed else changes(run.ledger_file)
            cleaned = _cleaned(cluster, run, opened, changed=changed, made=entries(run.ledger_file), seconds=seconds, dry=dry)
            if not dry:
                shutil.rmtree(run.leases, ignore_errors=True)
            return cleaned
    except RunDirectoryError as problem:
        return Cleaned(run_id=run.path.name, skipped=str(problem))


def clean_requirement(cluster: Cluster, run: RunDirectory, requirement: str, *, seconds: float) -> Cleaned:
    """The same for one requirement of a run in which others may still be at work, by who has worked on it and was interrupted.

    Args:
        cluster: the cluster of the run.
        run: an open run.
        requirement: its id.
        seconds: by when everything must be gone.

    Raises:
        RunDirectoryError: it is no run, or of another cluster.
        ConformanceError: the cluster cannot be asked, or something does not go. The rest was tried.
    """
    opened = run.opened()
    require_same_cluster(cluster, opened)
    changed = [change for change in changes(run.ledger_file) if change.requirement == requirement]
    made = [entry for entry in entries(run.ledger_file) if entry.requirement == requirement]
    return _cleaned(cluster, run, opened, changed=changed, made=made, seconds=seconds, dry=False)


def _cleaned(
    cluster: Cluster,
    run: RunDirectory,
    opened: Opened,
    *,
    changed: Sequence[Change],
    made: Sequence[Entry],
    seconds: float,
    dry: bool,
) -> Cleaned:
    left, ledger = _left(cluster, opened, made), FileLedger(run.ledger_file)
    if not dry:
        try:
            _restore(cluster, changed, ledger=ledger)
        finally:
            _remove(cluster, left, run_id=opened.run_id, seconds=seconds)
            for entry in () if run.is_sealed else left:
                ledger.note(Step.GONE, entry)
    removed = tuple(ObjectRef(kind=entry.kind, namespace=entry.namespace, name=entry.name, uid=entry.uid) for entry in left)
    return Cleaned(run_id=opened.run_id, removed=removed, restored=tuple(change.path for change in changed))


def _left(cluster: Cluster, opened: Opened, made: Sequence[Entry]) -> list[Entry]:
    found = ((entry, find(cluster, entry, run_id=opened.run_id)) for entry in made)
    return [replace(entry, uid=item["metadata"]["uid"]) for entry, item in found if item is not None]


def _restore(cluster: Cluster, changed: Sequence[Change], *, ledger: FileLedger) -> None:
    problems: list[ConformanceError] = []
    for change in changed:
        try:
            restore(cluster, change)
        except ConformanceError as problem:
            problems.append(problem)
        else:
            ledger.note(Step.RESTORED, change)
    if problems:
        raise problems[0]


def _remove(cluster: Cluster, left: Sequence[Entry], *, run_id: str, seconds: float) -> None:
    if not left:
        return
    sources = {entry.kind: Source(path=entry.of.collection(), labels=f"{RUN_LABEL}={run_id}") for entry in left}
    with Mirror(cluster, sources, seconds=seconds) as mirror:
        for entry in reversed(left):
            delete(cluster, entry, uid=entry.uid)
        gone = mirror.until(lambda view: not any(view.by_uid(entry.kind, entry.uid) for entry in left) or None, seconds=seconds)
    if gone is None:
        raise ConformanceError(
            what=f"cleaning up run {run_id}",
            found=f"objects with its label still there after {seconds:g} s",
            expected="none",
            look=f"kubectl get {','.join(sorted(sources))} --all-namespaces -l {RUN_LABEL}={run_id}, and their finalizers",
        )
