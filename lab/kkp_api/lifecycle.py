# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life cycles of projects, service accounts and clusters: takes the rows of the work list one step on, until none is left."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from lab.errors import LabError
from lab.kkp_api import health, words
from lab.kkp_api.applications import create_installation, install_definitions, settle_installation
from lab.kkp_api.calls import JSON
from lab.kkp_api.cluster_spec import INITIAL_APPLICATIONS, INITIAL_MACHINES
from lab.kkp_api.machine_deployments import create_from
from lab.kkp_api.refusals import RefusalError
from lab.kkp_api.services import Services
from lab.kkp_api.work import Job, WorkList

_log = logging.getLogger(__name__)
_PARALLEL = 6
_POLL = 0.3
_LONGEST_PAUSE = 20.0
_EVENTS_KEPT = 50

Outcome = tuple[str | None, float]
_DONE: Outcome = (None, 0.0)


class LifeCycle:
    """Works off the rows in threads of its own, one per subject at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._rows = WorkList(services.store)
        self._stirred = threading.Event()
        self._ending = threading.Event()
        self._busy: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="life-cycle")
        self._steps: dict[str, Callable[[Job], Outcome]] = {
            "project/activate": self._activate_project,
            "project/delete": self._delete_project,
            "serviceaccount/activate": self._activate_account,
            "cluster/create": self._create_cluster,
            "cluster/populate": self._populate_cluster,
            "cluster/delete": self._delete_cluster,
            "application/install": self._install,
        }

    def start(self) -> None:
        """Begin; clusters that stand are looked after first, since a restart of this machine may lie behind."""
        for cluster in self._services.store.all("cluster"):
            subject = f"cluster/{cluster['id']}"
            if self._rows.of(subject) is None:
                self._rows.order(subject, "create")
        self._thread.start()

    def stop(self) -> None:
        """End after the steps that run now."""
        self._ending.set()
        self._stirred.set()
        self._thread.join()

    def wake(self) -> None:
        """There is a new row."""
        self._stirred.set()

    def _run(self) -> None:
        with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="step") as threads:
            while not self._ending.is_set():
                now = time.time()
                jobs = [job for job in self._rows.all() if job.subject not in self._busy]
                for job in jobs:
                    if job.due <= now:
                        self._busy.add(job.subject)
                        threads.submit(self._take, job)
                pause = min([1.0, *(job.due - now for job in jobs if job.due > now)])
                self._stirred.wait(pause)
                self._stirred.clear()

    def _take(self, job: Job) -> None:
        try:
            step, after = self._steps[f"{job.subject.partition('/')[0]}/{job.step}"](job)
            self._rows.advance(job, step, after=after)
        except (LabError, RefusalError, OSError) as error:
            _log.warning("%s, %s: %s", job.subject, job.step, error)
            self._tell(job, f"{job.step} failed and is tried again: {error}", kind="Warning")
            self._rows.retry(job, after=min(_LONGEST_PAUSE, 2.0**job.attempts))
        except BaseException:
            _log.exception("%s, %s", job.subject, job.step)
            self._rows.retry(job, after=_LONGEST_PAUSE)
            raise
        finally:
            self._busy.discard(job.subject)
            self._stirred.set()

    def _activate_project(self, job: Job) -> Outcome:
        store = self._services.store
        with store.together():
            project = store.get("project", job.key)
            if project and project["status"] == "Inactive":
                store.put("project", job.key, {**project, "status": "Active"})
        return _DONE

    def _activate_account(self, job: Job) -> Outcome:
        store = self._services.store
        with store.together():
            if account := store.get("serviceaccount", job.key):
                store.put("serviceaccount", job.key, {**account, "status": "Active"}, parent=account["project"])
        return _DONE

    def _delete_project(self, job: Job) -> Outcome:
        store = self._services.store
        clusters = store.all("cluster", parent=job.key)
        for cluster in clusters:
            with store.together():
                current = store.get("cluster", cluster["id"])
                if current and not current.get("deletionTimestamp"):
                    store.put("cluster", current["id"], {**current, "deletionTimestamp": words.now()}, parent=job.key)
                    self._rows.order(f"cluster/{current['id']}", "delete")
        if clusters:
            return job.step, _POLL
        with store.together():
            for account in store.all("serviceaccount", parent=job.key):
                store.delete_children("token", account["id"])
            for kind in ("serviceaccount", "member", "sshkey", "quota"):
                store.delete_children(kind, job.key)
            store.delete("project", job.key)
        return _DONE

    def _create_cluster(self, job: Job) -> Outcome:
        store, platform = self._services.store, self._services.platform
        cluster = store.get("cluster", job.key)
        if cluster is None:
            return _DONE
        fresh = not cluster["running"]
        platform.create(job.key, cluster["spec"]["version"])
        with store.together():
            current = store.get("cluster", job.key)
            if current:
                store.put("cluster", job.key, {**current, "running": cluster["spec"]["version"]}, parent=current["project"])
        if fresh:
            self._tell(job, f"control plane created, Kubernetes {cluster['spec']['version']}")
        return "populate", 0.0

    def _populate_cluster(self, job: Job) -> Outcome:
        """Start the controllers; make what was asked for with the cluster once they serve."""
        store, platform = self._services.store, self._services.platform
        platform.start_controllers(job.key)
        cluster, api = store.get("cluster", job.key), platform.user_cluster(job.key)
        if cluster is None:
            return _DONE
        if api is None or not health.is_ready(health.of(self._services, cluster)):
            return "populate", _POLL
        install_definitions(api)
        for wanted in self._initial(cluster, INITIAL_MACHINES):
            self._make(job, partial(create_from, api, wanted, cluster, versions=platform.versions))
        for wanted in self._initial(cluster, INITIAL_APPLICATIONS):
            self._make(job, partial(create_installation, self._services, api, cluster, wanted))
        with store.together():
            if current := store.get("cluster", job.key):
                kept = {key: text for key, text in current["annotations"].items() if key != INITIAL_MACHINES and _is_kept(key, text)}
                store.put("cluster", job.key, {**current, "annotations": kept}, parent=current["project"])
        return _DONE

    @staticmethod
    def _initial(cluster: JSON, annotation: str) -> list[JSON]:
        """What was asked for together with the cluster, and is not made yet."""
        wanted = json.loads(cluster["annotations"].get(annotation) or "[]")
        return wanted if isinstance(wanted, list) else [wanted]

    def _make(self, job: Job, make: Callable[[], object]) -> None:
        """Make one such thing; what was made before a kill is found again and not doubled, what is refused is told."""
        try:
            make()
        except RefusalError as refusal:
            if refusal.status == 503:
                raise
            if "already exists" not in refusal.message:
                self._tell(job, refusal.message, kind="Warning")

    def _install(self, job: Job) -> Outcome:
        """One application of a cluster: key is cluster/namespace/name."""
        cluster, namespace, name = job.key.split("/")
        api = self._services.platform.user_cluster(cluster)
        if api is not None and self._services.store.get("cluster", cluster):
            settle_installation(self._services, api, namespace, name)
        return _DONE

    def _delete_cluster(self, job: Job) -> Outcome:
        store = self._services.store
        self._services.platform.delete(job.key)
        with store.together():
            for kind in ("event", "rulegroup", "alertmanager", "mlaadminsetting"):
                store.delete_children(kind, job.key)
            store.delete("cluster", job.key)
        return _DONE

    def _tell(self, job: Job, message: str, *, kind: str = "Normal") -> None:
        """Note an event of a cluster; the same message again is counted."""
        store, key = self._services.store, job.key
        if not job.subject.startswith("cluster/") or store.get("cluster", key) is None:
            return
        with store.together():
            known = store.all("event", parent=key)
            same = next((event for event in known if event["message"] == message), None)
            event = same or {
                "id": f"{key}.{words.suffix(16)}",
                "name": key,
                "creationTimestamp": words.now(),
                "message": message,
                "type": kind,
                "count": 0,
                "involvedObject": {"type": "Cluster", "namespace": "", "name": key},
            }
            for old in known[: max(0, len(known) - _EVENTS_KEPT)]:
                store.delete("event", old["id"])
            store.put("event", event["id"], {**event, "count": event["count"] + 1, "lastTimestamp": words.now()}, parent=key)


def _is_kept(annotation: str, text: str) -> bool:
    # An empty list says that the user wants no default applications, and stays.
    return annotation != INITIAL_APPLICATIONS or text == "[]"
