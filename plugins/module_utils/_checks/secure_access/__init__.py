# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""secure_accelerator_access: accelerators are reached through the platform, by those who were given them, and by nobody else.

One check per module. Source: official test plan KAR-0049. What a pod can reach is decided by the kernel: device files are made by number
and opened, so that neither an environment variable nor a missing program can hide or feign an accelerator.
"""
