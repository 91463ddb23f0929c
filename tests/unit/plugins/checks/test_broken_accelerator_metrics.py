# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics of accelerators as recorded on a lab, and broken in one thing each: what a platform could do and still look healthy."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict

JSON = Any
Edit = Callable[[str], str]

UTIL, USED, FREE, TEMP = "DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE", "DCGM_FI_DEV_GPU_TEMP"
_LINE = r'^({metric}\{{[^\n]*gpu="{gpu}"[^\n]*\}}) \S+$'


def value(metric: str, number: str, *, gpu: str = "[0-9]+") -> Edit:
    """The series of a metric have another value, for every accelerator or for one."""
    pattern = re.compile(_LINE.format(metric=metric, gpu=gpu), re.MULTILINE)
    return lambda body: pattern.sub(rf"\g<1> {number}", body)


def lost(metric: str) -> Edit:
    """No series of a metric whose name begins so."""
    return lambda body: re.sub(rf"^{metric}[^\n]*\n", "", body, flags=re.MULTILINE)


def unnamed(metric: str = "") -> Edit:
    """No series of a metric, or of any, names a pod."""
    return lambda body: re.sub(rf'^({metric}[^\n]*),namespace="[^"]*",pod="[^"]*"', r"\g<1>", body, flags=re.MULTILINE)


def swapped(first: str, second: str) -> Edit:
    """The exporter takes each of two accelerators for the other one."""
    return lambda body: body.replace(first, "kept").replace(second, first).replace("kept", second)


def everybody(body: str) -> str:
    """The pod is named for all devices of its node."""
    owner = re.search(r',namespace="[^"]*",pod="am-07[^"]*"', body)
    return re.sub(r'(DCGM_FI_DRIVER_VERSION="[^"]*")[^}\n]*\}', rf"\g<1>{owner[0]}}}", body) if owner else body


@pytest.mark.parametrize(
    ("identifier", "facts", "edit", "verdict", "reason"),
    [
        ("AM-01", "scrape.now.", lambda _body: "<html><body>Metrics</body></html>\n", Verdict.FAIL, "exposition-invalid"),
        ("AM-01", "scrape.now.", lambda body: f"{body}{body}", Verdict.FAIL, "exposition-invalid"),
        ("AM-02", "scrape.now.", lambda body: body.replace('UUID="GPU-', 'UUID="MIG-'), Verdict.FAIL, "accelerator-uncovered"),
        ("AM-02", "scrape.now.", lambda body: f'{body}{UTIL}{{UUID="of-nobody"}} 0\n', Verdict.INCONCLUSIVE, "metrics-unreadable"),
        ("AM-03", "scrape.now.", value(UTIL, "101"), Verdict.FAIL, "out-of-range"),
        ("AM-03", "scrape.now.", value(UTIL, "NaN"), Verdict.FAIL, "out-of-range"),
        ("AM-03", "scrape.now.", value(USED, "-1"), Verdict.FAIL, "out-of-range"),
        ("AM-03", "scrape.now.", value(FREE, "1024"), Verdict.FAIL, "memory-does-not-add-up"),
        ("AM-03", "scrape.now.", lost(FREE), Verdict.FAIL, "core-metric-missing"),
        ("AM-04", "scrape.now.", value(TEMP, "NaN"), Verdict.FAIL, "additional-metric-missing"),
        ("AM-04", "scrape.now.", lost("DCGM_FI_DEV_(PCIE|NVLINK)"), Verdict.FAIL, "additional-metric-missing"),
        ("AM-04", "scrape.now.", lost("DCGM_FI_DEV_POWER"), Verdict.FAIL, "additional-metric-missing"),
        ("AM-05", "scrape.", value("DCGM_FI_[A-Z_]+", "NaN"), Verdict.FAIL, "not-advancing"),
        ("AM-05", "scrape.", value("DCGM_FI_[A-Z_]+", "7", gpu="1"), Verdict.FAIL, "not-advancing"),
        ("AM-05", "scrape.later.", lambda _body: "", Verdict.INCONCLUSIVE, "metrics-unreadable"),
        ("AM-06", "scrape.after.", value(UTIL, "90"), Verdict.FAIL, "load-never-ends"),
        ("AM-06", "scrape.after.", value(USED, "64"), Verdict.FAIL, "memory-stays"),
        ("AM-06", "scrape.after.", lost(USED), Verdict.INCONCLUSIVE, "end-not-seen"),
        ("AM-06", "scrape.busy.", value(USED, "0"), Verdict.FAIL, "memory-not-seen"),
        ("AM-06", "scrape.busy.", lost(UTIL), Verdict.FAIL, "device-without-metrics"),
        ("AM-06", "scrape.", value(UTIL, "90"), Verdict.INCONCLUSIVE, "not-idle-before"),
        ("AM-07", "scrape.idle.", unnamed(), Verdict.FAIL, "attribution-missing"),
        ("AM-07", "scrape.idle.", unnamed(USED), Verdict.FAIL, "attribution-partial"),
        ("AM-07", "scrape.idle.", lambda body: body.replace('pod="am-07', 'pod="exporter'), Verdict.FAIL, "attribution-missing"),
        ("AM-07", "scrape.idle.", everybody, Verdict.FAIL, "attribution-wrong"),
        ("AM-08", "scrape.busy.", value(UTIL, "45"), Verdict.FAIL, "other-device-busy"),
        ("AM-08", "scrape.busy.", value(UTIL, "0"), Verdict.FAIL, "load-not-seen"),
        ("AM-08", "scrape.idle.", value(UTIL, "45"), Verdict.INCONCLUSIVE, "not-idle-before"),
        ("AM-08", "scrape.busy.", lost(UTIL), Verdict.INCONCLUSIVE, "metrics-not-seen"),
        ("AM-10", "scrape.now.", lambda body: re.sub(r"DCGM_FI_DEV", "vendor", body), Verdict.INCONCLUSIVE, "metrics-not-seen"),
        (
            "AM-11",
            "scrape.after.",
            lambda body: re.sub(r'^[^\n]*gpu="1"[^\n]*\n', "", body, flags=re.MULTILINE),
            Verdict.FAIL,
            "accelerators-lost",
        ),
    ],
)
def test_broken_metrics(*, recorded: Any, identifier: str, facts: str, edit: Edit, verdict: Verdict, reason: str) -> None:
    finding = recorded(identifier).rewritten(facts, edit).judged()
    assert (finding.verdict, finding.reason) == (verdict, reason), finding.sentence


