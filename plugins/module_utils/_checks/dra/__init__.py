# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""dra_support: Dynamic Resource Allocation, more flexible requests for devices than simple counts.

One check per module. Source: KEP-4381 and the API resource.k8s.io/v1; official test plan KAR-0051.
"""
