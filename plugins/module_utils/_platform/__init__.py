# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What checks ask of a platform, in words of the field. PRIVATE to the collection: it can change at any time.

``quantity``, ``pods``, ``devices`` and ``drivers`` read objects that are at hand: pure, and safe for evaluators. ``manifests`` makes
objects. ``workspace``, ``bench`` and ``survey`` talk to the cluster.
"""
