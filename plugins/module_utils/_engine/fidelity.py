# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What evidence was taken from, told by the marks in the evidence itself (rule C6). Pure.

A device counts as simulated when its driver says so by an attribute, when its slice or its node carries a mark, or when its driver
is known to make devices up. A completion counts as simulated when the backend that it names is a stub with no model. A check that saw
neither asked the API server only, and that one is real.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .verdict import Fidelity

JSON = Any

MARK = "ailab.conformance/simulated"
"""Label of simulated nodes, slices and everything else that is made up."""

_STUBS = frozenset({"ailab-conformance-inference-stub"})
"""Backends that completions name (OpenAI API, ``system_fingerprint``) and that have no model."""

_DRIVERS = frozenset({"gpu.example.com"})
_NODE_LABELS = {MARK: "true", "type": "kwok"}
_NODE_KEYS = frozenset({"kwok.x-k8s.io/node", "run.ai/simulated-gpu-node-pool"})
_ORDER = (Fidelity.REAL, Fidelity.PARTIAL, Fidelity.SIMULATED)


def fidelity(facts: Iterable[JSON]) -> Fidelity:
    """The fidelity of a check's observations.

    Args:
        facts: their data, subject's and control's.
    """
    found = [item for fact in facts for item in _mappings(fact)]
    objects = [item for item in found if _is_object(item)]
    simulated_nodes = {item["metadata"]["name"] for item in objects if item["kind"] == "Node" and is_simulated_node(item)}
    devices = [
        _is_simulated(device, item, simulated_nodes)
        for item in objects
        if item["kind"] == "ResourceSlice" and not _is_ours(item)
        for device in item["spec"].get("devices") or []
    ]
    answers = [item.get("system_fingerprint") in _STUBS for item in found if _is_completion(item)]
    if not devices and not answers:
        return Fidelity.SIMULATED if simulated_nodes else Fidelity.REAL
    if all(devices) and all(answers):
        return Fidelity.SIMULATED
    return Fidelity.PARTIAL if any(devices) or any(answers) else Fidelity.REAL


def least(levels: Iterable[Fidelity]) -> Fidelity:
    """The least faithful of several: what they are worth together. Real when there are none."""
    return max(levels, key=_ORDER.index, default=Fidelity.REAL)


def is_simulated_node(node: JSON) -> bool:
    """Whether a node, or what it carries, is made up."""
    metadata = node.get("metadata") or {}
    labels: Mapping[str, str] = metadata.get("labels") or {}
    marks = {*labels, *(metadata.get("annotations") or {})}
    return any(labels.get(key) == value for key, value in _NODE_LABELS.items()) or bool(marks & _NODE_KEYS)


def _is_simulated(device: JSON, item: JSON, simulated_nodes: set[str]) -> bool:
    spec, labels = item["spec"], item["metadata"].get("labels") or {}
    attributes = {name.rpartition("/")[2]: value for name, value in (device.get("attributes") or {}).items()}
    return (
        (attributes.get("simulated") or {}).get("bool") is True
        or labels.get(MARK) == "true"
        or spec.get("driver") in _DRIVERS
        or spec.get("nodeName") in simulated_nodes
    )


def _is_ours(item: JSON) -> bool:
    return "ai-conformance/run" in (item["metadata"].get("labels") or {})


def _is_object(item: Mapping[str, JSON]) -> bool:
    """Whether it is a whole API object."""
    return isinstance(item.get("kind"), str) and isinstance(item.get("metadata"), Mapping) and "name" in item["metadata"]


def _is_completion(item: Mapping[str, JSON]) -> bool:
    """Whether it is an answer of an inference server that speaks OpenAI's protocol."""
    return isinstance(item.get("choices"), list) and item.get("object") in {"chat.completion", "text_completion"}


def _mappings(value: JSON) -> Iterator[Mapping[str, JSON]]:
    """All mappings inside a fact."""
    if isinstance(value, Mapping):
        yield value
        for item in value.values():
            yield from _mappings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _mappings(item)
