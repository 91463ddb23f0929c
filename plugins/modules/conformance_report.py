#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: conformance_report
version_added: 0.1.0
short_description: Write the conformance report of a sealed run
author:
  - The ailab.conformance authors (@ailab)
description:
  - Writes everything that a submission to the CNCF Kubernetes AI Conformance programme needs from the run directory of a verification.
    These are C(PRODUCT.yaml), C(PRODUCT.md), one evidence page for each verified requirement, C(index.html) on one page without outside
    resources, and C(ailab-conformance.junit.xml). C(versions.md) holds the same run against all other versions of the checklist, and
    C(comparison.md) against an earlier run.
  - The texts, ids and levels of the requirements are copied byte for byte from the checklist of the wanted version.
  - A requirement is C(Implemented) when its verdict is C(pass), all its mandatory checks passed, each with a negative control that flipped,
    and the clean-up left nothing behind. What was not verified is C(Not Implemented). Nothing that is said here can turn a verdict.
  - Evidence from simulated accelerators makes a rehearsal. Title and notes of every file say so, and O(target=submission) refuses it.
  - A run directory that is not as it was sealed is refused. The error names the file.
  - The same input gives the same bytes. Files are replaced whole, and only where something changes.
notes:
  - Runs in the controller, where the run directory and the checklists are. It connects to no host.
attributes:
  check_mode:
    support: full
    description: Tells what would change and writes nothing.
  diff_mode:
    support: full
    description: Shows every file before and after.
  idempotent:
    support: full
    description: The second time nothing changes.
  platform:
    support: full
    platforms: all
    description: Runs in the controller.
options:
  run_dir:
    description:
      - Directory of the sealed run, as M(ailab.conformance.conformance_run) returned it.
    type: path
    required: true
  dest:
    description:
      - Folder for the report. It is made where it is missing. It must not lie in O(run_dir).
      - Files of an earlier report that no longer belong to this one are removed.
    type: path
    required: true
  kubernetes_version:
    description:
      - Version of the checklist to fill, like V(v1.34).
      - By default the version that the run was made for.
    type: str
  target:
    description:
      - What the report is for.
      - V(rehearsal) is always possible, and marked as such. Metadata that is missing stays the placeholder of the template.
      - V(submission) needs evidence from real accelerators, a cluster of the same version, complete metadata, and a C(PRODUCT.yaml) in
        which M(ailab.conformance.product_lint) finds no error.
    type: str
    choices:
      - rehearsal
      - submission
    default: rehearsal
  product:
    description:
      - What the product says about itself. A value may not be a placeholder like V([Vendor Name]).
      - O(target=submission) needs all of it but O(product.repo_url).
    type: dict
    suboptions:
      platform_name:
        description: Name of the platform.
        type: str
      platform_version:
        description: Version of the platform. Quote it, or YAML makes a number of it.
        type: str
      vendor_name:
        description: Name of the vendor, letter for letter as in the CNCF landscape.
        type: str
      website_url:
        description: The product's home page.
        type: str
      repo_url:
        description: The source code, for an open source product.
        type: str
      documentation_url:
        description: The documentation.
        type: str
      product_logo_url:
        description: The logo, with the product's name in it. It must end in C(.svg), C(.eps) or C(.ai).
        type: str
      description:
        description: One sentence about the product.
        type: str
      contact_email_address:
        description: Where the programme writes to.
        type: str
      k8s_conformance_url:
        description: The product's directory in C(cncf/k8s-conformance). Required, although most templates do not show it.
        type: str
  requirements:
    description:
      - What the vendor adds to single requirements. Each may stand here once.
    type: list
    elements: dict
    suboptions:
      id:
        description: The requirement, like V(dra_support).
        type: str
        required: true
      layer:
        description:
          - Who provides the feature. The infrastructure, the platform, or an add-on and which one.
          - Needed by O(target=submission) for every requirement that is implemented.
        type: str
      notes:
        description: Text to add to the generated notes.
        type: str
      evidence:
        description: Addresses, or files in O(dest), to list after the evidence page.
        type: list
        elements: str
      not_applicable:
        description:
          - Why the requirement does not apply. Its status becomes C(N/A).
          - Possible only for requirements whose text begins with an if, and that the run has not verified.
        type: str
  compare_with:
    description:
      - Directory of an earlier sealed run to compare with. The report says what differs in versions, verdicts, fidelity, checks, the
        reasons on both of their sides, and times.
      - Excludes O(compare_in).
    type: path
  compare_in:
    description:
      - Folder of run directories. The newest sealed run in it that is older than O(run_dir) is compared with, if there is one.
      - One that is damaged, or that another release wrote, is passed over with a warning.
    type: path
  merged:
    description:
      - Day on which the product's last submission was merged into C(cncf/k8s-ai-conformance), like V(2025-11-01).
      - The report then says until when it is certified, which is one year from the merge (terms of the programme, 5.1).
    type: str
  force:
    description:
      - Overwrite files in O(dest) that no report has written, or that were changed since.
    type: bool
    default: false
