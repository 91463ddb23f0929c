# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks a monitoring system that speaks Prometheus' HTTP API, through the API server.

Source: Prometheus documentation, "HTTP API", v1; Cortex, Mimir and Thanos speak the same one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from . import kinds

if TYPE_CHECKING:
    from .asking import Asking

JSON = Any


class StoreError(ValueError):
    """An answer is none that a store gives. Its words say which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Where the monitoring system answers.

    Attributes:
        namespace: of its Service.
        service: its name.
        port: number or name of its port.
        path: what stands before ``/api/v1``, as in Cortex' ``/prometheus``; empty for nothing.
        scheme: ``https`` where the Service wants it.
    """

    namespace: str
    service: str
    port: str
    path: str = ""
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """One element of a vector.

    Attributes:
        labels: of its series, the metric's name among them as ``__name__``.
        value: at the time of the query.
        at: that time, seconds since the epoch.
    """

    labels: Mapping[str, str]
    value: float
    at: float


def query(bench: Asking, fact: str, store: Store, expression: str) -> None:
    """Evaluates an expression now, recorded as the answer.

    Raises:
        UnreachableError: the API server gives no answer.
    """
    ask(bench, fact, store, "query", ("query", expression))


def ask(bench: Asking, fact: str, store: Store, what: str, *pairs: tuple[str, str]) -> None:
    """Asks one of the API's questions, ``targets`` or ``query``, recorded as the answer.

    Raises:
        UnreachableError: the API server gives no answer.
    """
    path = f"{store.path}/api/v1/{what}"
    bench.proxied(
        fact, kinds.SERVICE, name=store.service, space=store.namespace, port=store.port, path=path, query=pairs, scheme=store.scheme
    )


def answer(fact: JSON) -> JSON:
    """The data of a recorded answer.

    Raises:
        StoreError: it is none of a store, or says that it could not answer.
    """
    values: Mapping[str, JSON] = fact if isinstance(fact, Mapping) else {}
    status, body = values.get("status"), values.get("body")
    if status != HTTPStatus.OK or not isinstance(body, Mapping) or body.get("status") != "success":
        words = body.get("error") or body.get("message") if isinstance(body, Mapping) else str(body)[:120]
        raise StoreError(f"the monitoring system answered {status}: {words}; expected 200 and success")
    return body.get("data")


def vector(fact: JSON) -> list[Sample]:
    """The elements of a recorded instant vector.

    Raises:
        StoreError: the record holds none.
    """
    data = answer(fact)
    if not isinstance(data, Mapping) or data.get("resultType") != "vector" or not isinstance(data.get("result"), list):
        raise StoreError("the monitoring system answered with something else than a vector")
    try:
        return [
            Sample(
                labels={str(name): str(value) for name, value in item["metric"].items()},
                value=float(item["value"][1]),
                at=float(item["value"][0]),
            )
            for item in data["result"]
        ]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(f"an element of the vector cannot be read: {error!r}") from error
