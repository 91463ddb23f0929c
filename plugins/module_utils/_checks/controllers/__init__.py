# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""robust_controller: a complex AI operator with a custom resource is installed and works reliably.

One check per module. Source: official test plan KAR-0063. A refusal proves only what its author checks, so webhooks, schemas and rights
are told apart, and a webhook that cannot be called refuses nothing.
"""
