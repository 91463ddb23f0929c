# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role ai_gateway refuses before it looks at the cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.roles.playing import Player

JSON = Any

pytestmark = pytest.mark.slow


def route(*backends: JSON, **rule: JSON) -> JSON:
    return {"ai_gateway_routes": [{"name": "chat", "namespace": "models", "rules": [{"backends": list(backends), **rule}]}]}


POOL = {"name": "llama", "namespace": "elsewhere", "match_labels": {"app": "llama"}, "port": 8000}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"ai_gateway_provider": "nginx"}, "ai_gateway_provider must be one of"),
        (route(), "expected at least one backend in every rule"),
        (route({"name": "one"}), "either name and port of a service"),
        (route({"name": "one", "port": 80, "pool": "llama"}), "either name and port of a service"),
        (route({"weight": 1}), "either name and port of a service"),
        (route({"pool": "llama"}) | {"ai_gateway_pools": [POOL]}, "there is none"),
        (
            route({"name": "one", "port": 80}, model="llama") | {"ai_gateway_provider": "kgateway"},
            "models only with ai_gateway_body_routing",
        ),
        ({"ai_gateway_provider": "kgateway", "ai_gateway_body_routing": True}, "which Envoy Gateway and agentgateway can"),
        ({"ai_gateway_provider": "kubelb", "ai_gateway_pools": [POOL]}, "with kubelb no pools"),
        ({"ai_gateway_provider": "kubelb", "ai_gateway_class": "ailab"}, "the name kubelb for gateway and class"),
        ({"ai_gateway_provider": "kubelb"}, "expected both, or ai_gateway_kubelb_ccm false"),
        ({"ai_gateway_tls_secret": "mine", "ai_gateway_tls_hostnames": ["a.example"]}, "one of ai_gateway_tls_secret and"),
    ],
)
def test_what_cannot_be_is_refused(root: Path, tmp_path: Path, variables: dict[str, JSON], words: str) -> None:
    # Who asked a cluster would fail for another reason.
    nowhere = {"ai_gateway_kubeconfig": str(tmp_path / "none")}
    done = Player(root=root, directory=tmp_path, role="ai_gateway", variables=nowhere, environment={}).play(**variables)
    assert done.changed == []
    assert len(done.failed) == 1, done.output
    assert words in done.output
