# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded lab: what stands in for a data centre on one Linux machine. No user of a real KKP ever runs it."""
