# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab that the integration tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.census import census
from tests.integration.machine import Traces
from tests.integration.standing import Lab


@pytest.fixture(scope="session")
def lab(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A standing lab with platform, made by ``site.yml`` from nothing; taken down at the end, however the tests went."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces and cgroups are made by root")
    made = Lab(root=root, work=tmp_path_factory.mktemp("lab"))
    made.cli("down")
    made.play("playbooks/infrastructure.yml")
    made.before = Traces.now()
    try:
        made.play("site.yml", "--check", "--diff")
        made.dry_run_left = Traces.now().since(made.before)
        made.play("playbooks/user_cluster.yml")
        made.bare = census(made.kubeconfig)
        made.play("site.yml")
        yield made
    finally:
        made.cli("down")
