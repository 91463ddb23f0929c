# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ai_service_metrics: a monitoring system that finds workloads which expose metrics, and collects them.

One question per module. Source: specification, ai_service_metrics; official test plan KAR-0061.
"""
