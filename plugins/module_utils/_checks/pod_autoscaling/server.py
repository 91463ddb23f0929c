# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inference server in a Deployment, with an autoscaler that follows its queue, and clients that fill it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.manifests import Manifest
from ansible_collections.ailab.conformance.plugins.module_utils._platform.pod_template import CONTAINER, FOLDER, PodTemplate
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError
from ansible_collections.ailab.conformance.plugins.module_utils._platform.scaling import APP_LABEL, scraped

from .autoscaled import Autoscaled
from .clients import COUNT, Answers, asking
from .settings import AT_ONCE, HpaSettings

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

WAITING = 2
"""Requests per pod that may wait before the autoscaler wants another one."""

_EVERY = 1.0


class Server(Autoscaled):
    """The same with inference servers, behind a Service of the same name.

    Args:
        bench: the way to the cluster.
        role: name of all of it.
        at_once: how many requests each pod serves at a time.
    """

    def __init__(self, bench: Bench, role: str, *, at_once: int) -> None:
        super().__init__(bench, role, metric=bench.own(HpaSettings).queue_metric, target=WAITING)
        self._at_once = at_once
        self._clients: JSON = None
        self._url = ""

    def begin(self) -> None:
        """Makes the Service and the Deployment."""
        own, bench = self.settings, self.bench
        port = {"name": "http", "port": own.server_port, "targetPort": own.server_port}
        service = Manifest(kind=kinds.SERVICE, fields={"spec": {"selector": {APP_LABEL: self.name}, "ports": [port]}})
        address = str(bench.create(f"{self.role}.service", service, name=self.name)["spec"]["clusterIP"])
        host = f"[{address}]" if ":" in address else address
        self._url = f"http://{host}:{own.server_port}/v1/chat/completions"
        self.make(self._template())

    def start(self) -> bool:
        """Makes the autoscaler once the server is ready; whether it became so."""
        if not self.ready(1, seconds=self.settings.scale_seconds):
            return False
        self.follow()
        return True

    def idle(self) -> bool:
        """Whether the autoscaler reads that nothing waits.

        Raises:
            PreconditionError: the metrics API has nothing of the server.
        """
        if self.reads(0):
            return True
        if not self.served():
            raise PreconditionError(
                name="queue-metric",
                what=f"looking for the metric {self.metric} of the inference server's pods",
                found="none in the metrics API",
                expected="how many requests wait: the server exposes it, and the adapter has a rule for it",
                look="the option queue_metric, and monitoring_pod_metrics of the role monitoring",
            )
        return False

    def load(self) -> None:
        """Makes the clients, who begin at once."""
        own, bench = self.settings, self.bench
        seconds = 3 * own.metric_seconds + own.scale_seconds + own.hold_seconds
        template = PodTemplate(image=bench.settings.probe_image, tolerations=bench.settings.tolerations, affinity=bench.aside)
        spec = asking(template, url=self._url, model=own.server_model, seconds=seconds).spec()
        manifest = Manifest(kind=kinds.POD, fields={"spec": spec})
        self._clients = bench.create(f"{self.role}-clients", manifest)
        bench.until_ready([self._clients])

    def count(self) -> None:
        """Waits until enough requests have been answered, recorded as ``answers.<role>``."""
        path = kinds.POD.path(name=self._clients["metadata"]["name"], namespace=self.bench.namespace)

        def counted() -> bool | None:
            done = self.bench.cluster.execute(path, container=CONTAINER, command=COUNT, seconds=self.bench.settings.start_seconds)
            found = Answers.of(done.stdout)
            self.bench.note(f"answers.{self.role}", found.as_fact() if found else {"stdout": done.stdout, "stderr": done.stderr})
            return (found is not None and found.enough) or None

        self.bench.polled(counted, every=_EVERY, seconds=self.settings.metric_seconds)

    def relieve(self) -> None:
        """Deletes the clients; requests that wait go with them."""
        self.bench.delete(f"{self.role}-clients", [self._clients])

    def _template(self) -> PodTemplate:
        own, bench = self.settings, self.bench
        wanted = bench.accelerators(f"{self.role}-devices", own.server_accelerators) if own.server_accelerators else None
        template = PodTemplate(
            image=own.server_image,
            command=tuple(part.replace(AT_ONCE, str(self._at_once)) for part in own.server_command),
            port=own.server_port,
            ready_path=own.server_path,
            # Servers keep what they compile in their home.
            env={"HOME": FOLDER},
            memory="",
            resources=wanted.resources if wanted else {},
            claim_template=wanted.claim.template if wanted and wanted.claim else "",
            tolerations=bench.settings.tolerations,
            affinity=None if wanted else bench.aside,
            restart="Always",
        )
        return scraped(template, own.server_path)
