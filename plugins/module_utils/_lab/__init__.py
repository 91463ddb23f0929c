# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Ansible speaks to the embedded lab: by its command line, and nothing else of it."""
