# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The typed client of the KKP 2.29 REST API and the tasks on top of it. PRIVATE to the collection: it can change at any time."""
