# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges a PRODUCT.yaml before the programme's reviewers do.

The programme's validator has had three releases that differ (named A, B and C here), its instructions ask for more than any of them
checks, and some texts contradict each other. A file that has no finding here passes all three and the instructions.
"""
