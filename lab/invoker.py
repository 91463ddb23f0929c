# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The person behind root: who ran sudo."""

from __future__ import annotations

import os
from pathlib import Path


def give_to_invoker(path: Path) -> None:
    """Hand a file to the user who became root by sudo(8), who goes on to work with it; root itself keeps it."""
    uid, gid = os.environ.get("SUDO_UID"), os.environ.get("SUDO_GID")
    if uid and gid:
        os.chown(path, int(uid), int(gid))
