# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A chart in a folder, and the workshop that installs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.plugins.charts.workshop import Workshop


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "queue"
    folder.mkdir()
    (folder / "Chart.yaml").write_text("name: queue\nversion: 1.0.0\n")
    return folder


@pytest.fixture
def workshop(api: Any) -> Workshop:
    """CRDs of this server are Established as soon as they are there."""

    def established(method: str, path: str, body: Any) -> None:
        if method == "PATCH" and "customresourcedefinitions" in path:
            body["status"] = {"conditions": [{"type": "Established", "status": "True"}]}

    api.intercept = established
    return Workshop(api)
