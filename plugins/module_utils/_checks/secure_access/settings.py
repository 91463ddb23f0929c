# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of secure_accelerator_access alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import unusable

_NAME = re.compile(r"|[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecureAccessSettings:
    """Options of verify_secure_accelerator_access beside the common ones.

    Attributes:
        runtime_class: RuntimeClass of all probe pods, those with and those without accelerators; empty for the default.
    """

    runtime_class: str

    def __post_init__(self) -> None:
        """Refuses what is no name.

        Raises:
            ConformanceError: the name cannot be one of a RuntimeClass.
        """
        if not _NAME.fullmatch(self.runtime_class):
            raise unusable("runtime_class", self.runtime_class, expected="the name of a RuntimeClass, or nothing for the default")