seealso:
  - module: ailab.conformance.product_lint
  - module: ailab.conformance.conformance_replay
"""

EXAMPLES = r"""
- name: Write the report of a run
  ailab.conformance.conformance_report:
    run_dir: runs/20261122T053000Z-1a2b3c
    dest: report

- name: See what the same evidence is worth in the next version
  ailab.conformance.conformance_report:
    run_dir: runs/20261122T053000Z-1a2b3c
    dest: report-v1.35
    kubernetes_version: v1.35

- name: See what changed since the run before
  ailab.conformance.conformance_report:
    run_dir: runs/20261122T053000Z-1a2b3c
    dest: report
    compare_in: runs

- name: Prepare a submission
  ailab.conformance.conformance_report:
    run_dir: "{{ run.run_dir }}"
    dest: "{{ playbook_dir }}/k8s-ai-conformance/v1.34/works-platform"
    target: submission
    product:
      platform_name: Works Platform
      platform_version: "2.29"
      vendor_name: Example Works
      website_url: https://works.example.org
      documentation_url: https://docs.works.example.org
      product_logo_url: https://works.example.org/logo.svg
      description: Runs AI workloads on your own machines.
      contact_email_address: conformance@works.example.org
      k8s_conformance_url: https://github.com/cncf/k8s-conformance/tree/master/v1.34/works-platform
    requirements:
      - id: dra_support
        layer: the platform enables the API, the vendor of the accelerator provides the driver
        evidence:
          - https://docs.works.example.org/dra
"""

RETURN = r"""
dest:
  description: Folder of the report.
  returned: success
  type: str
  sample: report
report:
  description: The page to open first.
  returned: success
  type: str
  sample: report/index.html
run_id:
  description: The run that the report was made of.
  returned: success
  type: str
  sample: 20261122T053000Z-1a2b3c
kubernetes_version:
  description: Version of the checklist.
  returned: success
  type: str
  sample: v1.34
rehearsal:
  description: Whether the report is marked as a rehearsal.
  returned: success
  type: bool
  sample: true
compared_with:
  description: The run that it was compared with, or V(null).
  returned: success
  type: str
  sample: 20261121T053000Z-9f8e7d
no_longer_proven:
  description: Requirements that the earlier run proved and this one verified and did not prove.
  returned: success
  type: list
  elements: str
  sample: []
certified_until:
  description: First day without the certificate, or V(null) where O(merged) is not given.
  returned: success
  type: str
  sample: "2026-11-01"
requirements:
  description: All requirements of the checklist, in its order.
  returned: success
  type: list
  elements: dict
  contains:
    requirement:
      description: Its id.
      returned: always
      type: str
      sample: dra_support
    level:
      description: V(MUST) or V(SHOULD).
      returned: always
      type: str
      sample: MUST
    status:
      description: The status in C(PRODUCT.yaml).
      returned: always
      type: str
      sample: Implemented
    verdict:
      description: What the run found, or V(null) where it verified nothing.
      returned: always
      type: str
      sample: pass
    fidelity:
      description: What the evidence was taken from, or V(null).
      returned: always
      type: str
      sample: simulated
    seconds:
      description: How long the checks took, or V(null).
      returned: always
      type: float
      sample: 12.4
    sentence:
      description: The finding in one sentence.
      returned: always
      type: str
      sample: 8 of 8 checks passed, and all controls flipped
files:
  description: The files of the report.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: Where it lies.
      returned: always
      type: str
      sample: report/PRODUCT.yaml
    changed:
      description: Whether this task wrote it.
      returned: always
      type: bool
      sample: true
removed:
  description: Files of an earlier report that were removed.
  returned: success
  type: list
  elements: str
  sample: []
findings:
  description:
    - What the linter finds in C(PRODUCT.yaml), as M(ailab.conformance.product_lint) returns it.
    - A rehearsal always has some.
  returned: success
  type: list
  elements: dict
  sample: []
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._report.arguments import REPORT_ARGUMENTS, REPORT_EXCLUSIVE


def main() -> NoReturn:
    module = AnsibleModule(argument_spec=dict(REPORT_ARGUMENTS), mutually_exclusive=REPORT_EXCLUSIVE, supports_check_mode=True)
    module.fail_json(msg="the checklists are in the controller, not on a managed host: the action plugin of this name writes the report")


if __name__ == "__main__":
    main()
