# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ai_inference: Gateway API with traffic by weight, by header and by model.

One question per module. Source: specification, ai_inference; Gateway API v1; what peers leave out is that requests are sent.
"""
