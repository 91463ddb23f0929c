# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs and images of the lab: built from Go modules once, kept in a cache that is keyed by what they are made of."""
