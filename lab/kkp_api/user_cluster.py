# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user cluster's own API, as JSON: the machine objects, applications, pods and nodes that the KKP API shows and changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import kubernetes
import urllib3

from lab.kkp_api.refusals import CLUSTER_NOT_READY, RefusalError

JSON = dict[str, Any]

MACHINES = "/apis/cluster.k8s.io/v1alpha1/namespaces/kube-system"
_SECONDS = 8
_PATCHES = {"merge": "application/merge-patch+json", "apply": "application/apply-patch+yaml"}


class UserCluster:
    """Requests to one API server, as its administrator.

    Every request raises ``RefusalError``: with the API server's own status and message, or 503 where it cannot be reached.
    """

    def __init__(self, kubeconfig: Path) -> None:
        api = kubernetes.config.new_client_from_config(config_file=str(kubeconfig))
        # The client library knows kubeconfigs and certificates; its typed API knows none of the objects here.
        self._pool: urllib3.PoolManager = api.rest_client.pool_manager
        self._host: str = api.configuration.host

    def get(self, path: str, **query: str) -> JSON:
        """Read one object, or a list of them."""
        return self._json(self._request("GET", path, query=query))

    def find(self, path: str) -> JSON | None:
        """Read one object that need not be there."""
        try:
            return self.get(path)
        except RefusalError as refusal:
            if refusal.status == 404:
                return None
            raise

    def items(self, path: str, *, selector: str = "") -> list[JSON]:
        """A list's objects.

        Args:
            selector: a label selector.
        """
        found: list[JSON] = self.get(path, **({"labelSelector": selector} if selector else {}))["items"]
        return found

    def text(self, path: str) -> str:
        """What a path answers, as text: /readyz, say."""
        return self._request("GET", path, accept="*/*")

    def create(self, path: str, body: JSON) -> JSON:
        """Make an object in the list at this path."""
        return self._json(self._request("POST", path, body=body))

    def replace(self, path: str, body: JSON) -> JSON:
        """Replace an object; its resource version must be the one that is stored."""
        return self._json(self._request("PUT", path, body=body))

    def merge(self, path: str, patch: JSON) -> JSON:
        """Change an object by a merge patch."""
        return self._json(self._request("PATCH", path, body=patch, kind=_PATCHES["merge"]))

    def apply(self, path: str, body: JSON) -> JSON:
        """Make an object what is asked for, there or not (server-side apply)."""
        query = {"fieldManager": "ailab-kkp-api", "force": "true"}
        return self._json(self._request("PATCH", path, body=body, query=query, kind=_PATCHES["apply"]))

    def delete(self, path: str) -> None:
        """Ask for an object's end; one that is not there has ended already.

        Its own finalizers say whether what it owns goes first: a policy in the request would overrule them.
        """
        try:
            self._request("DELETE", path)
        except RefusalError as refusal:
            if refusal.status != 404:
                raise

    def answers(self, path: str = "/readyz") -> bool:
        """Whether a health path says ok."""
        try:
            return self.text(path) == "ok"
        except RefusalError:
            return False

    def _request(
        self,
        method: str,
        path: str,
        *,
        body: JSON | None = None,
        query: dict[str, str] | None = None,
        kind: str = "application/json",
        accept: str = "application/json",
    ) -> str:
        headers = {"Accept": accept, **({"Content-Type": kind} if body is not None else {})}
        url = f"{self._host}{path}{'?' + urlencode(query) if query else ''}"
        content = None if body is None else json.dumps(body)
        try:
            reply = self._pool.request(method, url, body=content, headers=headers, timeout=_SECONDS, retries=False)
        except urllib3.exceptions.HTTPError as exc:
            raise CLUSTER_NOT_READY from exc
        text = reply.data.decode(errors="replace")
        if reply.status >= 400:
            raise _refusal(reply.status, text)
        return text

    @staticmethod
    def _json(text: str) -> JSON:
        found: JSON = json.loads(text)
        return found


def _refusal(status: int, text: str) -> RefusalError:
    try:
        return RefusalError(status, str(json.loads(text)["message"]))
    except (ValueError, KeyError, TypeError):
        return RefusalError(status, text[:500])
