# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pod_autoscaling: a HorizontalPodAutoscaler follows a custom metric of pods with accelerators, up and down.

One check per module. Source: official test plan KAR-0057; Kubernetes documentation, "Horizontal Pod Autoscaling".
"""
