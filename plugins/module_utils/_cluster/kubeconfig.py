# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds and reads a kubeconfig, and says precisely what is wrong with one."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .errors import KubeconfigError
from .private_files import PrivateFiles

JSON = Any

_INLINE = {
    "certificate-authority-data": "certificate-authority",
    "client-certificate-data": "client-certificate",
    "client-key-data": "client-key",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubeconfig:
    """A kubeconfig whose context exists.

    Attributes:
        path: the file.
        context: name of the context in use.
        server: address of its API server.
        document: the parsed file.
    """

    path: Path
    context: str
    server: str
    document: Mapping[str, JSON]


def locate(given: str | None) -> Path:
    """The file to use: the given one, else the one that the environment names, else the one in the home directory.

    Raises:
        KubeconfigError: KUBECONFIG names several files.
    """
    if given:
        return Path(given).expanduser()
    named = [entry for entry in os.environ.get("KUBECONFIG", "").split(os.pathsep) if entry]
    if len(named) > 1:
        raise KubeconfigError(
            what="looking for the kubeconfig",
            found=f"KUBECONFIG with {len(named)} files",
            expected="one file, so that it is certain which cluster is meant",
            look="the option kubeconfig",
        )
    return Path(named[0] if named else "~/.kube/config").expanduser()


def read(*, path: Path, context: str | None) -> Kubeconfig:
    """Reads the file and finds the context in it.

    Args:
        path: the kubeconfig.
        context: name of a context; None for the file's current one.

    Raises:
        KubeconfigError: no such file, no kubeconfig, no such context, or a context without a server.
    """
    document = _parse(path)
    contexts, clusters = _named(document, "contexts"), _named(document, "clusters")
    name = context or document.get("current-context")
    if not name or name not in contexts:
        raise KubeconfigError(
            what=f"reading {path}",
            found=f"no context {name!r}" if name else "no current-context",
            expected=f"one of {', '.join(sorted(contexts)) or 'at least one context'}",
            look="the option context, and kubectl config get-contexts",
        )
    cluster = (contexts[name].get("context") or {}).get("cluster")
    server = (clusters.get(str(cluster), {}).get("cluster") or {}).get("server")
    if not server:
        raise KubeconfigError(
            what=f"reading {path}",
            found=f"context {name!r} of cluster {cluster!r} without a server",
            expected="a cluster entry with the address of an API server",
            look="the sections contexts and clusters of the file",
        )
    return Kubeconfig(path=path.absolute(), context=name, server=str(server).rstrip("/"), document=document)


def with_files(kubeconfig: Kubeconfig, *, files: PrivateFiles) -> dict[str, JSON]:
    """The kubeconfig with its inline certificates and keys moved to private files.

    The client library would write them to the system's temporary folder and leave them there when a forked worker ends.

    Args:
        kubeconfig: a kubeconfig.
        files: where they go.

    Raises:
        KubeconfigError: inline data is not base64.
        OSError: a file cannot be made.
    """
    document = {key: value for key, value in kubeconfig.document.items() if key not in ("clusters", "users")}
    for section, inner in (("clusters", "cluster"), ("users", "user")):
        entries = []
        for entry in kubeconfig.document.get(section) or []:
            values = dict(entry.get(inner) or {})
            for inline, by_file in _INLINE.items():
                if inline in values:
                    values[by_file] = files.write(_decode(values.pop(inline), key=inline, path=kubeconfig.path))
                elif values.get(by_file):
                    values[by_file] = str(kubeconfig.path.parent / values[by_file])
            entries.append({**entry, inner: values})
        document[section] = entries
    return document


def _decode(value: JSON, *, key: str, path: Path) -> bytes:
    try:
        return base64.b64decode(str(value), validate=True)
    except binascii.Error as problem:
        raise KubeconfigError(
            what=f"reading {path}", found=f"{key} that is not base64 ({problem})", expected="a PEM file in base64", look="the file"
        ) from problem


def _parse(path: Path) -> Mapping[str, JSON]:
    what = f"reading {path}"
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise KubeconfigError(
            what=what,
            found=str(problem.strerror),
            expected="a readable kubeconfig",
            look="the option kubeconfig, and the variable KUBECONFIG",
        ) from problem
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise KubeconfigError(
            what=what, found=f"no YAML ({str(problem).splitlines()[0]})", expected="a kubeconfig", look="the file"
        ) from problem
    if not isinstance(document, Mapping) or document.get("kind", "Config") != "Config":
        raise KubeconfigError(what=what, found="YAML that is no kubeconfig", expected="an object of kind Config", look="the file")
    return document


def _named(document: Mapping[str, JSON], section: str) -> dict[str, Mapping[str, JSON]]:
    entries = document.get(section)
    return (
        {entry["name"]: entry for entry in entries if isinstance(entry, Mapping) and "name" in entry} if isinstance(entries, list) else {}
    )
