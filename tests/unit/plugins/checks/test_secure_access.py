# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""secure_accelerator_access: every way in which isolation can be broken is found out, and nothing else counts as isolation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._checks.secure_access.settings import SecureAccessSettings
from ansible_collections.ailab.conformance.plugins.module_utils._checks.secure_access.sight import Opening, openings, sight
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict

JSON = Any
Edit = Callable[[JSON], JSON]


def says(**changed: JSON) -> Edit:
    """A command's answer with other values."""
    return lambda fact: {**fact, **changed}


def with_words(old: str, new: str) -> Edit:
    """A command's answer with other words."""
    return lambda fact: {**fact, "stdout": fact["stdout"].replace(old, new)}


def also(words: str) -> Edit:
    """A command's answer with a line more at its beginning."""
    return lambda fact: {**fact, "stdout": f"{words}\n{fact['stdout']}"}


NODE, SMI = "node /dev/nvidia7 195:7", "GPU 7: X (UUID: GPU-other)"
DENIED, NO_DRIVER = "Operation not permitted", "No such device or address"


@pytest.mark.parametrize(
    ("check", "fact", "edit", "reason"),
    [
        ("SAA-01", "look.probe.probe", also(SMI), "more-visible-than-granted"),
        ("SAA-01", "look.probe.probe", also(NODE), "more-visible-than-granted"),
        ("SAA-01", "look.probe.probe", says(stdout="looked\n"), "accelerator-not-visible"),
        ("SAA-01", "look.probe.probe", says(stdout=f"{NODE}\n{SMI}\nlooked\n"), "other-than-granted"),
        ("SAA-02", "look.probe.probe", also(NODE), "accelerator-reached"),
        ("SAA-02", "look.probe.probe", also("node /dev/nvidiactl 195:255"), "accelerator-reached"),
        ("SAA-02", "look.probe.probe", also(SMI), "accelerator-reached"),
        ("SAA-02", "try.probe.probe", with_words(DENIED, NO_DRIVER), "accelerator-reached"),
        ("SAA-03", "look.probe.two", also(SMI), "outsider-reaches-accelerator"),
        ("SAA-03", "try.probe.two", with_words(DENIED, NO_DRIVER), "outsider-reaches-accelerator"),
        ("SAA-04", "look.second.probe", also(SMI), "not-one-accelerator"),
        ("SAA-05", "try.first.probe", with_words(DENIED, NO_DRIVER), "accelerator-opened"),
        ("SAA-06", "look.void.probe", also(NODE), "accelerator-by-environment"),
        ("SAA-06", "look.uuid.probe", also(SMI), "accelerator-by-environment"),
        ("SAA-10", "look.second.probe", also(SMI), "not-one-accelerator"),
        ("SAA-10", "released.first", lambda _fact: {}, "given-twice"),
    ],
)
def test_broken_isolation_fails(recorded: Any, check: str, fact: str, edit: Edit, reason: str) -> None:
    finding = recorded(check).edited(fact, edit).judged()
    assert (finding.verdict, finding.reason) == (Verdict.FAIL, reason), finding.sentence


@pytest.mark.parametrize(
    ("check", "fact", "edit", "reason"),
    [
        ("SAA-02", "look.probe.probe", says(stdout="", stderr="sh: not found", exit_code=127), "pod-not-asked"),
        ("SAA-02", "look.probe.probe", says(stdout=""), "pod-not-asked"),
        ("SAA-02", "try.probe.probe", with_words(DENIED, "Out of memory"), "opening-undecided"),
        ("SAA-02", "try.probe.probe", says(stdout="tried\n"), "pod-not-asked"),
        ("SAA-02", "look.witness.probe", says(stdout="looked\n"), "numbers-unknown"),
        ("SAA-03", "look.probe.one", says(stdout="looked\n"), "numbers-unknown"),
        ("SAA-05", "target", says(numbers=[]), "numbers-unknown"),
        ("SAA-05", "try.first.probe", says(stdout="tried\n"), "pod-not-asked"),
        ("SAA-06", "forms", lambda _fact: ["all"], "forms-not-tried"),
        ("SAA-06", "look.witness.probe", says(stdout="looked\n"), "forms-not-tried"),
        (
            "SAA-07",
            "create.pod",
            lambda _fact: {"status": 403, "body": {"message": 'pods is forbidden: User "x" cannot create'}},
            "refused-by-another",
        ),
        ("SAA-07", "create.pod", lambda _fact: {"status": 422, "body": {"message": "Pod is invalid"}}, "refused-by-another"),
        ("SAA-08", "pods", says(waited=0.1), "too-soon"),
        ("SAA-08", "claim", lambda _fact: {"status": 404, "body": {}}, "not-tried"),
        ("SAA-11", "may.create.pods", lambda _fact: {"status": 403, "body": {"message": "no"}}, "authorizer-silent"),
        ("SAA-12", "daemon_sets", lambda _fact: [], "stack-not-found"),
    ],
)
def test_what_proves_nothing_is_inconclusive(recorded: Any, check: str, fact: str, edit: Edit, reason: str) -> None:
    finding = recorded(check).edited(fact, edit).judged()
    assert (finding.verdict, finding.reason) == (Verdict.INCONCLUSIVE, reason), finding.sentence


def test_pods_on_two_nodes_prove_no_separation(recorded: Any) -> None:
    def elsewhere(fact: JSON) -> None:
        fact["pod"]["spec"]["nodeName"] = "another"

    for check, fact in (("SAA-02", "workload.probe"), ("SAA-04", "workload.second")):
        assert recorded(check).edited(fact, elsewhere).judged().reason == "other-node"


def test_what_came_of_opening_is_the_kernels_word() -> None:
    def tried(words: str) -> JSON:
        return {"exit_code": 0, "stdout": f"open 195:0 {words}\ntried\n"}

    assert openings(tried("opened")) == {"195:0": Opening.REACHED}
    assert openings(tried("sh: can't open /tmp/x: No such device or address")) == {"195:0": Opening.REACHED}
    assert openings(tried("sh: can't open /tmp/x: Operation not permitted")) == {"195:0": Opening.DENIED}
    assert openings(tried("mknod: /tmp/x: Permission denied")) == {"195:0": Opening.DENIED}
    assert openings(tried("sh: can't open /tmp/x: No such file or directory")) == {"195:0": Opening.UNKNOWN}
    assert openings({"exit_code": 1, "stdout": "tried\n"}) is None
    assert openings(None) is None


def test_control_files_are_seen_and_not_counted_as_accelerators() -> None:
    found = sight(
        {"exit_code": 0, "stdout": "node /dev/nvidiactl 195:255\nnode /dev/nvidia0 195:0\nnode /dev/dri/renderD128 226:128\nlooked\n"}
    )
    assert found is not None
    assert set(found.nodes) == {"/dev/nvidiactl", "/dev/nvidia0", "/dev/dri/renderD128"}
    assert found.numbers == ("195:0",)
    other = sight({"exit_code": 0, "stdout": "node /dev/dri/card0 226:0\nnode /dev/dri/renderD128 226:128\nlooked\n"})
    assert other is not None
    assert other.numbers == ("226:128",)


@pytest.mark.parametrize("name", ["Nvidia", "nvidia ", "-x", "a/b"])
def test_a_runtime_class_has_a_name(name: str) -> None:
    with pytest.raises(ConformanceError, match="runtime_class"):
        SecureAccessSettings(runtime_class=name)
