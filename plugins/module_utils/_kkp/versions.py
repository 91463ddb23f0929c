# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubernetes versions that a KKP offers, and the version of KKP itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .client import Api, segment
from .errors import OptionError

JSON = Any

SUPPORTED_KKP = (2, 29)
"""The oldest KKP that this client was made for."""

_NUMBER = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+)(?:-([0-9A-Za-z.-]+))?)?")
_WHOLE = 3


class Versions:
    """What a KKP says about versions."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def kkp(self) -> str:
        """KKP's own version, such as v2.29.3."""
        return str((self._api.get("/api/v1/version") or {}).get("api") or "")

    def offered(self, *, provider: str = "") -> list[dict[str, JSON]]:
        """Control plane versions, of one cloud provider or of all."""
        path = f"/api/v2/providers/{segment(provider)}/versions" if provider else "/api/v1/upgrades/cluster"
        return list(self._api.get(path) or [])

    def kubelets(self, *, control_plane: str) -> list[str]:
        """Kubelet versions that go with a control plane."""
        found = self._api.get("/api/v1/upgrades/node", query=[("control_plane_version", control_plane)])
        return ascending(str(item["version"]) for item in found or [])


def parsed(version: str) -> tuple[tuple[int, ...], str]:
    """Major, minor and, where there is one, patch; and the rest, such as ``rc.1``, which is empty for a release.

    Raises:
        OptionError: it is no version.
    """
    match = _NUMBER.fullmatch(version)
    if match is None:
        raise OptionError(
            what=f"version {version!r}",
            found="a text that is no version",
            expected="1.34, 1.34.3, or 1.35.0-rc.1",
            look="the module kkp_version_info",
        )
    *found, rest = match.groups()
    return tuple(int(part) for part in found if part is not None), str(rest or "")


def satisfies(version: str, wanted: str) -> bool:
    """Whether a version is the wanted one, or of the wanted line (``1.34``)."""
    asked, rest = parsed(wanted)
    if not version:
        return False
    found, other = parsed(version)
    return found[: len(asked)] == asked and (rest == other or len(asked) < _WHOLE)


def ascending(versions: Sequence[str] | Any) -> list[str]:
    """Versions in their order, not in that of their letters: 1.34.10 comes after 1.34.9, and 1.35.0 after 1.35.0-rc.1."""
    return sorted(versions, key=_precedence)


def highest(offered: Sequence[str], wanted: str, *, where: str) -> str:
    """The highest offered version that is the wanted one, or of the wanted line; of a line, a release before any candidate.

    Raises:
        OptionError: none is offered.
    """
    fitting = [version for version in offered if satisfies(version, wanted)]
    if not fitting:
        raise OptionError(
            what=f"Kubernetes version {wanted}",
            found=f"{where}: {', '.join(ascending(offered)) or 'none'}",
            expected="one of them",
            look="the module kkp_version_info, and the versions that the administrators of this KKP allow",
        )
    releases = [version for version in fitting if not parsed(version)[1]]
    return ascending(releases or fitting)[-1].removeprefix("v")


def _precedence(version: str) -> tuple[tuple[int, ...], bool, list[tuple[bool, int, str]]]:
    """The order of Semantic Versioning 2.0.0, item 11: numbers as numbers, and a release after its candidates."""
    found, rest = parsed(version)
    return found, not rest, [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in rest.split(".")]
