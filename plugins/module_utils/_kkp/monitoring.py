# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Monitoring, logging and alerting of a user cluster. Source: KKP API v2, /alertmanager/config, /rulegroups, /mlaadminsetting.

Go's []byte travels as base64, although the OpenAPI document says a list of numbers.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import yaml

from .client import Api, segment

JSON = Any


class Monitoring:
    """What belongs to the monitoring of a cluster.

    Args:
        api: KKP.
        cluster_path: of the cluster.
    """

    def __init__(self, api: Api, *, cluster_path: str) -> None:
        self._api = api
        self._path = cluster_path

    def alertmanager(self) -> JSON:
        """The configuration of the alert manager, as data; None where there is none."""
        body = self._api.find(f"{self._path}/alertmanager/config") or {}
        return _data((body.get("spec") or {}).get("config"))

    def set_alertmanager(self, config: Mapping[str, JSON]) -> None:
        """Replaces the configuration of the alert manager."""
        self._api.put(f"{self._path}/alertmanager/config", {"spec": {"config": _coded(config)}})

    def rule_groups(self) -> dict[str, tuple[str, JSON]]:
        """The rule groups by name: type, and the group as data."""
        groups = self._api.get(f"{self._path}/rulegroups") or []
        return {str(group.get("name") or (_data(group.get("data")) or {}).get("name")): _group(group) for group in groups}

    def add_rule_group(self, group: Mapping[str, JSON], *, kind: str) -> None:
        """Makes a rule group; its id is its name."""
        body = {"data": _coded(group), "type": kind}
        self._api.create(f"{self._path}/rulegroups", body, look=lambda: self.rule_groups().get(str(group["name"])), read=_group)

    def replace_rule_group(self, group: Mapping[str, JSON], *, kind: str) -> None:
        """Replaces a rule group."""
        self._api.put(f"{self._path}/rulegroups/{segment(str(group['name']))}", {"data": _coded(group), "type": kind})

    def remove_rule_group(self, name: str) -> None:
        """Removes a rule group."""
        self._api.delete(f"{self._path}/rulegroups/{segment(name)}")

    def limits(self) -> dict[str, JSON] | None:
        """The rate limits, which are for administrators; None where none are set."""
        found: dict[str, JSON] | None = self._api.find(f"{self._path}/mlaadminsetting")
        return found

    def set_limits(self, limits: Mapping[str, JSON], *, exist: bool) -> None:
        """Sets the rate limits."""
        path = f"{self._path}/mlaadminsetting"
        if exist:
            self._api.put(path, limits)
        else:
            self._api.create(path, limits, look=self.limits, read=lambda answer: answer)


def _group(body: JSON) -> tuple[str, JSON]:
    return str(body.get("type") or ""), _data(body.get("data"))


def _coded(value: Mapping[str, JSON]) -> str:
    return base64.b64encode(yaml.safe_dump(value, sort_keys=False).encode()).decode()


def _data(coded: JSON) -> JSON:
    """The YAML inside; a text that is none compares as different from every wish."""
    try:
        return yaml.safe_load(base64.b64decode(coded)) if coded else None
    except (binascii.Error, yaml.YAMLError, ValueError):
        return None
