# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of applications: what users may install, in which versions, from which charts.

Source: KKP API v2, /applicationdefinitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .client import Api, segment

JSON = Any

_PATH = "/api/v2/applicationdefinitions"


class Catalogue:
    """The ApplicationDefinitions of a KKP. Everybody may read them, administrators change them."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def items(self) -> list[dict[str, JSON]]:
        """All of them, without their versions."""
        return list(self._api.get(_PATH) or [])

    def find(self, name: str) -> dict[str, JSON] | None:
        """One with its versions; None where there is none."""
        found: dict[str, JSON] | None = self._api.find(self._one(name))
        return found

    def create(self, body: Mapping[str, JSON]) -> dict[str, JSON]:
        """Adds one."""
        return self._api.create(_PATH, body, look=lambda: self.find(body["name"]), read=dict)

    def replace(self, body: Mapping[str, JSON]) -> dict[str, JSON]:
        """Replaces the specification, labels and annotations of one."""
        return dict(self._api.put(self._one(body["name"]), body))

    def delete(self, name: str) -> None:
        """Takes one out. What users have installed of it stays, and cannot be changed any more."""
        self._api.delete(self._one(name))

    @staticmethod
    def _one(name: str) -> str:
        return f"{_PATH}/{segment(name)}"
