# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verification engine. PRIVATE to the collection: it can change at any time.

A check is run twice, on a subject and on a control, by the same ``observe`` and the same ``evaluate``. The engine plans the runs on the
accelerators there are, writes what was seen, judges, and enforces the rules that no check may forget (design section 4.2). It knows
checks as an interface only.
"""
