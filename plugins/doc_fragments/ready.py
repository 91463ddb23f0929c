# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the tasks that wait until something is ready. Must be kept in sync with module_utils/_ready/task.py."""

from __future__ import annotations


class ModuleDocFragment:
    """What must be ready, how that is seen, and when waiting is no use."""

    DOCUMENTATION = r"""
options:
  hopeless_seconds:
    description:
      - For how long a pod must have lacked its image, or have ended again and again, until it ends the wait, in seconds.
      - So does a Deployment whose pods are refused by the quota of the namespace.
    type: int
    default: 20
  objects:
    description:
      - What must be ready. With M(ailab.conformance.helm_release) on top of the Deployments, StatefulSets, DaemonSets and APIServices of
        the chart.
    type: list
    elements: dict
    default: []
    suboptions:
      api_version:
        description:
          - Group and version, such as V(apps/v1).
        type: str
        required: true
      kind:
        description:
          - The kind. Deployment, StatefulSet, DaemonSet, Pod, Node, CustomResourceDefinition and APIService are ready as their status says,
            any other kind when it exists.
        type: str
        required: true
      namespace:
        description:
          - The namespace. Empty for kinds without one.
        type: str
        default: ""
      name:
        description:
          - The one object that is meant.
        type: str
        default: ""
      label_selector:
        description:
          - All objects with these labels.
        type: str
        default: ""
      field_selector:
        description:
          - All objects with these fields, where the API server knows them as selectors.
        type: str
        default: ""
      count:
        description:
          - How many objects must be ready.
        type: int
        default: 1
      every:
        description:
          - Whether all objects must be ready that are there, and not only O(objects[].count) of them.
        type: bool
        default: false
      condition:
        description:
          - A condition of the object that must be V(True), on top of the readiness of the kind.
        type: str
        default: ""
      where:
        description:
          - Fields that must hold something, on top of the readiness of the kind.
        type: list
        elements: dict
        default: []
        suboptions:
          path:
            description:
              - The keys on the way to the field.
            type: list
            elements: str
            required: true
          equals:
            description:
              - The value, as text.
            type: str
          at_least:
            description:
              - The smallest whole number that will do.
            type: int
  dry_runs:
    description:
      - Objects that the API server must admit in a dry run when everything else is ready, so that webhooks are known to answer.
      - With C(metadata.generateName) no object of the name can be in the way.
    type: list
    elements: dict
    default: []
"""
