# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options in, results out: as a module and in the controller."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleActionFail
from ansible_collections.ailab.conformance.plugins.action.conformance_run import ActionModule as RunAction
from ansible_collections.ailab.conformance.plugins.action.verify import ActionModule as VerifyAction
from ansible_collections.ailab.conformance.plugins.module_utils._checks.registry import CHECKS, KINDS_MADE, SUITES
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError
from ansible_collections.ailab.conformance.plugins.module_utils._engine import entry as entry_module
from ansible_collections.ailab.conformance.plugins.module_utils._engine.entry import Call, Entry, Outcome
from ansible_collections.ailab.conformance.plugins.module_utils._engine.replay_task import replay_entry
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run import TOOL
from ansible_collections.ailab.conformance.plugins.module_utils._engine.run_task import run_entry, specification
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verify_task import VERIFY_SPEC, outcome, settings_from, verify_entry
from ansible_collections.ailab.conformance.plugins.plugin_utils.controller_action import ControllerAction, plain

ENTRY = run_entry(KINDS_MADE)
CHECKLISTS = [{"kubernetes_version": "v1.34", "file": "AIConformance-1.34.yaml", "sha256": "0" * 64}]


def options(**changed: Any) -> dict[str, Any]:
    defaults = {name: option.get("default") for name, option in VERIFY_SPEC.items()}
    return {**defaults, "run_dir": "/none", **changed}


def run_options(**changed: Any) -> dict[str, Any]:
    defaults = {name: option.get("default") for name, option in ENTRY.argument_spec.items()}
    return {**defaults, "specifications": CHECKLISTS, **changed}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("device_class", "Not A Class"),
        ("device_class", ""),
        ("namespace_prefix", "Kube"),
        ("namespace_prefix", "x" * 30),
        ("namespace_prefix", "-x"),
        ("accelerator_label", "nvidia.com/gpu.present"),
        ("probe_image", ""),
        ("probe_image", "a b"),
        ("start_seconds", 0.0),
        ("settle_seconds", -1.0),
        ("settle_seconds", float("nan")),
        ("cleanup_seconds", 0.0),
    ],
)
def test_a_bad_option_is_named_before_anything_happens(name: str, value: Any) -> None:
    with pytest.raises(ConformanceError, match=f"reading option {name}: found"):
        settings_from(options(**{name: value}), suite=SUITES["dra_support"])


def test_the_defaults_are_good() -> None:
    assert settings_from(options(), suite=SUITES["dra_support"]).device_class == "gpu.nvidia.com"


def test_a_run_goes_from_opened_to_cleaned(kubeconfig: str, tmp_path: Path) -> None:
    runs = str(tmp_path / "runs")
    opened = ENTRY.run(run_options(state="opened", kubeconfig=kubeconfig, runs_dir=runs), check_mode=False).as_result()
    assert opened["changed"] is True
    sealing = run_options(state="sealed", kubeconfig=kubeconfig, run_dir=opened["run_dir"])
    assert ENTRY.run(sealing, check_mode=True).changed
    assert ENTRY.run(sealing, check_mode=False).changed
    again = ENTRY.run(sealing, check_mode=False).as_result()
    assert again["changed"] is False
    assert again["run"]["run_id"] == opened["run_id"]
    replayed = replay_entry(CHECKS).run({"run_dir": opened["run_dir"]}, check_mode=False)
    assert not replayed.failed
    assert "every byte the same" in replayed.message
    (Path(opened["run_dir"]) / "note.txt").write_text("x")
    assert "note.txt was added" in replay_entry(CHECKS).run({"run_dir": opened["run_dir"]}, check_mode=False).message
    cleaned = ENTRY.run(run_options(state="cleaned", kubeconfig=kubeconfig, runs_dir=runs), check_mode=False).as_result()
    assert cleaned == {"cleaned": [{"run_id": opened["run_id"], "removed": [], "restored": [], "skipped": ""}], "changed": False}


def test_opening_in_check_mode_makes_no_folder(kubeconfig: str, tmp_path: Path) -> None:
    opened = ENTRY.run(run_options(state="opened", kubeconfig=kubeconfig, runs_dir=str(tmp_path / "runs")), check_mode=True)
    assert opened.changed
    assert not (tmp_path / "runs").exists()


def test_cleaning_without_any_run_is_nothing(kubeconfig: str, tmp_path: Path) -> None:
    cleaned = ENTRY.run(run_options(state="cleaned", kubeconfig=kubeconfig, runs_dir=str(tmp_path / "none")), check_mode=False)
    assert cleaned.as_result() == {"cleaned": [], "changed": False}


@pytest.mark.parametrize(
    ("asked", "server", "found"),
    [
        (None, {"major": "1", "minor": "34"}, "v1.34"),
        (None, {"major": "1", "minor": "34+"}, "v1.34"),
        ("1.34", {"major": "1", "minor": "35"}, "v1.34"),
        ("v1.34", {}, "v1.34"),
    ],
)
def test_the_checklist_is_the_clusters_own_or_the_one_asked_for(asked: str | None, server: Any, found: str) -> None:
    assert specification(CHECKLISTS, asked=asked, server=server).kubernetes_version == found


