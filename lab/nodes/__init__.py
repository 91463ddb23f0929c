# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The node engine: real Kubernetes nodes as supervised processes in namespaces of this machine."""
