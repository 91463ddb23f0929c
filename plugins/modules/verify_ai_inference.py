#!/usr/bin/python
# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_ai_inference
version_added: 0.1.0
short_description: Prove that a cluster manages the traffic of inference services
author:
  - The ailab.conformance authors (@ailab)
description:
  - Proves the requirement C(ai_inference) of the CNCF Kubernetes AI Conformance programme. The platform has an implementation of Gateway
    API that splits traffic by weight and routes it by header.
  - Ten checks are known. C(INF-01) the API is there and a controller serves it. C(INF-02) a new gateway is programmed and has an address.
    C(INF-03) requests reach the backend of their route. C(INF-04) they are split by weight, which an exact binomial test decides.
    C(INF-05) a change of weights takes effect without an error. C(INF-06) requests are routed by header, those of OpenAI's clients among
    them. C(INF-07) they are routed by the model in their body, and streams are not held back. C(INF-08) the loss of a backend's pod is
    survived. C(INF-09) a backend of another namespace needs a grant, and so does the certificate of a listener for HTTPS. C(INF-10) the
    conformance suite of Gateway API itself succeeds.
  - The requirement depends on C(INF-01) to C(INF-06). C(INF-07) needs O(model_gateway) and O(model_image); it is V(not_run) without.
  - C(INF-10) is off by default. O(conformance_suite_image) runs the suite in the cluster, with wide rights, for some minutes, after all
    other checks. O(conformance_report) judges the report of a run of your own instead. It asks for the core part of the
    profile C(GATEWAY-HTTP).
  - Requests are sent by a pod in the cluster to the gateway's address, each over a connection of its own. Nothing is concluded from
    conditions alone.
  - For C(INF-09) an authority is made that vouches for one certificate and is valid for a day. Its key is forgotten, the certificate's key
    goes into a Secret in a namespace of the run. Secrets are created and never read, so that no right to read them is asked for.
  - Every check has a negative control, a variant that the same evaluator must judge a failure for the reason that it was made for.
    A check whose control does not flip is V(inconclusive), never V(pass).
  - Everything is made in a namespace of its own that admits only restricted pods. What was made carries the label
    C(ai-conformance/run), is noted in the run directory before it is made, is deleted by UID, and is seen to be gone.
notes:
  - O(probe_image) needs C(httpd) for this requirement, as busybox has it. O(client_image) needs C(curl) and a shell; C(INF-09) needs
    C(curl) 7.88 or later, which shows certificates.
  - The task fails when its verdict is not in O(accept). RV(checks) are returned all the same.
  - The rights that are needed are asked for first. When some are missing, all of them are named and nothing is made.
requirements:
  - cryptography >= 42, for C(INF-09), which is V(not_run) without
