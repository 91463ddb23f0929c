# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes of the tasks that talk to a cluster. PRIVATE to the collection: it can change at any time."""

from __future__ import annotations


class ModuleDocFragment:
    """What the tasks have in common, and what those that verify have besides."""

    DOCUMENTATION = r"""
options: {}
attributes:
  diff_mode:
    support: none
    description: There is nothing to compare.
  platform:
    support: full
    platforms: posix
    description: Runs where the playbook runs when the connection is local, on the host otherwise.
  async:
    support: full
    description: Runs as a module then.
"""

    VERIFY = r"""
options: {}
attributes:
  check_mode:
    support: partial
    description:
      - Only the checks that read are run, and nothing is written. RV(withheld) names the others.
      - A requirement is not decided by them, so the verdict is V(not_run) unless one of them fails. V(not_run) is accepted in check mode.
  idempotent:
    support: full
    description: What is made is removed again, and counted before and after.
"""
