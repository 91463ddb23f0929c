# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks, one package or module per requirement. PRIVATE to the collection: it can change at any time.

Evaluators are pure: no module in here imports the API client.
"""
