# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that need more than the file: addresses that must answer, and the members of the CNCF. Both only when asked for."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from urllib.request import getproxies

import urllib3
import yaml

_AGENT = "ailab.conformance product_lint"
_MEMBERS = "CNCF Members"
_SUFFIXES = (" (member)", " (supporter)")


class LandscapeError(Exception):
    """The landscape file cannot be read or has no members."""


def reach(address: str, *, seconds: float = 30) -> str | None:
    """Tries an address as the validator does: HEAD first, then GET.

    A server that says that it is asked too often (429) counts as an answer, as in the validator's release C.

    Args:
        address: http or https.
        seconds: limit of each of the two requests.

    Returns:
        None when it answers with a status below 400, else what happened.
    """
    proxy = getproxies().get(address.partition(":")[0])
    headers = {"user-agent": _AGENT}
    client = urllib3.ProxyManager(proxy, headers=headers) if proxy else urllib3.PoolManager(headers=headers)
    retries = urllib3.Retry(connect=0, read=0, other=0, redirect=10)
    problem: str | None = None
    for method in ("HEAD", "GET"):
        try:
            response = client.request(method, address, timeout=seconds, retries=retries, preload_content=False)
        except urllib3.exceptions.HTTPError as error:
            problem = str(error)
            continue
        response.release_conn()
        if response.status < HTTPStatus.BAD_REQUEST or response.status == HTTPStatus.TOO_MANY_REQUESTS:
            return None
        problem = f"status {response.status}"
    return problem


def members(landscape: Path) -> frozenset[str]:
    """The names of the CNCF's members in a copy of ``landscape.yml`` (repository cncf/landscape).

    Raises:
        LandscapeError: the file cannot be read, is no YAML, or names no member.
    """
    try:
        document = yaml.load(landscape.read_bytes(), Loader=yaml.CSafeLoader)
    except (OSError, yaml.YAMLError) as error:
        raise LandscapeError(f"cannot read the landscape file {landscape}: {error}") from error
    categories = document.get("landscape", []) if isinstance(document, dict) else []
    found = {
        _stripped(str(item["name"]))
        for category in categories
        if category.get("name") == _MEMBERS
        for group in category.get("subcategories", [])
        for item in group.get("items", [])
    }
    if not found:
        raise LandscapeError(f"{landscape} names no member: expected the category {_MEMBERS!r} of cncf/landscape's landscape.yml")
    return frozenset(found)


def _stripped(name: str) -> str:
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name
