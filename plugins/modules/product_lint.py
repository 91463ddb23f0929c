#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: product_lint
version_added: 0.1.0
short_description: Judge PRODUCT.yaml files before the programme's reviewers do
author:
  - The ailab.conformance authors (@ailab)
description:
  - Holds files of submissions to the CNCF Kubernetes AI Conformance programme against the rules of all releases of its validator, its
    written instructions, and the traps that earlier submissions fell into.
  - Rule ids begin with C(A), C(B) or C(C) for a release of the validator, C(I) for the instructions, C(T) for a trap, C(V) for the validity
    of a certificate, and C(R) for the mark of a rehearsal.
  - Fails when an error is found whose rule is not in O(accept). Warnings and notes never fail.
notes:
  - Runs in the controller, where the checklists are. It connects to no host and writes nothing.
attributes:
  check_mode:
    support: full
    description: It only reads.
  diff_mode:
    support: none
    description: There is nothing to compare.
  idempotent:
    support: full
    description: It changes nothing.
  platform:
    support: full
    platforms: all
    description: Runs in the controller.
options:
  paths:
    description:
      - Files to judge, or folders with a C(PRODUCT.yaml) in them.
      - Local evidence is looked for beside the file.
    type: list
    elements: path
    required: true
  kubernetes_version:
    description:
      - Version of the checklist to judge by, like V(v1.34).
      - By default that of the file's directory, C(v1.34/works-platform/PRODUCT.yaml), else that of its own metadata.
    type: str
  accept:
    description:
      - Rules whose findings are reported but do not fail the task.
    type: list
    elements: str
    choices:
      [A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, B2, B3, B4, C1, I1, I2, I3, I4, I5, I6, I7, T1, T2, T3, T4, T5, T6, T7, T8, T9, V1, R1]
    default: []
  network:
    description:
      - Whether to try every address in the file, as the validator does (rules C(A5) and C(A11)).
    type: bool
    default: false
  landscape:
    description:
      - Copy of C(landscape.yml) of C(cncf/landscape). With it, the vendor must be one of the members in it (rule C(A6)).
    type: path
  merged:
    description:
      - Day on which the files were merged into C(cncf/k8s-ai-conformance), like V(2025-11-01).
      - A certificate lasts one year from the merge (terms of the programme, 5.1). Rule C(V1) warns from 90 days before its end, because a
        review has taken up to 74 days, and fails from the end on.
    type: str
seealso:
  - module: ailab.conformance.conformance_report
"""

EXAMPLES = r"""
- name: Judge a submission
  ailab.conformance.product_lint:
    paths:
      - k8s-ai-conformance/v1.34/works-platform

- name: Judge it as the validator would, addresses and members included
  ailab.conformance.product_lint:
    paths:
      - k8s-ai-conformance/v1.34/works-platform/PRODUCT.yaml
    network: true
    landscape: landscape/landscape.yml

- name: Watch over a certificate
  ailab.conformance.product_lint:
    paths:
      - k8s-ai-conformance/v1.34/works-platform
    merged: "2025-11-01"

- name: Judge a rehearsal, which is expected to be one
  ailab.conformance.product_lint:
    paths:
      - report
    accept: [R1, A3, A9]
"""

RETURN = r"""
findings:
  description: What was found, file by file, in the order of each file.
  returned: always
  type: list
  elements: dict
  contains:
    rule:
      description: Id of the rule.
      returned: always
      type: str
      sample: A3
    title:
      description: The rule as a sentence that a good file makes true.
      returned: always
      type: str
      sample: every required metadata value is a filled string
    source:
      description: Who asks for it.
      returned: always
      type: str
      sample: validator, release A (August 2026)
    severity:
      description: V(error), V(warning) or V(note).
      returned: always
      type: str
      sample: error
    path:
      description: The file.
      returned: always
      type: str
      sample: report/PRODUCT.yaml
    line:
      description: The line, from 1, or V(null) where the finding is about something that is not there.
      returned: always
      type: int
      sample: 9
    where:
      description: Place in the document.
      returned: always
      type: str
      sample: metadata.vendorName
    found:
      description: What stands there.
      returned: always
      type: str
      sample: the placeholder '[Vendor Name]'
    expected:
      description: What should.
      returned: always
      type: str
      sample: the product's own value
    accepted:
      description: Whether the rule is in O(accept).
      returned: always
      type: bool
      sample: false
certificate:
  description: How long the certificate lasts, or V(null) where O(merged) is not given.
  returned: always
  type: dict
  contains:
    merged:
      description: Day of the merge.
      returned: always
      type: str
      sample: "2025-11-01"
    expires:
      description: First day without the certificate.
      returned: always
      type: str
      sample: "2026-11-01"
    days_left:
      description: Days from today to that day, negative after it.
      returned: always
      type: int
      sample: 120
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._report.arguments import LINT_ARGUMENTS


def main() -> NoReturn:
    module = AnsibleModule(argument_spec=dict(LINT_ARGUMENTS), supports_check_mode=True)
    module.fail_json(msg="the checklists are in the controller, not on a managed host: the action plugin of this name judges the files")


if __name__ == "__main__":
    main()