@pytest.mark.parametrize(
    ("identifier", "facts", "reason"),
    [
        ("AM-06", "scrape.busy.", "load-not-seen"),
        ("AM-07", "scrape.idle.", "attribution-wrong"),
        ("AM-08", "scrape.busy.", "other-device-busy"),
    ],
)
def test_metrics_of_another_device_are_not_taken_for_those_of_the_pods(recorded: Any, identifier: str, facts: str, reason: str) -> None:
    whole = recorded(identifier)
    mine, node = whole.seen.last("device.first")[0], whole.seen.last("asked")[0]
    found = re.findall(r'UUID="([^"]+)"', whole.seen.last(f"scrape.idle.{node}")["body"])
    other = (whole.seen.last("device.second") or [uuid for uuid in found if uuid != mine])[0]
    finding = whole.rewritten(facts, swapped(mine, other)).judged()
    assert (finding.verdict, finding.reason) == (Verdict.FAIL, reason), finding.sentence


def test_a_load_is_judged_by_every_exporter_that_was_asked(recorded: Any) -> None:
    whole = recorded("AM-06")
    finding = whole.edited("asked", lambda nodes: [*nodes, "another-node"]).judged()
    assert (finding.verdict, finding.reason) == (Verdict.INCONCLUSIVE, "metrics-unreadable")


@pytest.mark.parametrize("twice", [True, False])
def test_a_name_that_stays_in_any_series_of_a_device_is_found(recorded: Any, *, twice: bool) -> None:
    whole = recorded("AM-07")
    idle = [fact.data["body"] for fact in whole.seen.facts if fact.name.startswith("scrape.idle.")]
    named = next(line for body in reversed(idle) for line in body.splitlines() if line.startswith(UTIL) and 'pod="am-07' in line)
    device = re.search(r'UUID="[^"]+"', named)
    assert device is not None

    def stays(body: str) -> str:
        lines = body.splitlines(keepends=True)
        mine = [line for line in lines if line.startswith(UTIL) and device[0] in line]
        return "".join([*([f"{named}\n"] if mine else []), *(line for line in lines if twice or line not in mine)])

    finding = whole.rewritten("scrape.after.", stays).judged()
    assert (finding.verdict, finding.reason) == (Verdict.FAIL, "attribution-stays"), finding.sentence


def status(number: int) -> Callable[[JSON], None]:
    """An answer of another status."""
    return lambda fact: fact.update(status=number)


def stored(edit: Callable[[list[JSON]], object]) -> Callable[[JSON], None]:
    """The store has something else."""

    def edited(fact: JSON) -> None:
        edit(fact["body"]["data"]["result"])

    return edited


def unready(pods: list[JSON]) -> None:
    """No exporter is ready."""
    for pod in pods:
        pod["status"]["conditions"] = [{"type": "Ready", "status": "False"}]