options:
  gateway_class:
    description:
      - GatewayClass of the gateways that are made. The only accepted one when empty.
    type: str
    default: ""
  client_image:
    description:
      - Image of the pod that sends requests.
    type: str
    default: docker.io/curlimages/curl:8.17.0
  requests:
    description:
      - How many requests are sent where their distribution is judged, at least 500.
    type: int
    default: 500
  gateway_seconds:
    description:
      - By when a new gateway must be programmed.
    type: float
    default: 180.0
  route_seconds:
    description:
      - By when a route, or a change of one, must have its effect.
    type: float
    default: 60.0
  model_gateway:
    description:
      - The platform's own gateway that looks for the model in the bodies of requests, as V(namespace/name). Routes of all namespaces must
        be allowed to join it. C(INF-07) is not run without.
    type: str
    default: ""
  model_header:
    description:
      - Header that the gateway makes of the model, for routes to match.
    type: str
    default: X-Gateway-Model-Name
  model_image:
    description:
      - Image of an inference server that speaks OpenAI's protocol. C(INF-07) is not run without.
    type: str
    default: ""
  model_command:
    description:
      - Its command, in which V({model}) stands for the name of the model that it is to serve. The image's own when empty.
    type: list
    elements: str
    default: []
  model_port:
    description:
      - Port where it serves.
    type: int
    default: 8000
  conformance_suite_image:
    description:
      - Image whose entrypoint is the conformance suite of Gateway API, as C(go test -c) of its module makes it, of the
        version of the CRDs. C(INF-10) is not run without, unless there is O(conformance_report).
      - The suite makes the namespaces that its manifests name, and is refused where one of them exists. Its pods come from the images that
        these manifests name, and need a node without taint.
      - Who runs it needs the rights that the suite is given, on secrets and deployments among others. M(ailab.conformance.conformance_plan)
        lists them when the option is in its O(ailab.conformance.conformance_plan#module:own_options).
    type: str
    default: ""
  conformance_suite_seconds:
    description:
      - By when the suite must have ended.
    type: float
    default: 3600.0
  conformance_suite_features:
    description:
      - Names of features beyond the core of the profile that the suite tests, too. What fails of them is told and does not count.
    type: list
    elements: str
    default: []
  conformance_suite_test:
    description:
      - Name of the one test to run, for trying. C(INF-10) is V(inconclusive) then, however it ends well.
    type: str
    default: ""
  conformance_project:
    description:
      - Project that the report names as the implementation. The controller of the GatewayClass when empty.
      - A report of your own is of another, and decides nothing, where it names another.
    type: str
    default: ""
  conformance_report:
    description:
      - File with the ConformanceReport of a run of your own, to be judged in place of a run. It does not say which GatewayClass it is of.
    type: path
    default: ""
attributes:
  check_mode:
    support: partial
  diff_mode:
    support: none
  idempotent:
    support: full
extends_documentation_fragment:
  - ailab.conformance.attributes
  - ailab.conformance.attributes.verify
  - ailab.conformance.cluster
  - ailab.conformance.verify
seealso:
  - module: ailab.conformance.conformance_run
  - module: ailab.conformance.conformance_replay
  - name: Gateway API
    description: Routes, weights, matches, grants.
    link: https://gateway-api.sigs.k8s.io/
"""

EXAMPLES = r"""
- name: Prove that traffic is split and routed
  ailab.conformance.verify_ai_inference:
    run_dir: "{{ opened.run_dir }}"
    kubeconfig: ~/.kube/config
    gateway_class: envoy

- name: Prove it for models, too
  ailab.conformance.verify_ai_inference:
    run_dir: "{{ opened.run_dir }}"
    model_gateway: ai-gateway/ai-gateway
    model_image: docker.io/vllm/vllm-openai-cpu:v0.11.0
    model_command: [vllm, serve, --served-model-name, "{model}", facebook/opt-125m]

- name: Attach the report of the conformance suite of Gateway API
  ailab.conformance.verify_ai_inference:
    run_dir: "{{ opened.run_dir }}"
    gateway_class: envoy
    conformance_project: envoy-gateway
    conformance_report: reports/gateway-api.yaml
"""

RETURN = r"""
verdict:
  description: Of the requirement.
  returned: when the checks could start
  type: str
  sample: pass
reason:
  description: Stable code of the reason.
  returned: when the checks could start
  type: str
  sample: all-passed
sentence:
  description: The reason in words. What, found, expected, where to look.
  returned: when the checks could start
  type: str
  sample: 6 mandatory checks passed, all their controls flipped, nothing was left behind
fidelity:
  description:
    - What the evidence was taken from, V(real), V(partial) or V(simulated), told by the marks in the evidence.
  returned: when the checks could start
  type: str
  sample: simulated
requirement:
  description: The requirement as it is in the run directory.
  returned: when the checks could start
  type: dict
  sample:
    id: ai_inference
    category: networking
    level: MUST
    verdict: pass
    controls:
      total: 9
      flipped: 9
checks:
  description: One entry for each check that was run.
  returned: when the checks could start
  type: list
  elements: dict
  sample:
    - id: INF-04
      title: traffic is split by weight
      mandatory: true
      verdict: pass
      reason: split-by-weight
      fidelity: simulated
      seconds: 3.2
  contains:
    id:
      description: Name in the check list.
      returned: always
      type: str
      sample: INF-04
    title:
      description: The check in a few words.
      returned: always
      type: str
      sample: traffic is split by weight
    mandatory:
      description: Whether the requirement needs it.
      returned: always
      type: bool
      sample: true
    verdict:
      description: Of the check.
      returned: always
      type: str
      sample: pass
    reason:
      description: Stable code of the reason.
      returned: always
      type: str
      sample: split-by-weight
    sentence:
      description: The reason in words.
      returned: always
      type: str
      sample: "394 : 106 of 500, p = 0.52 for 80 : 20"
    fidelity:
      description: What its evidence was taken from.
      returned: always
      type: str
      sample: simulated
    seconds:
      description: From its first observation to its last.
      returned: always
      type: float
      sample: 3.2
    control:
      description: Its negative control.
      returned: always
      type: dict
      sample:
        kind: live
        verdict: fail
        reason: split-off
        expected_reason: split-off
        flipped: true
        sentence: "95 : 405 of 500, p = 4.1e-180 for 80 : 20, expected at least 0.001 and both backends"
withheld:
  description: Ids of the checks that were not run because they make objects. Empty but in check mode.
  returned: when the checks could start
  type: list
  elements: str
  sample: []
"""

from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ailab.conformance.plugins.module_utils._checks.inference.suite import SUITE
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verify_task import verify_entry


def main() -> NoReturn:
    entry = verify_entry(SUITE)
    module = AnsibleModule(argument_spec=dict(entry.argument_spec), supports_check_mode=True)
    entry.conclude(module)


if __name__ == "__main__":
    main()
