# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an invented vendor says of its platform."""

from __future__ import annotations


def metadata(version: str = "v1.34") -> dict[str, str]:
    """The answers of a submission for a version of the checklist, all but the optional repository."""
    return {
        "platform_name": "Works Platform",
        "platform_version": "2.29",
        "vendor_name": "Example Works",
        "website_url": "https://works.dev",
        "documentation_url": "https://works.dev/docs",
        "product_logo_url": "https://works.dev/logo.svg",
        "description": "Runs AI workloads.",
        "contact_email_address": "team@works.dev",
        "k8s_conformance_url": f"https://github.com/cncf/k8s-conformance/tree/master/{version}/works",
    }
