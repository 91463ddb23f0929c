# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user may write into an inventory, and what is wrong with what he wrote."""