def test_a_version_without_checklist_is_refused() -> None:
    with pytest.raises(ConformanceError, match=r"found none for Kubernetes v1\.20; expected one of v1\.34"):
        specification(CHECKLISTS, asked="v1.20", server={})


@pytest.mark.parametrize(("accept", "failed"), [(["pass"], True), (["pass", "fail"], False)])
def test_a_verdict_fails_the_task_unless_it_is_accepted(accept: list[str], failed: Any) -> None:
    requirement = SimpleNamespace(id="r", verdict=Verdict.FAIL, reason="why", sentence="because", fidelity=SimpleNamespace(value="real"))
    found = outcome(SimpleNamespace(requirement=requirement, results=(), withheld=()), accept=accept).as_result()
    assert found.get("failed", False) is failed
    assert found["msg"] == "r: fail (why). because"


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (ConformanceError(what="w", found="f", expected="e", look="l"), "w: found f; expected e. Look at l."),
        (OSError(28, "No space left on device", "/runs/x"), "/runs/x: No space left on device"),
    ],
)
def test_what_goes_wrong_becomes_a_failed_result_and_no_traceback(problem: Exception, words: str) -> None:
    def task(_call: Call) -> Outcome:
        raise problem

    found = Entry(task=task, argument_spec={}).run({}, check_mode=False)
    assert found.failed
    assert words in found.message


def test_a_missing_library_is_named_with_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry_module, "LIBRARY_PROBLEM", ImportError("No module named 'kubernetes'"))
    entry = verify_entry(SUITES["dra_support"])
    assert "library kubernetes is missing" in entry.run(options(), check_mode=False).message


def test_a_verification_without_a_run_says_what_is_missing(kubeconfig: str) -> None:
    found = verify_entry(SUITES["dra_support"]).run(options(kubeconfig=kubeconfig), check_mode=False)
    assert found.failed
    assert "using run directory /none" in found.message


class _Tagged(str):
    __slots__ = ()


def test_values_of_the_templating_engine_become_plain() -> None:
    found = plain({_Tagged("a"): [_Tagged("b"), 1, 1.5, True, None, (_Tagged("c"),)]})
    assert found == {"a": ["b", 1, 1.5, True, None, ["c"]]}
    assert [type(item) for item in [*found, found["a"][0], found["a"][3]]] == [str, str, bool]


def action(
    kind: type[ControllerAction], arguments: dict[str, Any], *, transport: str = "local", become: Any = False, **task: Any
) -> ControllerAction:
    known = {"args": arguments, "action": "x", "async_val": 0, "environment": [], "check_mode": False, **task}
    connection = SimpleNamespace(transport=transport, _shell=SimpleNamespace(tmpdir=None))
    context = SimpleNamespace(become=become)
    return kind(
        task=SimpleNamespace(**known), connection=connection, play_context=context, loader=None, templar=None, shared_loader_obj=None
    )


def test_the_controller_does_the_work_where_the_connection_is_local(kubeconfig: str, tmp_path: Path) -> None:
    arguments = {"state": "opened", "kubeconfig": kubeconfig, "runs_dir": str(tmp_path / "runs")}
    result = action(RunAction, arguments).run(task_vars={})
    assert result["changed"] is True
    assert result["spec"]["file"] == "AIConformance-1.34.yaml"
    assert Path(result["run_dir"]).is_dir()


@pytest.mark.parametrize("elsewhere", [{"transport": "ssh"}, {"become": True}, {"environment": [{"KUBECONFIG": "x"}]}, {"async_val": 60}])
def test_elsewhere_the_module_does_it_with_all_that_it_needs(monkeypatch: pytest.MonkeyPatch, elsewhere: dict[str, Any]) -> None:
    made = action(RunAction, {"state": "opened"}, **elsewhere)
    monkeypatch.setattr(made, "_execute_module", lambda **_: {"sent": True})
    assert made.run(task_vars={})["sent"] is True
    assert {item["kubernetes_version"] for item in made._task.args["specifications"]} >= {"v1.33", "v1.34"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "missing required arguments: run_dir"),
        ({"run_dir": "x", "device_clas": "y"}, "Unsupported parameters"),
        ({"run_dir": "x", "start_seconds": "soon"}, "start_seconds"),
        ({"run_dir": "x", "accept": ["maybe"]}, "accept"),
    ],
)
def test_arguments_are_validated_in_the_controller_too(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(AnsibleActionFail, match=words):
        action(VerifyAction, arguments, action="ailab.conformance.verify_dra_support").run(task_vars={})


def test_every_requirement_has_a_module_that_the_controller_knows(root: Path) -> None:
    runtime = yaml.safe_load((root / "meta/runtime.yml").read_text())
    routes = runtime["plugin_routing"]["modules"].items()
    routed = {name for name, route in routes if route == {"action_plugin": "ailab.conformance.verify"}}
    modules = {path.stem for path in (root / "plugins/modules").glob("verify_*.py")}
    assert {f"verify_{requirement}" for requirement in SUITES} == modules == routed == set(runtime["action_groups"]["verify"])


def test_the_tool_has_the_collections_version(root: Path) -> None:
    galaxy = yaml.safe_load((root / "galaxy.yml").read_text())
    assert (TOOL.name, TOOL.version) == (f"{galaxy['namespace']}.{galaxy['name']}", galaxy["version"])