@pytest.mark.parametrize(
    ("identifier", "fact", "edit", "verdict", "reason"),
    [
        ("AM-06", "device.first", lambda _fact: [], Verdict.INCONCLUSIVE, "device-unknown"),
        ("AM-08", "device.second", lambda _fact: [], Verdict.INCONCLUSIVE, "device-unknown"),
        ("AM-09", "stored", stored(lambda result: result.pop()), Verdict.FAIL, "accelerator-not-stored"),
        ("AM-09", "stored", stored(list.clear), Verdict.FAIL, "series-not-stored"),
        ("AM-09", "stored", status(503), Verdict.INCONCLUSIVE, "metrics-unreadable"),
        ("AM-11", "pods", unready, Verdict.FAIL, "not-replaced"),
        ("AM-11", "pods", lambda fact: fact.clear(), Verdict.FAIL, "not-replaced"),
        ("AM-11", "lost", lambda fact: fact.update(node="another"), Verdict.INCONCLUSIVE, "metrics-unreadable"),
    ],
)
def test_broken_otherwise(*, recorded: Any, identifier: str, fact: str, edit: Any, verdict: Verdict, reason: str) -> None:
    finding = recorded(identifier).edited(fact, edit).judged()
    assert (finding.verdict, finding.reason) == (verdict, reason), finding.sentence


def test_a_pod_that_takes_a_device_meanwhile_does_not_hide_that_it_is_measured(recorded: Any) -> None:
    taken = recorded("AM-05").rewritten("scrape.later.", lambda body: body.replace("}", ',namespace="a",pod="b"}'))
    assert taken.judged().verdict is Verdict.PASS
    frozen = taken.rewritten("scrape.", value("DCGM_FI_[A-Z_]+", "7"))
    assert (frozen.judged().verdict, frozen.judged().reason) == (Verdict.FAIL, "not-advancing")


def shared(number: str = "") -> Edit:
    """An accelerator has a series for each of two pods; that of the second has another value where one is given."""

    def twin(line: str) -> str:
        series, _, known = line.rpartition("} ")
        return f'{series},pod="twin"}} {number or known}\n'

    def edited(body: str) -> str:
        return body + "".join(twin(line) for line in body.splitlines() if line.startswith((UTIL, USED, FREE)) and 'gpu="0"' in line)

    return edited


def test_an_accelerator_that_is_shared_has_a_series_for_each_who_has_it(recorded: Any) -> None:
    assert recorded("AM-03").rewritten("scrape.now.", shared()).judged().verdict is Verdict.PASS
    finding = recorded("AM-03").rewritten("scrape.now.", shared("55")).judged()
    assert (finding.verdict, finding.reason) == (Verdict.FAIL, "core-metric-missing")


def test_a_page_for_people_is_no_endpoint(recorded: Any) -> None:
    whole = recorded("AM-01")
    name = next(fact.name for fact in whole.seen.facts if fact.name.startswith("scrape."))
    assert whole.edited(name, lambda fact: fact.update(type="text/html")).judged().reason == "media-type-wrong"
    assert whole.edited(name, status(503)).judged().reason == "exposition-invalid"
    assert whole.without(name).judged().verdict is Verdict.INCONCLUSIVE


def without_exporter(whole: Any, node: str) -> Any:
    """A node has no exporter."""
    kept = whole.edited("exporters", lambda pods: [pod for pod in pods if pod["spec"]["nodeName"] != node])
    return kept.without(f"scrape.now.{node}")


def test_a_node_that_nobody_has_labelled_is_covered_too(recorded: Any) -> None:
    whole = recorded("AM-02")
    published = {item["spec"]["nodeName"] for item in whole.seen.last("slices")}
    node = next(node for node in whole.seen.last("nodes") if node["metadata"]["name"] in published)
    name = node["metadata"]["name"]
    unlabelled = whole.edited("nodes", lambda nodes: [item for item in nodes if item["metadata"]["name"] != name])
    assert unlabelled.also(f"unlabelled.{name}", node).judged().verdict is Verdict.PASS
    finding = without_exporter(unlabelled.also(f"unlabelled.{name}", node), name).judged()
    assert (finding.verdict, finding.reason) == (Verdict.FAIL, "exporter-absent")
    # A node that has gone meanwhile was not found when it was looked for, and is nobody's fault.
    assert without_exporter(unlabelled.also(f"unlabelled.{name}", None), name).judged().verdict is Verdict.PASS


def test_an_accelerator_that_no_slice_publishes_is_found(recorded: Any) -> None:
    whole = recorded("AM-02")
    node = str(whole.seen.last("slices")[0]["spec"]["nodeName"])
    finding = whole.rewritten(f"scrape.now.{node}", lambda body: f'{body}{UTIL}{{UUID="of-nobody"}} 0\n').judged()
    assert (finding.verdict, finding.reason) == (Verdict.FAIL, "accelerator-unknown")
