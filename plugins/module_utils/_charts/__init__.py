# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Helm charts on a cluster: what they would make, who owns what is there, whether it has become ready, and what goes with them.

PRIVATE to the collection: it can change at any time.
"""
