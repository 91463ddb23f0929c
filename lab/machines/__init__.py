# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines of a user cluster: MachineDeployments become real nodes, services get addresses, pending accelerator pods get nodes."""
