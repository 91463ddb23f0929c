# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks and waits in the controller; what changes a release is kubernetes.core.helm."""

from __future__ import annotations

import stat
import sys
import tempfile
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.ailab.conformance.plugins.module_utils._charts import post_renderer
from ansible_collections.ailab.conformance.plugins.module_utils._charts.install import Order
from ansible_collections.ailab.conformance.plugins.module_utils._charts.ownership import Owner
from ansible_collections.ailab.conformance.plugins.module_utils._charts.program import HelmError
from ansible_collections.ailab.conformance.plugins.module_utils._charts.task import ARGUMENT_SPEC, REQUIRED_IF, run
from ansible_collections.ailab.conformance.plugins.module_utils._engine.entry import Entry, Outcome
from ansible_collections.ailab.conformance.plugins.plugin_utils.controller_action import plain

JSON = Any

# Helm waits for nothing but hooks here. One whose image cannot be had would take all the time that a chart is given.
HOOK_SECONDS = 50


class ActionModule(ActionBase):
    """The task. Helm and the kubeconfig are where the playbook runs, so it needs a local connection."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Does the task. Source: ansible.plugins.action.ActionBase.run."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, validated = self.validate_argument_spec(
            argument_spec={name: dict(option) for name, option in ARGUMENT_SPEC.items()},
            required_if=[list(rule) for rule in REQUIRED_IF],
        )
        options = plain(validated)
        if self._connection.transport not in {"local", "ansible.builtin.local"}:
            raise AnsibleActionFail(
                f"found connection {self._connection.transport}, expected local: helm works from here. Set `delegate_to: localhost`."
            )
        hand = _KubernetesCore(self, options=options, task_vars=task_vars)
        entry = Entry(task=lambda call: run(call, hand=hand), argument_spec=ARGUMENT_SPEC)
        outcome = entry.run(options, check_mode=self._task.check_mode)
        for sentence in outcome.values.get("kept", []):
            self._display.warning(sentence)
        return {**result, **_without_diff(outcome, wanted=self._task.diff)}

    def execute(self, *, module: str, arguments: dict[str, JSON], task_vars: dict[str, Any] | None) -> dict[str, JSON]:
        """The result of a module."""
        answer: dict[str, JSON] = self._execute_module(module_name=module, module_args=arguments, task_vars=task_vars)
        return answer


class _KubernetesCore:
    """Changes releases by the module kubernetes.core.helm."""

    def __init__(self, action: ActionModule, *, options: dict[str, JSON], task_vars: dict[str, Any] | None) -> None:
        self._action, self._options, self._task_vars = action, options, task_vars

    def set(self, order: Order) -> None:
        """Install or upgrade. Source: ``Hand.set``."""
        chart = order.chart
        with tempfile.TemporaryDirectory() as directory:
            self._run(
                release_name=order.owner.release,
                release_namespace=order.owner.namespace,
                chart_ref=chart.ref,
                chart_repo_url=chart.repository or None,
                chart_version=chart.version if chart.folder is None and chart.version else None,
                # An upgrade that leaves values and version alone, such as one of the registry, is none for the module. It compares only
                # the files where there are any.
                release_values=order.values or {"global": {}},
                values_files=[str(_empty(Path(directory)))],
                post_renderer=str(_filter(Path(directory), registry=order.registry)),
                skip_crds=True,
                timeout=f"{min(HOOK_SECONDS, round(order.seconds))}s",
            )

    def remove(self, owner: Owner, *, seconds: float) -> None:
        """Uninstall. Source: ``Hand.remove``."""
        self._run(
            release_name=owner.release,
            release_namespace=owner.namespace,
            release_state="absent",
            wait=True,
            wait_timeout=f"{round(seconds)}s",
        )

    def _run(self, **arguments: JSON) -> None:
        common = {
            "kubeconfig": self._options["kubeconfig"] or None,
            "context": self._options["context"] or None,
            "binary_path": self._options["helm"] or None,
        }
        given = {name: value for name, value in {**common, **arguments}.items() if value is not None}
        answer = self._action.execute(module="kubernetes.core.helm", arguments=given, task_vars=self._task_vars)
        if answer.get("failed"):
            raise HelmError(
                what=f"Helm, setting release {arguments['release_name']}",
                found=str(answer.get("stderr") or answer.get("msg")).strip()[-1500:],
                expected="an end without error",
                look=f"`helm history {arguments['release_name']} --namespace {arguments['release_namespace']}`",
            )


def _empty(directory: Path) -> Path:
    path = directory / "none.yaml"
    path.write_text("{}\n", encoding="utf-8")
    return path


def _filter(directory: Path, *, registry: str) -> Path:
    """The post-renderer as a program that needs no arguments, because Helm's module hands none on."""
    path = directory / "post-renderer"
    known = f"os.environ[{post_renderer.REGISTRY_VARIABLE!r}] = {registry!r}"
    path.write_text(f"#!{sys.executable}\nimport os, runpy\n{known}\nrunpy.run_path({post_renderer.__file__!r}, run_name='__main__')\n")
    path.chmod(stat.S_IRWXU)
    return path


def _without_diff(outcome: Outcome, *, wanted: bool) -> dict[str, JSON]:
    """A manifest is long: it is returned only where it is shown."""
    result = outcome.as_result()
    return result if wanted else {key: value for key, value in result.items() if key != "diff"}
