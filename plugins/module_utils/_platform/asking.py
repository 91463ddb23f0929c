# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check asks of the API server and of what lies behind it. Every answer is recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import quote

from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import JSON_TYPE
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import Deadline
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import NotFoundError

from .precondition import PreconditionError

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import Reply

    from .kinds import Kind
    from .stories import Facts
    from .workspace import Workspace

JSON = Any
T = TypeVar("T")

_LOG_LINES = 200


class Record(Protocol):
    """Where observations go.

    Attributes:
        seen: what has gone there so far, as an evaluator will read it.
    """

    seen: Any

    def __call__(self, name: str, data: JSON, *, request: tuple[str, str, JSON] | None = None) -> None:
        """Takes a fact, and the call (verb, path, body) that it answers."""

    def all(self) -> Facts:
        """What has been taken so far."""

    def adopt(self, facts: Facts) -> None:
        """Takes what another has seen, as of the time at which it was seen."""


class Asking:
    """The reading part of a bench.

    Args:
        workspace: where to work.
        prefix: start of the names of what is made: ``dra-05-subject``.
        record: takes every observation.

    Attributes:
        settings: of the run.
        identity: of the requirement.
        namespace: of the requirement's run.
        workspace: where to work, for the words of a field that are made outside this class.
        cluster: the API server; what is asked of it directly is not recorded.
    """

    def __init__(self, *, workspace: Workspace, prefix: str, record: Record) -> None:
        self.settings = workspace.settings
        self.identity = workspace.identity
        self.namespace = workspace.namespace
        self.workspace = workspace
        self.cluster = workspace.cluster
        self._prefix = prefix
        self._record = record

    def name(self, role: str) -> str:
        """The name of an object by the part that it plays in the check."""
        return f"{self._prefix}-{role}"

    def unique(self, role: str) -> str:
        """The same for a cluster-scoped object: nobody else's, because it ends in the run's random digits."""
        return self.identity.unique(self.name(role))

    def own(self, kind: type[T]) -> T:
        """The settings of this requirement alone.

        Raises:
            TypeError: the requirement has none of this kind.
        """
        found = self.settings.own
        if not isinstance(found, kind):
            raise TypeError(f"the requirement's own settings are {type(found).__name__}, not {kind.__name__}")
        return found

    @property
    def so_far(self) -> Any:
        """What this side has recorded so far, as its evaluator reads it (a Seen): so that a wait can ask what the evaluator asks."""
        return self._record.seen

    def polled(self, ask: Callable[[], T | None], *, every: float, seconds: float) -> T | None:
        """Asks again and again, for what no API server can be watched for: metrics, endpoints, what traffic meets.

        Args:
            ask: one question; None as long as it is undecided.
            every: seconds from the end of one question to the next one.
            seconds: how long to go on. It is asked at least once, and once more at the end.

        Returns:
            The first decision, or None.
        """
        deadline = Deadline(clock=self.cluster.clock, seconds=seconds)
        while (found := ask()) is None and not deadline.passed():
            self.cluster.clock.pause(min(every, deadline.left()))
        return found

    def shared(self, key: str, play: Callable[[], None]) -> None:
        """Records the facts of a scenario that several checks look at. Whoever asks first plays it; its objects are that one's.

        Checks that share a scenario declare the same ``takes``, so that it never runs without its accelerators.

        Args:
            key: name of the scenario, unique in the requirement.
            play: plays it with this bench.

        Raises:
            Exception: what the scenario raised, to everybody who asks for it.
        """

        def played() -> Facts:
            before = len(self._record.all())
            play()
            return self._record.all()[before:]

        facts, mine = self.workspace.stories.told(key, played)
        if not mine:
            self._record.adopt(facts)

    def note(self, fact: str, data: JSON) -> None:
        """Records something that was chosen or computed here."""
        self._record(fact, data)

    def ask(
        self, fact: str, verb: str, path: str, *, query: Sequence[tuple[str, str]] = (), body: JSON = None, content_type: str = JSON_TYPE
    ) -> Reply:
        """One request, recorded as ``{"status", "body"}`` whatever the answer.

        Raises:
            UnreachableError: no answer.
        """
        return self._answered(fact, self.cluster.call(verb, path, query=query, body=body, content_type=content_type), body=body)

    def read(self, fact: str, kind: Kind, *, name: str, space: str = "") -> JSON | None:
        """An object, recorded as it is; None when there is none.

        Args:
            fact: the record's name.
            kind: of the object.
            name: its name.
            space: its namespace, where it is not the workspace's.

        Raises:
            ApiError: the server refuses.
            UnreachableError: no answer.
        """
        path = kind.path(name=name, namespace=space or self.namespace)
        try:
            found = self.cluster.get(path)
        except NotFoundError:
            found = None
        self._record(fact, found, request=("get", path, None))
        return found

    def listing(self, fact: str, kind: Kind, *, space: str = "", labels: str = "", fields: str = "") -> list[JSON]:
        """All objects of a kind, of one namespace or of all, recorded.

        Raises:
            ApiError: the server refuses.
            UnreachableError: no answer.
        """
        items = self.cluster.list(kind.collection(space), labels=labels, fields=fields).items
        self._record(fact, items, request=("list", kind.collection(space), None))
        return items

    def require_served(self, kind: Kind, *, component: str) -> None:
        """Makes sure that the API server serves a kind that a component of the platform brings.

        Raises:
            PreconditionError: it does not.
            ApiError: the server refuses to say.
            UnreachableError: no answer.
        """
        path = f"/apis/{kind.api}" if kind.group else f"/api/{kind.api}"
        reply = self.cluster.call("get", path)
        served = {item["name"] for item in reply.body["resources"]} if reply.ok else set()
        self._record("served", {"api": kind.api, "status": reply.status, "resources": sorted(served)}, request=("get", path, None))
        if kind.plural not in served:
            raise PreconditionError(
                name=f"{component.lower().replace(' ', '-')}-missing",
                what=f"looking for {component}",
                found=f"no {kind} in version {kind.api.rpartition('/')[2]}",
                expected=f"the API of {component}",
                look="kubectl api-resources, and whether the component is installed",
            )

    def proxied(
        self,
        fact: str,
        kind: Kind,
        *,
        name: str,
        space: str,
        port: str,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        scheme: str = "",
        keep: Callable[[JSON], JSON] = lambda body: body,
    ) -> Reply:
        """An HTTP GET of a Service or a Pod through the API server, recorded as ``{"status", "type", "body"}`` whatever the answer.

        Args:
            fact: the record's name.
            kind: Service or Pod.
            name: its name.
            space: its namespace.
            port: number or name of the port.
            path: below the server's root, with a slash first.
            query: pairs.
            scheme: ``https`` where the server wants it.
            keep: what of the body is recorded, where it is long; pure.

        Raises:
            UnreachableError: the API server gives no answer.
        """
        target = f"{scheme}:{name}:{port}" if scheme else f"{name}:{port}"
        where = f"{kind.path(name=quote(target, safe=':'), namespace=space)}/proxy{path}"
        reply = self.cluster.call("get", where, query=query, accept="*/*")
        self._record(fact, {"status": reply.status, "type": reply.type, "body": keep(reply.body)}, request=("get", reply.path, None))
        return reply

    def logs(self, fact: str, kind_path: str, *, container: str = "", lines: int = _LOG_LINES) -> str:
        """The last lines that a container wrote, recorded; empty when the server has none.

        Args:
            fact: the record's name.
            kind_path: path of the pod.
            container: of the pod; the only one when empty.
            lines: at most so many.

        Raises:
            UnreachableError: no answer.
        """
        query = [("tailLines", str(lines)), *([("container", container)] if container else [])]
        reply = self.cluster.call("get", f"{kind_path}/log", query=query, accept="*/*")
        text = str(reply.body or "") if reply.status == HTTPStatus.OK else ""
        self._record(fact, {"status": reply.status, "text": text}, request=("get", reply.path, None))
        return text

    def _answered(self, fact: str, reply: Reply, *, body: JSON) -> Reply:
        self._record(fact, {"status": reply.status, "body": reply.body}, request=(reply.verb, reply.path, body))
        return reply
