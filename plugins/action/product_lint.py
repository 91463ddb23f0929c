# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges PRODUCT.yaml files in the controller, where the checklists lie."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ailab.conformance.plugins.module_utils._report import arguments, certificate
from ansible_collections.ailab.conformance.plugins.module_utils._report.lint import network, validity
from ansible_collections.ailab.conformance.plugins.module_utils._report.lint.finding import Finding, Severity
from ansible_collections.ailab.conformance.plugins.module_utils._report.lint.judge import lint
from ansible_collections.ailab.conformance.plugins.module_utils._report.wording import PRODUCT_FILE
from ansible_collections.ailab.conformance.plugins.module_utils._spec.model import SpecificationError


class ActionModule(ActionBase):
    """The task; it touches no host and writes nothing."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, params = self.validate_argument_spec(argument_spec=dict(arguments.LINT_ARGUMENTS))
        try:
            merged = certificate.read(params["merged"]) if params["merged"] else None
            today = datetime.now(UTC).date()
            found = [finding for path in params["paths"] for finding in _lint(_file(path), params, merged, today)]
        except OSError as exc:
            return result | {"failed": True, "msg": f"cannot read {exc.filename}: {exc.strerror}; expected a {PRODUCT_FILE} or its folder"}
        except (SpecificationError, network.LandscapeError, certificate.MergedError) as exc:
            return result | {"failed": True, "msg": str(exc)}
        result |= {
            "changed": False,
            "findings": arguments.findings(found, accept=params["accept"]),
            "certificate": arguments.certified(merged, today) if merged else None,
        }
        refused = [str(finding) for finding in found if finding.severity is Severity.ERROR and finding.rule not in params["accept"]]
        if refused:
            result |= {"failed": True, "msg": "\n".join([f"{len(refused)} rule(s) broken, of those that are not accepted:", *refused])}
        return result


def _file(path: str) -> Path:
    given = Path(path)
    return given / PRODUCT_FILE if given.is_dir() else given


def _lint(path: Path, params: dict[str, Any], merged: certificate.Certificate | None, today: date) -> list[Finding]:
    found = lint(
        path,
        kubernetes_version=params["kubernetes_version"],
        reach=network.reach if params["network"] else None,
        members=network.members(Path(params["landscape"])) if params["landscape"] else None,
    )
    return [*found, *validity.check(path, merged, today=today)] if merged else found
