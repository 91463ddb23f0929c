# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""cluster_autoscaling: a group of accelerator nodes grows when pods wait for accelerators, and shrinks when they are idle.

One check per module. Source: official test plan KAR-0055; cluster-autoscaler's events and status, as of its version 1.34.
"""
