# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""gang_scheduling: the members of a distributed workload start together or not at all.

One check per module. Source: official test plan KAR-0053; Kueue documentation, "All-or-nothing with ready Pods".
"""
