# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module has its task in the controller, and the same task does the work in both places."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleActionFail
from ansible_collections.ailab.conformance.plugins.action.kkp import ActionModule
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.task import Task
from ansible_collections.ailab.conformance.plugins.module_utils._kkp.tasks import TASKS

from tests.unit.plugins.kkp.fake_kkp import TOKEN
from tests.unit.plugins.kkp.harness import Bench

NAME = "ailab.conformance.kkp_version_info"


def action(arguments: dict[str, Any], *, transport: str = "local", **task: Any) -> ActionModule:
    known = {"args": arguments, "action": NAME, "async_val": 0, "environment": [], "check_mode": False, **task}
    return ActionModule(
        task=SimpleNamespace(**known),
        connection=SimpleNamespace(transport=transport, _shell=SimpleNamespace(tmpdir=None)),
        play_context=SimpleNamespace(become=False),
        loader=None,
        templar=None,
        shared_loader_obj=None,
    )


def test_modules_tasks_routes_and_group_are_the_same(root: Path) -> None:
    runtime = yaml.safe_load((root / "meta/runtime.yml").read_text())
    modules = {path.stem for path in (root / "plugins/modules").glob("kkp_*.py")}
    routed = {name for name, route in runtime["plugin_routing"]["modules"].items() if route == {"action_plugin": "ailab.conformance.kkp"}}
    assert TASKS.keys() == modules == routed == set(runtime["action_groups"]["kkp"])


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_module_runs_the_task_of_its_name(name: str) -> None:
    module = import_module(f"ansible_collections.ailab.conformance.plugins.modules.{name}")
    assert [found for found in vars(module).values() if isinstance(found, Task)] == [TASKS[name]]


def test_where_the_connection_is_local_the_controller_asks(user: Bench) -> None:
    result = action({"api_url": user.kkp.url, "token": TOKEN}).run(task_vars={})
    assert result["changed"] is False
    assert result["versions"]
    assert TOKEN not in str(result)


def test_what_goes_wrong_fails_the_task_in_plain_words(user: Bench) -> None:
    result = action({"api_url": user.kkp.url, "token": "another"}).run(task_vars={})
    assert result["failed"] is True
    assert "HTTP 401" in result["msg"]
    assert "another" not in str(result)


@pytest.mark.parametrize("elsewhere", [{"transport": "ssh"}, {"environment": [{"KKP_TOKEN": "x"}]}, {"async_val": 60}])
def test_elsewhere_the_module_asks(user: Bench, monkeypatch: pytest.MonkeyPatch, elsewhere: dict[str, Any]) -> None:
    made = action({"api_url": user.kkp.url, "token": TOKEN}, **elsewhere)
    monkeypatch.setattr(made, "_execute_module", lambda **_: {"sent": True})
    assert made.run(task_vars={})["sent"] is True
    assert user.kkp.asked("GET") == []


def test_options_are_validated_before_anybody_is_asked(user: Bench) -> None:
    with pytest.raises(AnsibleActionFail, match=rf"Unsupported parameters for \({re.escape(NAME)}\) module: clouds"):
        action({"api_url": user.kkp.url, "token": TOKEN, "clouds": "x"}).run(task_vars={})
    assert user.kkp.asked("GET") == []


def test_what_ansible_documents_is_what_is_accepted(root: Path) -> None:
    """Fragments are found by names, and a name can mean another file than one thinks."""
    program = Path(sys.executable).with_name("ansible-doc")
    names = [f"ailab.conformance.{name}" for name in TASKS]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(root / ".ansible/collections")}
    said = subprocess.run([program, "--json", *names], env=environment, capture_output=True, text=True, check=True, timeout=120).stdout
    documented = {name.rpartition(".")[2]: set(page["doc"]["options"]) for name, page in json.loads(said).items()}
    assert documented == {name: set(task.argument_spec) for name, task in TASKS.items()}
