# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's own REST API in the shape of KKP 2.29's, on top of the node engine. It is not a Kubermatic Kubernetes Platform."""
