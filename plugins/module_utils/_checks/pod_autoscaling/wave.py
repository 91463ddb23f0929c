# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenario that most checks look at: a pod with an accelerator, its load up and down, and its metric lost and found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import devices
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.placing import on_nodes
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import CONTAINER, PodTemplate
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pods import about
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.scaling import (
    API_SERVICE,
    APP_LABEL,
    METRICS_GROUP,
    custom_metrics,
)

from .phases import ABOVE, BELOW, IDLE, TARGET
from .scaled import Scaled

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

STORY = "wave"

WAVE = devices(2, story=STORY, seconds=60)
"""What the scenario takes, for all checks that look at it."""

_LIST_DEVICES = ("nvidia-smi", "-L")


def up_and_down(bench: Bench) -> None:
    """Plays the scenario, or takes part in it: what was seen is recorded with every check that asks."""
    bench.shared(STORY, lambda: _play(bench))


def require_pipeline(bench: Bench) -> None:
    """Looks for somebody who serves metrics of pods, recorded as ``pipeline``.

    Raises:
        PreconditionError: nobody does.
    """
    found = [item for item in bench.cluster.list(API_SERVICE.collection()).items if (item["spec"].get("group")) == METRICS_GROUP]
    bench.note("pipeline", found)
    if not found:
        raise PreconditionError(
            name="custom-metrics",
            what="looking for metrics of pods",
            found=f"no APIService of group {METRICS_GROUP}",
            expected="one, as prometheus-adapter brings it",
            look="kubectl get apiservices",
        )


def _play(bench: Bench) -> None:
    require_pipeline(bench)
    wanted = bench.accelerators("devices")
    settings = bench.settings
    template = PodTemplate(
        image=settings.probe_image,
        resources=wanted.resources,
        claim_template=wanted.claim.template if wanted.claim else "",
        tolerations=settings.tolerations,
        affinity=on_nodes(bench.share.names) if bench.share.names else None,
    )
    bench.survey()
    with Scaled(bench, "wave", template) as scaled:
        if scaled.start():
            _phases(bench, scaled)
        else:
            bench.note("phase.idle", scaled.phase())


def _phases(bench: Bench, scaled: Scaled) -> None:
    own, name = scaled.settings, bench.name("wave")
    first = scaled.running()[0]
    _ask_api(bench, scaled)
    bench.note("phase.idle", scaled.phase())

    scaled.tell(BELOW)
    if scaled.reads(BELOW):
        scaled.hold(1)
    bench.note("phase.below", scaled.phase())

    scaled.tell(ABOVE)
    grown = scaled.ready(2, seconds=own.metric_seconds + own.scale_seconds)
    _devices(bench, scaled)
    _events(bench, name)
    bench.note("phase.above", scaled.phase())
    if not grown:
        return
    # Both are brought to the target one after the other, so that the average is never below it: then one can lose its metric before
    # the other does without less being wanted.
    scaled.tell(TARGET, but=first)
    scaled.reads((ABOVE + TARGET) / 2)
    scaled.tell(TARGET)
    scaled.reads(TARGET)
    scaled.hold(2)
    bench.note("phase.high", scaled.phase())

    scaled.tell(None)
    if scaled.says(lambda reading: not reading.active):
        scaled.hold(2)
    bench.note("phase.lost", scaled.phase())
    scaled.tell(TARGET)
    scaled.reads(TARGET)
    bench.note("phase.returned", scaled.phase())

    scaled.tell(IDLE)
    if scaled.ready(1, seconds=own.metric_seconds + own.scale_seconds):
        scaled.hold(1)
    bench.note("phase.low", scaled.phase())


def _ask_api(bench: Bench, scaled: Scaled) -> None:
    """What the metrics API says of our metric, and of one that nobody exposes."""
    label = f"{APP_LABEL}={bench.name('wave')}"
    for fact, metric in (("answer.known", scaled.settings.pod_metric), ("answer.unknown", "ai_conformance_metric_that_nobody_exposes")):
        reply = custom_metrics(bench.cluster, bench.namespace, metric, label)
        bench.note(fact, {"metric": metric, "status": reply.status, "body": reply.body})


def _devices(bench: Bench, scaled: Scaled) -> None:
    """Asks every pod which devices it sees."""
    for name in scaled.running():
        path = kinds.POD.path(name=name, namespace=bench.namespace)
        done = bench.cluster.execute(path, container=CONTAINER, command=_LIST_DEVICES, seconds=bench.settings.start_seconds)
        bench.note(f"devices.{name}", {"exit_code": done.exit_code, "stdout": done.stdout, "stderr": done.stderr})


def _events(bench: Bench, name: str) -> None:
    """Records the events about the autoscaler."""
    found = bench.cluster.list(kinds.EVENT.collection(bench.namespace)).items
    uids = {(event.get("involvedObject") or {}).get("uid") for event in found if (event.get("involvedObject") or {}).get("name") == name}
    bench.note("events", [event for uid in sorted(map(str, uids)) for event in about({"metadata": {"uid": uid}}, found)])
