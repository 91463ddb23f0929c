# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""accelerator_metrics: fine-grained metrics of every accelerator at a machine-readable endpoint.

One question per module. Source: specification, accelerator_metrics; official test plan KAR-0059; dcgm-exporter's default counters.
"""
