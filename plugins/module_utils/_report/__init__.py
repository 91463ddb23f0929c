# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports from a sealed run directory. PRIVATE to the collection: it can change at any time.

Reads runs and checklists, knows no cluster. What is written depends on the run, the checklist and the caller's words alone, so the
same input gives the same bytes.
"""
