# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes seconds: nodes made and taken away, each in a thread of its own and never two for one machine."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from lab.errors import LabError
from lab.machines.actions import ABANDON, PROVISION, RETIRE, Abandon, Patch, Provision, Retire
from lab.machines.drain import drain
from lab.machines.events import Events
from lab.machines.kube import Kube, KubeError
from lab.machines.names import API_VERSION, MACHINES, NAMESPACE, NODES
from lab.machines.provider import NodeProvider
from lab.machines.single import without_finalizer
from lab.machines.statuses import failure_status
from lab.machines.template import kubelet_labels, node_labels, node_taints
from lab.machines.views import Machine

_LOG = logging.getLogger(__name__)
_AT_ONCE = 4
_FIRST_REST_SECONDS = 1.0
_LONGEST_REST_SECONDS = 15.0
_GIVEN_UP = 3  # failures in a row; who reads KKP's API takes an errorReason for a machine that will never be


@dataclass(slots=True)
class _Rest:
    """A machine whose job failed rests before the next: twice as long each time."""

    failures: int = 0
    until: float = 0.0


class Jobs:
    """The jobs of one cluster.

    Args:
        done: is called when a job has ended.
        drain_seconds: for how long pods may take to leave a node.
    """

    def __init__(self, kube: Kube, nodes: NodeProvider, events: Events, *, done: Callable[[], None], drain_seconds: float) -> None:
        self._kube = kube
        self._nodes = nodes
        self._events = events
        self._done = done
        self._drain_seconds = drain_seconds
        self._ending = threading.Event()
        self._guard = threading.Lock()
        self._running: dict[str, Future[None]] = {}
        self._resting: dict[tuple[str, str], _Rest] = {}
        # A node that empties slowly must not keep others from being made.
        self._makers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="provision")
        self._takers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="retire")

    def busy(self) -> set[tuple[str, str]]:
        """The jobs that must not begin now: a machine that a job is at work on gets no other, and one that failed rests."""
        now = time.monotonic()
        with self._guard:
            running = {(verb, key) for key in self._running for verb in (PROVISION, RETIRE, ABANDON)}
            return running | {job for job, rest in self._resting.items() if rest.until > now}

    def seconds_to_rest(self) -> float | None:
        """When the next of those that rest may be tried again; None where none rests."""
        now = time.monotonic()
        with self._guard:
            return min((rest.until - now for rest in self._resting.values() if rest.until > now), default=None)

    def start(self, order: Provision | Retire | Abandon) -> None:
        """Begin a job, unless one is at work on that machine or node."""
        if isinstance(order, Abandon):
            self._begin((ABANDON, order.node), self._takers, lambda: self._abandon(order.node))
            return
        machine = order.machine
        if isinstance(order, Retire):
            job = (RETIRE, machine.uid)
            self._begin(job, self._takers, lambda: self._told(job, machine, "Delete", lambda: self._retire(machine)))
        else:
            job = (PROVISION, machine.uid)
            self._begin(job, self._makers, lambda: self._told(job, machine, "Create", lambda: self._provision(order)))

    def stop(self) -> None:
        """Wait for the jobs at work; those that have not begun are dropped, and planned again by the next controller."""
        self._ending.set()
        for pool in (self._makers, self._takers):
            pool.shutdown(cancel_futures=True)

    def _begin(self, job: tuple[str, str], pool: ThreadPoolExecutor, work: Callable[[], None]) -> None:
        with self._guard:
            if job[1] in self._running or self._ending.is_set():
                return
            future = pool.submit(work)
            self._running[job[1]] = future
        future.add_done_callback(lambda ended: self._ended(job, ended))

    def _ended(self, job: tuple[str, str], future: Future[None]) -> None:
        error = None if future.cancelled() else future.exception()
        with self._guard:
            self._running.pop(job[1], None)
            if error is None:
                self._resting.pop(job, None)
            else:
                rest = self._resting.setdefault(job, _Rest())
                seconds = min(_LONGEST_REST_SECONDS, _FIRST_REST_SECONDS * 2**rest.failures)
                rest.failures, rest.until = rest.failures + 1, time.monotonic() + seconds
        if isinstance(error, (LabError, KubeError)):
            _LOG.warning("%s %s: %s", *job, error)
        elif error is not None:
            _LOG.error("%s %s: the job failed", *job, exc_info=error)
        self._done()

    def _told(self, job: tuple[str, str], machine: Machine, verb: str, work: Callable[[], None]) -> None:
        """Do a job; where the lab cannot, people see why at the machine: at once in its events, in its status when it goes on so."""
        try:
            work()
        except LabError as error:
            with self._guard:
                failures = self._resting[job].failures if job in self._resting else 0
            if failures + 1 >= _GIVEN_UP:
                self._patch(failure_status(machine, reason=f"{verb}Error", message=str(error)))
            self._tell(machine, f"Failed{verb}", str(error), warning=True)
            raise

    def _provision(self, order: Provision) -> None:
        machine = order.machine
        if order.anew or not self._nodes.exists(machine.name):
            # A controller that was killed may have left a half of it: kubeadm refuses to join a node that the cluster has already.
            self._abandon(machine.name)
        spec = machine.json["spec"]
        made = self._nodes.create(machine.name, kubelet_labels(node_labels(spec)), node_taints(spec))
        if made.name != machine.name:
            raise LabError(
                f"the node of machine {machine.name}",
                found=made.name,
                expected=machine.name,
                see="A node provider names nodes as machines.",
            )
        self._patch(Patch(MACHINES, machine.name, {"spec": {"providerID": made.provider_id}}))
        self._tell(machine, "Created", f"node {made.name} made as {made.provider_id}")

    def _retire(self, machine: Machine) -> None:
        if machine.provider_id:
            drain(self._kube, machine.name, seconds=self._drain_seconds, wait=self._ending.wait)
            if self._ending.is_set():
                return
        self._abandon(machine.name)
        self._tell(machine, "Deleted", f"node {machine.name} is gone")
        self._patch(without_finalizer(self._kube.get(MACHINES.path(machine.name, namespace=NAMESPACE))))

    def _abandon(self, node: str) -> None:
        self._nodes.delete(node)
        self._kube.delete(NODES.path(node))

    def _patch(self, patch: Patch) -> None:
        try:
            self._kube.patch(patch.resource.path(patch.name, namespace=NAMESPACE, sub=patch.sub), patch.body)
        except KubeError as error:
            if not error.gone:
                raise

    def _tell(self, machine: Machine, reason: str, message: str, *, warning: bool = False) -> None:
        self._events.tell(machine.json, reason, message, kind=MACHINES.kind, api_version=API_VERSION, warning=warning)
