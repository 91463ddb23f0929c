# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that tests ask for: what a client meets between itself and a KKP that is not well (kkp.md 5, fault injection)."""

from __future__ import annotations

import re
import threading
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from lab.kkp_api.refusals import RefusalError


class Kind(StrEnum):
    """What goes wrong."""

    SLOW = "slow"  # the request waits before it is worked on
    CREATED_BUT_500 = "created-but-500"  # the work is done, and 500 is answered
    BROKEN_SEED = "broken-seed"  # lists of clusters are partial and say so
    BAD_GATEWAY = "bad-gateway"  # an ingress answers 502, with HTML
    TOO_MANY = "too-many-requests"  # an ingress answers 429, with HTML
    GATEWAY_TIMEOUT = "gateway-timeout"  # the work is done, and an ingress answers 504, with HTML
    REVOKED = "token-revoked"  # the caller's token is no longer taken
    RESET = "connection-reset"  # the connection is reset before the request is worked on
    RESET_AFTER = "connection-reset-after"  # the work is done, and the connection is reset


@dataclass(slots=True)
class Fault:
    """One fault, armed.

    Attributes:
        method: only requests of this method; empty for all.
        path: only paths that this regular expression is found in.
        times: how many more requests it strikes; below 0 for ever.
        seconds: how long a slow request waits.
    """

    kind: Kind
    method: str = ""
    path: str = ""
    times: int = 1
    seconds: float = 0.0

    def strikes(self, method: str, path: str) -> bool:
        """Whether it is meant for this request."""
        return self.times != 0 and self.method in ("", method) and re.search(self.path, path) is not None


class Faults:
    """The armed faults; a restart of the API forgets them."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self._lock = threading.Lock()

    def arm(self, order: Any) -> dict[str, Any]:
        """Arm a fault as described by JSON; return it as it was understood.

        Raises:
            RefusalError: 400, with what is wrong in the order.
        """
        if not isinstance(order, dict) or order.get("kind") not in list(Kind):
            raise RefusalError(400, f"kind: one of {', '.join(Kind)} is expected")
        if unknown := set(order) - {"kind", "method", "path", "times", "seconds"}:
            raise RefusalError(400, f"unknown keys: {', '.join(sorted(unknown))}")
        try:
            re.compile(str(order.get("path", "")))
            fault = Fault(
                kind=Kind(order["kind"]),
                method=str(order.get("method", "")).upper(),
                path=str(order.get("path", "")),
                times=int(order.get("times", 1)),
                seconds=float(order.get("seconds", 0)),
            )
        except (ValueError, TypeError, re.error) as exc:
            raise RefusalError(400, f"path, times or seconds: {exc}") from exc
        with self._lock:
            self._armed.append(fault)
        return asdict(fault)

    def armed(self) -> list[dict[str, Any]]:
        """All that may still strike."""
        with self._lock:
            return [asdict(fault) for fault in self._armed if fault.times]

    def clear(self) -> None:
        """Disarm all."""
        with self._lock:
            self._armed.clear()

    def struck(self, method: str, path: str) -> list[Fault]:
        """The faults that strike this request; each is counted."""
        with self._lock:
            found = [fault for fault in self._armed if fault.strikes(method, path)]
            for fault in found:
                fault.times -= fault.times > 0
            self._armed = [fault for fault in self._armed if fault.times]
            return found


HTML = {
    Kind.BAD_GATEWAY: (502, "Bad Gateway"),
    Kind.TOO_MANY: (429, "Too Many Requests"),
    Kind.GATEWAY_TIMEOUT: (504, "Gateway Time-out"),
}
TIMED_OUT = RefusalError(500, "timed out waiting for cluster to become ready")
