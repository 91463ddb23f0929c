# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for cluster-autoscaler's clusterapi provider: the same contract, a much smaller mind, and its own name on all it does."""
