# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is tried, where a few words say it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How a gang comes to its accelerators.

    Attributes:
        by_queue: through the platform's solution; otherwise straight to the default scheduler, which places pod by pod.
    """

    by_queue: bool


BY_QUEUE, DIRECTLY = Sent(by_queue=True), Sent(by_queue=False)
