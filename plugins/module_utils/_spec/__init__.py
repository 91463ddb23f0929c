# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The conformance checklists as typed data. PRIVATE to the collection: it can change at any time.

``model`` holds the types, ``loader`` reads ``specs/`` and refuses an altered file, ``difference`` says what changes between two
versions. Nothing here knows a cluster, a run or a report.
"""
