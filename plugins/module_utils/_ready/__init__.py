# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When is what a role deployed ready to be used, and what is lacking where it is not."""
