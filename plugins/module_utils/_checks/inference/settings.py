# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only the checks of ai_inference can be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import unusable

JSON = Any

LEAST_REQUESTS = 500
"""Fewer requests cannot tell 80/20 from its neighbours at the level of the test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceSettings:
    """Options of verify_ai_inference alone.

    Attributes:
        gateway_class: GatewayClass of the gateways that the checks make; the only accepted one when empty.
        client_image: image of the pod that sends requests; it needs curl and a shell.
        requests: how many are sent where their distribution is judged.
        gateway_seconds: by when a new gateway must be programmed.
        route_seconds: by when a route, or a change of one, must have its effect.
        model_gateway: namespace/name of the platform's gateway that routes by the model in a request's body; empty for none.
        model_header: header that it makes of the model, for routes to match.
        model_image: image of an inference server that speaks OpenAI's protocol, for two models.
        model_command: its command; ``{model}`` stands for the model's name. The image's own when empty.
        model_port: where it serves.
        conformance_suite_image: image whose entrypoint is the conformance suite of Gateway API; empty for no run of it.
        conformance_suite_seconds: by when the suite must have ended.
        conformance_suite_features: names of features beyond the core of the profile that it tests, too.
        conformance_suite_test: name of the one test to run, for trying; empty for all.
        conformance_project: project that its report names; the class's controller when empty.
        conformance_report: file with the report of a run of somebody's own, instead of a run; empty for none.
    """

    gateway_class: str
    client_image: str
    requests: int
    gateway_seconds: float
    route_seconds: float
    model_gateway: str
    model_header: str
    model_image: str
    model_command: tuple[str, ...]
    model_port: int
    conformance_suite_image: str
    conformance_suite_seconds: float
    conformance_suite_features: tuple[str, ...]
    conformance_suite_test: str
    conformance_project: str
    conformance_report: str

    def __post_init__(self) -> None:
        if self.requests < LEAST_REQUESTS:
            raise unusable("requests", self.requests, expected=f"at least {LEAST_REQUESTS}: fewer do not decide about 80/20")
        for name in ("gateway_seconds", "route_seconds", "conformance_suite_seconds"):
            if not getattr(self, name) >= 1:
                raise unusable(name, getattr(self, name), expected="at least 1 second")
        if self.model_gateway and self.model_gateway.count("/") != 1:
            raise unusable("model_gateway", self.model_gateway, expected="namespace/name of a Gateway")
        if self.conformance_report and self.conformance_suite_image:
            raise unusable("conformance_report", self.conformance_report, expected="this option or conformance_suite_image, not both")


OPTIONS: Mapping[str, Mapping[str, JSON]] = {
    "gateway_class": {"type": "str", "default": ""},
    "client_image": {"type": "str", "default": "docker.io/curlimages/curl:8.17.0"},
    "requests": {"type": "int", "default": 500},
    "gateway_seconds": {"type": "float", "default": 180.0},
    "route_seconds": {"type": "float", "default": 60.0},
    "model_gateway": {"type": "str", "default": ""},
    "model_header": {"type": "str", "default": "X-Gateway-Model-Name"},
    "model_image": {"type": "str", "default": ""},
    "model_command": {"type": "list", "elements": "str", "default": []},
    "model_port": {"type": "int", "default": 8000},
    "conformance_suite_image": {"type": "str", "default": ""},
    "conformance_suite_seconds": {"type": "float", "default": 3600.0},
    "conformance_suite_features": {"type": "list", "elements": "str", "default": []},
    "conformance_suite_test": {"type": "str", "default": ""},
    "conformance_project": {"type": "str", "default": ""},
    "conformance_report": {"type": "path", "default": ""},
}
