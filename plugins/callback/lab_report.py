# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints what a verification finds: a line for each check when it has ended, and a table at the end of the play."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lab_report
type: aggregate
version_added: 0.1.0
short_description: Show the verdicts of a verification while it runs and as a table at its end
author:
  - The ailab.conformance authors (@ailab)
description:
  - Prints a line for each check when its verdict is final, while the other checks of its requirement go on. When the requirement is
    finished comes a line with the checks that were withheld, as in check mode those that make something, and one with its verdict. At the
    end comes a table with requirement, verdict, fidelity, seconds and one sentence, and the path of the report that was written.
  - The lines of checks come from the run directory that M(ailab.conformance.conformance_run) opened in the same playbook. Where the run
    directory is on another machine, in check mode, and for a task with C(no_log), nothing is known before the task ends, and its
    checks' lines are printed then. With several clusters, lines name the cluster, too.
  - The table has the order of the checklist where a report was written, else that in which the requirements were finished.
  - Reads the results of C(verify_*) tasks and of M(ailab.conformance.conformance_report). Plays without either of them print nothing more.
  - Fits the width of the terminal, or E(COLUMNS). Without a terminal it is 100 columns wide. Colours follow Ansible's own settings,
    E(NO_COLOR) among them.
requirements:
  - enable in configuration, C(callbacks_enabled = ailab.conformance.lab_report)
options:
  live:
    description: Whether to print the lines of checks and requirements while the play runs. The table is printed anyway.
    type: bool
    default: true
    ini:
      - section: callback_lab_report
        key: live
    env:
      - name: AILAB_LAB_REPORT_LIVE
