# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints what a verification found: a line for each finished check, and a table at the end of the play."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lab_report
type: aggregate
version_added: 0.1.0
short_description: Show the verdicts of a verification while it runs and as a table at its end
author:
  - The ailab.conformance authors (@ailab)
description:
  - Prints a line for each check as soon as its requirement is finished, and one with the checks that were withheld, as in check mode those
    that make something. At the end comes a table with requirement, verdict, fidelity, seconds and one sentence, and the path of the report
    that was written.
  - The table has the order of the checklist where a report was written, else that in which the requirements were finished.
  - Reads the results of C(verify_*) tasks and of M(ailab.conformance.conformance_report). Plays without either of them print nothing more.
  - Fits the width of the terminal, or E(COLUMNS). Without a terminal it is 100 columns wide. Colours follow Ansible's own settings,
    E(NO_COLOR) among them.
requirements:
  - enable in configuration, C(callbacks_enabled = ailab.conformance.lab_report)
options:
  live:
    description: Whether to print the lines of the checks while the play runs.
    type: bool
    default: true
    ini:
      - section: callback_lab_report
        key: live
    env:
      - name: AILAB_LAB_REPORT_LIVE
"""

import dataclasses
import shutil
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible.plugins.callback import CallbackBase
from ansible.utils.color import stringc
from ansible_collections.ailab.conformance.plugins.module_utils._report.table import Paint, Row, printable, render, wrap

if TYPE_CHECKING:
    from ansible.executor.stats import AggregateStats
    from ansible.executor.task_result import CallbackTaskResult

_COLOURS = {"pass": "green", "fail": "red", "error": "red", "inconclusive": "yellow", "not_run": "yellow", "withheld": "yellow"}
_WITHOUT_TERMINAL = 100
_INDENT = "  "
_VERIFY = "verify_"
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

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        """A task ended well: a verdict that was accepted, or a report."""
        self._take(result, failed=False)

    def v2_runner_on_failed(self, result: CallbackTaskResult, *_: bool, **__: bool) -> None:
        """A task failed: a verdict that was not accepted, or a verification that never came to one."""
        self._take(result, failed=True)

    def v2_playbook_on_stats(self, _stats: AggregateStats) -> None:
        """The end: the table, and where the report lies."""
        rows = self._rows()
        if rows:
            self._print("")
            for plain, coloured in zip(self._table(rows), self._table(rows, paint=_paint), strict=True):
                self._print(plain, coloured=coloured)
        for report in self._reports:
            word = "rehearsal" if report["rehearsal"] else "submission"
            self._print("")
            self._print(f"The {word} for {report['kubernetes_version']} is written: {report['report']}")

    def _take(self, result: CallbackTaskResult, *, failed: bool) -> None:
        action = str(result.task_fields.get("action", "")).rpartition(".")[2]
        if action == _REPORT and not failed:
            self._report(result.result, cluster=result.host.get_name())
        elif action.startswith(_VERIFY):
            row = _row(result.result, requirement=action.removeprefix(_VERIFY), failed=failed)
            if row:
                # The check host of a requirement is named after it and its cluster.
                self._verified[result.host.get_name().removeprefix(f"{row.requirement}."), row.requirement] = row
                self._live(result.result, row, check_mode=bool(result.task_fields.get("check_mode")))

    def _report(self, result: Mapping[str, Any], *, cluster: str) -> None:
        self._reports.append(result)
        for entry in result["requirements"]:
            if entry["verdict"]:
                self._reported[cluster, entry["requirement"]] = _known(entry, requirement=entry["requirement"])

    def _live(self, result: Mapping[str, Any], row: Row, *, check_mode: bool) -> None:
        if not self.get_option("live"):
            return
        for check in result.get("checks", []):
            self._line(check["id"], check["verdict"], check["seconds"], check["sentence"])
        if withheld := result.get("withheld"):
            why = "in check mode nothing is made" if check_mode else "not asked for"
            self._line(", ".join(withheld), "withheld", None, why)
        self._line(row.requirement, row.verdict, row.seconds, row.sentence)

    def _line(self, name: str, verdict: str, seconds: float | None, sentence: str) -> None:
        took = "" if seconds is None else f" in {seconds:.1f} s"
        head, *more = wrap(printable(f"{name}: {verdict}{took}, {sentence}", unicode=_unicode()), _width() - len(_INDENT))
        self._print(f"{_INDENT}{head}", coloured=f"{_INDENT}{head.replace(f': {verdict}', f': {_paint(verdict, verdict)}', 1)}")
        for line in more:
            self._print(f"{_INDENT}{_INDENT}{line}")

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

    def _print(self, plain: str, *, coloured: str | None = None) -> None:
        """Colour is for the screen alone: a log file gets the plain line."""
        self._display.display(plain if coloured is None else coloured, screen_only=True)
        self._display.display(plain, log_only=True)


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
