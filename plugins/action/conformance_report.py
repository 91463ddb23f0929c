# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a report in the controller, where the checklists lie: a module that travels to a host carries Python files only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ailab.conformance.plugins.module_utils._report import arguments, earlier, files, report, sealed
from ansible_collections.ailab.conformance.plugins.module_utils._report.order import ReportError
from ansible_collections.ailab.conformance.plugins.module_utils._report.wording import HTML_PAGE
from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import SpecificationError

_REFUSALS = (sealed.EvidenceError, ReportError, files.ReportFilesError, SpecificationError)


class ActionModule(ActionBase):
    """The task; it touches no host."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, params = self.validate_argument_spec(
            argument_spec=dict(arguments.REPORT_ARGUMENTS), mutually_exclusive=arguments.REPORT_EXCLUSIVE
        )
        try:
            return result | self._report(params)
        except _REFUSALS as exc:
            return result | {"failed": True, "msg": str(exc)}

    def _report(self, params: dict[str, Any]) -> dict[str, Any]:
        run_dir, dest = Path(params["run_dir"]), Path(params["dest"])
        if dest.resolve().is_relative_to(run_dir.resolve()):
            raise ReportError(f"dest {dest} lies in the run directory, which must stay as it was sealed: choose another folder")
        source = sealed.read(run_dir)
        search = _earlier(params, source)
        order = arguments.order(params, verified_version=source.run.spec.kubernetes_version)
        made = report.make(order, source, dest=dest, earlier=search.found)
        changes = files.plan(dest, made.files, force=params["force"])
        if not self._task.check_mode:
            files.apply(dest, changes, made.files)
        result = {
            "changed": bool(changes),
            "dest": str(dest),
            "report": str(dest / HTML_PAGE),
            "run_id": source.run.run_id,
            "kubernetes_version": made.product.specification.version,
            "rehearsal": made.product.rehearsal is not None,
            "compared_with": search.found.run.run_id if search.found else None,
            "no_longer_proven": list(made.comparison.worse) if made.comparison else [],
            "certified_until": str(order.certificate.expires) if order.certificate else None,
            "requirements": arguments.requirements(made.product),
            "files": [{"path": str(dest / path), "changed": path in {change.path for change in changes}} for path in made.files],
            "removed": [str(dest / change.path) for change in changes if change.after is None],
            "findings": arguments.findings(made.findings),
        }
        if search.passed_over:
            result["warnings"] = list(search.passed_over)
        return result | ({"diff": [_diff(dest, change) for change in changes]} if self._task.diff else {})


def _earlier(params: dict[str, Any], source: sealed.Evidence) -> earlier.Search:
    if params["compare_with"]:
        return earlier.Search(found=sealed.read(Path(params["compare_with"])), passed_over=())
    return earlier.find(Path(params["compare_in"]), than=source) if params["compare_in"] else earlier.NOT_ASKED


def _diff(dest: Path, change: files.Change) -> dict[str, str]:
    path = str(dest / change.path)
    before, after = ((content or b"").decode(errors="replace") for content in (change.before, change.after))
    return {"before_header": path, "after_header": path, "before": before, "after": after}
