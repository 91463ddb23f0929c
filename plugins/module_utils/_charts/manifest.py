# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The objects of a manifest, by what they are called."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ConformanceError
from ansible_collections.ailab.conformance.plugins.module_utils._ready.wait import Want

from .post_renderer import documents

JSON = Any

_WAITED_FOR = frozenset({"Deployment", "StatefulSet", "DaemonSet", "APIService"})
_SECRET_FIELDS = ("data", "stringData")


class MalformedManifestError(ConformanceError):
    """A chart renders to something that is no manifest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """An object of a manifest.

    Attributes:
        definition: all of it.
        namespace: that it names; empty where it names none.
    """

    definition: JSON
    namespace: str

    @property
    def kind(self) -> str:
        """``Deployment``."""
        return str(self.definition["kind"])

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.definition["metadata"].get("name", ""))

    @property
    def group(self) -> str:
        """Of its apiVersion; empty for the core group."""
        return str(self.definition["apiVersion"]).rpartition("/")[0]

    @property
    def key(self) -> str:
        """The same for two versions of one object."""
        kind = f"{self.kind}.{self.group}" if self.group else self.kind
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"

    def __str__(self) -> str:
        """How people would call it."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    def shown(self) -> str:
        """YAML for people: without secrets, and of a CRD only which schema it has."""
        definition = dict(self.definition)
        if self.kind == "Secret":
            definition |= {field: _hidden(definition[field]) for field in _SECRET_FIELDS if definition.get(field)}
        if self.kind == "CustomResourceDefinition":
            versions = [f"{entry['name']} sha256:{_digest(entry)}" for entry in definition["spec"]["versions"]]
            definition = {"kind": self.kind, "metadata": {"name": self.name}, "versions": versions}
        return str(yaml.safe_dump(definition, sort_keys=True, allow_unicode=True))


def objects(text: str) -> list[Object]:
    """The objects of a manifest, also of those that are lists.

    Raises:
        MalformedManifestError: it is not YAML, or holds something that is no object.
    """
    found = []
    for document in documents(text):
        try:
            definition = yaml.load(document, Loader=yaml.CSafeLoader)
        except yaml.YAMLError as problem:
            raise _malformed(str(problem), document) from problem
        for item in _items(definition):
            if not _is_object(item):
                raise _malformed("a document without kind, apiVersion and metadata", document)
            found.append(Object(definition=item, namespace=str(item["metadata"].get("namespace") or "")))
    return found


def workloads(manifest: Iterable[Object], *, namespace: str) -> Iterator[Want]:
    """What of a manifest becomes ready.

    Args:
        manifest: its objects.
        namespace: of objects that name none.
    """
    for item in manifest:
        if item.kind in _WAITED_FOR and item.definition.get("spec", {}).get("replicas", 1) != 0:
            space = "" if item.kind == "APIService" else item.namespace or namespace
            yield Want(api_version=str(item.definition["apiVersion"]), kind=item.kind, namespace=space, name=item.name)


def difference(before: Iterable[Object], after: Iterable[Object]) -> list[dict[str, str]]:
    """What ``--diff`` shows of two manifests: an entry for every object that comes, goes or changes.

    Args:
        before: objects of the release.
        after: objects as they would be.
    """
    old, new = ({item.key: item.shown() for item in side} for side in (before, after))
    return [
        {"before_header": key, "after_header": key, "before": old.get(key, ""), "after": new.get(key, "")}
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def _items(definition: JSON) -> Iterator[JSON]:
    if isinstance(definition, Mapping) and str(definition.get("kind", "")).endswith("List") and isinstance(definition.get("items"), list):
        yield from definition["items"]
    else:
        yield definition


def _is_object(item: JSON) -> bool:
    named = isinstance(item, Mapping) and isinstance(item.get("metadata"), Mapping)
    return named and bool(item.get("kind")) and bool(item.get("apiVersion"))


def _hidden(values: Mapping[str, JSON]) -> dict[str, str]:
    """That a secret changes shall be seen, and nothing else of it."""
    return {key: f"(hidden, sha256:{_digest(value)})" for key, value in values.items()}


def _digest(value: JSON) -> str:
    return hashlib.sha256(str(value).encode()).hexdigest()[:12]


def _malformed(found: str, document: str) -> MalformedManifestError:
    return MalformedManifestError(
        what="reading what the chart renders to",
        found=f"{found} in {document[:200]!r}",
        expected="Kubernetes objects in YAML",
        look="`helm template` with the same values",
    )