"""

import contextlib
import dataclasses
import shutil
import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.plugins.callback import CallbackBase
from ansible.utils.color import stringc
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_directory import RunDirectory
from ansible_collections.ailab.conformance.plugins.module_utils._report.fresh import FreshResults
from ansible_collections.ailab.conformance.plugins.module_utils._report.table import Paint, Row, printable, render, wrap
from ansible_collections.ailab.conformance.plugins.plugin_utils.looking import Looking

if TYPE_CHECKING:
    from ansible.executor.stats import AggregateStats
    from ansible.executor.task_result import CallbackTaskResult
    from ansible.inventory.host import Host
    from ansible.playbook.task import Task

Said = tuple[str, str, float, str]
"""What a line says of a check: id, verdict, seconds, sentence."""

_COLOURS = {"pass": "green", "fail": "red", "error": "red", "inconclusive": "yellow", "not_run": "yellow", "withheld": "yellow"}
_WITHOUT_TERMINAL = 100
_INDENT = "  "
_LOOK_SECONDS = 0.3
_VERIFY = "verify_"
_RUN = "conformance_run"
_REPORT = "conformance_report"


class CallbackModule(CallbackBase):
    """Collects verdicts from task results; knows the cluster and the run directory only from them."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "ailab.conformance.lab_report"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._verified: dict[tuple[str, str], Row] = {}
        self._reported: dict[tuple[str, str], Row] = {}
        self._reports: list[Mapping[str, Any]] = []
        self._looking = Looking(self._look, seconds=_LOOK_SECONDS)
        # What follows is used by the thread that looks, too, and by no worker.
        self._lock = threading.Lock()
        self._clusters: set[str] = set()
        self._open: dict[Path, tuple[str, FreshResults]] = {}
        self._begun: set[str] = set()
        self._hidden: set[str] = set()
        self._shown: Counter[Said] = Counter()

    def v2_runner_on_start(self, _host: Host, task: Task) -> None:
        """A task begins: if it is a verification, the results of its checks will come into the run directory."""
        requirement = _requirement(task.action)
        if not requirement or not self.get_option("live"):
            return
        with self._lock:
            # A template here is filled in by the worker alone.
            (self._hidden if task.no_log else self._begun).add(requirement)
        if self._open:
            self._looking.start()

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        """A task ended well: a verdict that was accepted, or a report."""
        self._take(result, failed=False)

    def v2_runner_on_failed(self, result: CallbackTaskResult, *_: bool, **__: bool) -> None:
        """A task failed: a verdict that was not accepted, or a verification that never came to one."""
        self._take(result, failed=True)

    def v2_playbook_on_stats(self, _stats: AggregateStats) -> None:
        """The end: the table, and where the report lies."""
        self._looking.stop()
        rows = self._rows()
        if rows:
            self._print(["", *self._table(rows)], coloured=["", *self._table(rows, paint=_paint)])
        for report in self._reports:
            word = "rehearsal" if report["rehearsal"] else "submission"
            self._print(["", f"The {word} for {report['kubernetes_version']} is written: {report['report']}"])

    def _take(self, result: CallbackTaskResult, *, failed: bool) -> None:
        action, host = str(result.task_fields.get("action", "")), result.host.get_name()
        name, requirement = action.rpartition(".")[2], _requirement(action)
        if name == _REPORT and not failed:
            self._report(result.result, cluster=host)
        elif name == _RUN and result.result.get("run_id"):
            self._follow(RunDirectory(Path(result.result["run_dir"])), cluster=host)
        elif requirement:
            row = _row(result.result, requirement=requirement, failed=failed)
            if row:
                # The check host of a requirement is named after it and its cluster.
                cluster = host.removeprefix(f"{row.requirement}.")
                self._verified[cluster, row.requirement] = row
                self._finish(result.result, row, cluster=cluster, check_mode=bool(result.task_fields.get("check_mode")))

    def _follow(self, run: RunDirectory, *, cluster: str) -> None:
        """Looks for results in a run from now on; not any more when it is sealed."""
        with self._lock:
            self._clusters.add(cluster)
            self._open.pop(run.path, None)
            if not run.is_sealed:
                self._open[run.path] = cluster, FreshResults(run)

    def _report(self, result: Mapping[str, Any], *, cluster: str) -> None:
        self._reports.append(result)
        for entry in result["requirements"]:
            if entry["verdict"]:
                self._reported[cluster, entry["requirement"]] = _known(entry, requirement=entry["requirement"])

    def _look(self) -> None:
        """Prints the checks that have ended since the last look."""
        with self._lock:
            for cluster, results in self._open.values():
                for result in results.look():
                    if result.requirement in self._begun - self._hidden:
                        said = result.id, result.verdict.value, result.seconds, result.sentence
                        self._shown[said] += 1
                        self._line(self._named(result.requirement, cluster), *said)

    def _finish(self, result: Mapping[str, Any], row: Row, *, cluster: str, check_mode: bool) -> None:
        """Prints what was not printed yet of a requirement that is finished."""
        if not self.get_option("live"):
            return
        self._look()
        name = self._named(row.requirement, cluster)
        with self._lock:
            for check in result.get("checks", []):
                said = check["id"], check["verdict"], check["seconds"], check["sentence"]
                if self._shown[said]:
                    self._shown[said] -= 1
                else:
                    self._line(name, *said)
            if withheld := result.get("withheld"):
                why = "in check mode nothing is made" if check_mode else "not asked for"
                self._line(name, ", ".join(withheld), "withheld", None, why)
            self._line(name, "", row.verdict, row.seconds, row.sentence)

    def _named(self, requirement: str, cluster: str) -> str:
        return f"{requirement} on {cluster}" if len(self._clusters) > 1 else requirement

    def _line(self, requirement: str, checks: str, verdict: str, seconds: float | None, sentence: str) -> None:
        name, took = f"{requirement} {checks}".rstrip(), "" if seconds is None else f" in {seconds:.1f} s"
        head, *more = wrap(printable(f"{name}: {verdict}{took}, {sentence}", unicode=_unicode()), _width() - 2 * len(_INDENT))
        more = [f"{_INDENT}{_INDENT}{line}" for line in more]
        painted = head.replace(f": {verdict}", f": {_paint(verdict, verdict)}", 1)
        self._print([f"{_INDENT}{head}", *more], coloured=[f"{_INDENT}{painted}", *more])

    def _rows(self) -> list[Row]:
        """What was verified here, else what a report said; with the name of the cluster where several have the same.

        Check hosts end in any order, and the table of a run is that of the next one: as the checklist has it, the clusters by name.
        """
        verified = {requirement for _, requirement in self._verified}
        rows = {**self._verified, **{key: row for key, row in self._reported.items() if key[1] not in verified}}
        names = [requirement for _, requirement in rows]
        listed = [entry["requirement"] for report in self._reports for entry in report["requirements"]]
        place = {requirement: n for n, requirement in reversed(list(enumerate([*listed, *names])))}
        return [
            dataclasses.replace(row, requirement=f"{requirement} on {cluster}" if names.count(requirement) > 1 else requirement)
            for (cluster, requirement), row in sorted(rows.items(), key=lambda item: (place[item[0][1]], item[0][0]))
        ]

    def _table(self, rows: list[Row], *, paint: Paint | None = None) -> list[str]:
        return render(rows, width=_width(), unicode=_unicode(), paint=paint)

    def _print(self, plain: Sequence[str], *, coloured: Sequence[str] | None = None) -> None:
        """Prints lines in one piece, at once: where there is no terminal, they would wait for the next task.

        Colour is for the screen alone: a log file gets the plain lines.
        """
        self._display.display("\n".join(coloured or plain), screen_only=True)
        for line in plain:
            self._display.display(line, log_only=True)
        with contextlib.suppress(OSError):
            sys.stdout.flush()


def _requirement(action: str) -> str:
    """The requirement that a task verifies; empty for a task that does something else."""
    name = action.rpartition(".")[2]
    return name.removeprefix(_VERIFY) if name.startswith(_VERIFY) else ""


def _row(result: Mapping[str, Any], *, requirement: str, failed: bool) -> Row | None:
    """The row of a verify task; None where it says nothing, as when it was skipped or its result is hidden."""
    if result.get("verdict"):
        return _known({**result["requirement"], **result}, requirement=result["requirement"]["id"])
    if failed:
        return Row(requirement=requirement, verdict="error", fidelity="-", seconds=None, sentence=str(result.get("msg", "no message")))
    return None


def _known(entry: Mapping[str, Any], *, requirement: str) -> Row:
    return Row(
        requirement=requirement,
        verdict=entry["verdict"],
        fidelity=entry["fidelity"],
        seconds=entry["seconds"],
        sentence=entry["sentence"],
    )


def _paint(verdict: str, cell: str) -> str:
    """Colours a cell where Ansible colours its own output."""
    return str(stringc(cell, _COLOURS.get(verdict, "normal")))


def _width() -> int:
    return shutil.get_terminal_size(fallback=(_WITHOUT_TERMINAL, 24)).columns


def _unicode() -> bool:
    """Whether standard output takes the characters of the table."""
    try:
        "─…".encode(sys.stdout.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True
