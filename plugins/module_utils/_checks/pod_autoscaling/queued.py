# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HPA-08: an inference server scales by its queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, success
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import Check
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import Takes
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.scaling import Reading

from .clients import CLIENTS, LEAST_ANSWERS, Answers
from .needs import QUEUES
from .phases import Phase
from .requirement import POD_AUTOSCALING
from .server import WAITING, Server
from .settings import HpaSettings
from .wave import require_pipeline

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

STORY = "queue"

NARROW, WIDE = "narrow", "wide"
"""A server that serves one request at a time, and one that serves all of them."""

_TAKES = Takes(story=STORY, seconds=40)


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Which of two Deployments is judged; both have the same load at the same time.

    Attributes:
        which: ``narrow`` serves one request at a time, ``wide`` all that are on their way.
    """

    which: str


class FollowsQueue(Check[Servers]):
    """Requests wait at an inference server, and the depth of its queue makes a second one ready; without load one is left.

    The autoscaler has no other metric, and must have read more than the target before it wanted more. The control has as many clients
    in the same time, at a server that serves all of them at once: nothing waits, so that nothing may scale.
    """

    id = "HPA-08"
    requirement = POD_AUTOSCALING.id
    needs = QUEUES
    title = "an inference server scales by its queue"
    asks = "With more requests at a time than an inference server serves, is a second one ready because requests wait, and gone afterwards?"
    broken_looks_like = "The queue grows and nothing scales, or what scales has no queue."
    sources = ("KAR-0057: custom metrics relevant to AI/ML workloads", "vLLM: production metrics")
    mandatory = False
    subject = Servers(which=NARROW)
    control = Servers(which=WIDE)
    control_reason = "nothing-waited"
    subject_takes = _TAKES
    control_takes = _TAKES

    def observe(self, bench: Bench, variant: Servers, /) -> None:
        """Plays the scenario with both servers, or takes part in it."""
        own = bench.own(HpaSettings)
        if not own.server_image:
            raise PreconditionError(
                name="inference-server",
                what="looking for an inference server to run",
                found="no option server_image",
                expected="the image of a server that speaks OpenAI's protocol and tells the depth of its queue",
                look="the options server_*",
            )
        bench.shared(STORY, lambda: _play(bench))
        bench.note("judged", variant.which)

    def evaluate(self, seen: Seen) -> Finding:
        """Looks at one server idle, under load and afterwards."""
        which = seen.last("judged")
        idle, loaded, low = (Phase.read(seen.last(f"phase.{which}.{name}")) for name in ("idle", "loaded", "low"))
        if idle is None:
            return inconclusive("phases-not-seen", "the server was not seen to the end of the scenario")
        return self._idle(idle) or self._loaded(loaded, Answers.read(seen.last(f"answers.{which}"))) or self._afterwards(loaded, low)

    @staticmethod
    def _idle(idle: Phase) -> Finding | None:
        reading = idle.reading
        if idle.ready == 1 and reading.active and reading.value is not None and reading.value < WAITING and idle.most_desired <= 1:
            return None
        found = f"without load {idle.ready} pods were ready and the autoscaler read {reading.value} of {WAITING} ({reading.reason})"
        return inconclusive("idle-not-below", f"{found}; expected one, and less")

    @staticmethod
    def _loaded(loaded: Phase | None, answers: Answers | None) -> Finding | None:
        if loaded is None or answers is None:
            return inconclusive("phases-not-seen", "the server was not seen to the end of its load")
        if not answers.enough:
            found = f"{answers.good} requests were answered and {answers.refused} were not"
            return inconclusive("requests-not-answered", f"{found}, expected at least {LEAST_ANSWERS} completions: see server_model")
        if loaded.ready < 2 and loaded.most_desired < 2:
            return _not_scaled(loaded)
        before = _read_before_growth(loaded)
        if not before or max(before) <= WAITING:
            found = f"{loaded.ready} pods are ready, though the autoscaler had read {before or 'nothing'} before it wanted more"
            return failure("not-by-queue", f"{found}; expected more than {WAITING} to wait: something else scales")
        if loaded.ready < 2:
            found = f"the autoscaler wanted {loaded.most_desired} replicas, {loaded.ready} is ready"
            return failure("replicas-not-ready", f"{found}; expected all: see the pods' events")
        return None

    @staticmethod
    def _afterwards(loaded: Phase | None, low: Phase | None) -> Finding:
        if loaded is None or low is None:
            return inconclusive("phases-not-seen", "what became of the servers after the load was not seen")
        here = [state for state in low.pods.last.values() if state["phase"] != "Gone"]
        if low.ready < 1:
            return failure("below-minimum", "no pod is ready after the load, expected the minimum of one")
        if len(here) > 1:
            found = f"{len(here)} pods are there after the load, the autoscaler read {low.reading.value}"
            return failure("not-scaled-down", f"{found}; expected one: see the HPA's conditions")
        read = f"the autoscaler read {max(_read_before_growth(loaded)):g} of {WAITING}"
        return success("followed-queue", f"{CLIENTS} requests at a time: {read} and two pods became ready; one is left after the load")


def _not_scaled(loaded: Phase) -> Finding:
    if not loaded.shown or not loaded.reading.active:
        return inconclusive("queue-not-read", f"under load the autoscaler read no value of {loaded.metric} ({loaded.reading.reason})")
    found = f"one pod, {CLIENTS} requests at a time, the autoscaler read {max(loaded.shown):g} of {WAITING}"
    if max(loaded.shown) > WAITING:
        return failure("queue-ignored", f"{found} and wanted no more; expected two ready pods")
    return failure("nothing-waited", f"{found}; expected more to wait, and two ready pods")


def _read_before_growth(loaded: Phase) -> list[float]:
    """What the autoscaler had read when it first wanted more than one pod; nothing when it never did."""
    wish = next((number for number, said in enumerate(loaded.said) if int(said.get("desired") or 0) > 1), -1)
    readings = (Reading.of(said, loaded.metric).value for said in loaded.said[: wish + 1])
    return [value for value in readings if value is not None]


def _play(bench: Bench) -> None:
    require_pipeline(bench)
    with Server(bench, NARROW, at_once=1) as narrow, Server(bench, WIDE, at_once=CLIENTS * 2) as wide:
        both = (narrow, wide)
        for server in both:
            server.begin()
        started = [server.start() for server in both]
        idle = all(started) and all(server.idle() for server in both)
        _phases(bench, both, "idle")
        if not idle:
            return
        for server in both:
            server.load()
        own = narrow.settings
        narrow.ready(2, seconds=own.metric_seconds + own.scale_seconds)
        # As long as the one took to grow, and a while longer, the other had its chance.
        wide.hold(1)
        for server in both:
            server.count()
        _phases(bench, both, "loaded")
        for server in both:
            server.relieve()
        narrow.ready(1, seconds=own.metric_seconds + own.scale_seconds)
        _phases(bench, both, "low")


def _phases(bench: Bench, servers: tuple[Server, Server], name: str) -> None:
    for server in servers:
        bench.note(f"phase.{server.role}.{name}", server.phase())
