# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding and reading kubeconfigs, and what is said about bad ones."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ailab.conformance.plugins.module_utils._cluster import kubeconfig
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.client import cluster_of
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import KubeconfigError, UnauthorizedError, UnreachableError
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.private_files import PrivateFiles


def document(server: str = "https://127.0.0.1:1", **user: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "main",
        "contexts": [{"name": "main", "context": {"cluster": "c", "user": "u"}}, {"name": "broken", "context": {"cluster": "none"}}],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": user}],
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kubeconfig"


def written(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


@pytest.mark.parametrize(
    ("content", "context", "words"),
    [
        (None, None, "No such file"),
        ("", None, "no kubeconfig"),
        ("{", None, "no YAML"),
        ("- a", None, "no kubeconfig"),
        ({"kind": "Pod"}, None, "no kubeconfig"),
        ({"kind": "Config"}, None, "no current-context"),
        (document(), "other", "no context 'other'; expected one of broken, main"),
        (document(), "broken", "of cluster 'none' without a server"),
    ],
)
def test_a_bad_kubeconfig_is_explained(path: Path, content: Any, context: str | None, words: str) -> None:
    if content is not None:
        written(path, content)
    with pytest.raises(KubeconfigError) as caught:
        kubeconfig.read(path=path, context=context)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_the_current_context_is_used(path: Path) -> None:
    found = kubeconfig.read(path=written(path, document("https://example:6443/")), context=None)
    assert (found.context, found.server) == ("main", "https://example:6443")


def test_several_files_in_the_environment_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/a:/b")
    with pytest.raises(KubeconfigError, match="2 files"):
        kubeconfig.locate(None)


def test_the_option_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/a")
    assert kubeconfig.locate("/b") == Path("/b")
    assert kubeconfig.locate(None) == Path("/a")


def test_inline_credentials_go_to_private_files(path: Path) -> None:
    inline = base64.b64encode(b"PEM").decode()
    found = kubeconfig.read(path=written(path, document(**{"client-key-data": inline, "client-certificate": "rel.crt"})), context=None)
    with PrivateFiles() as files:
        user = kubeconfig.with_files(found, files=files)["users"][0]["user"]
        key = Path(user["client-key"])
        assert key.is_file()
        assert [key.read_bytes(), key.read_bytes()] == [b"PEM", b"PEM"]
    assert user["client-certificate"] == str(path.parent / "rel.crt")
    assert "client-key-data" not in user


def test_where_files_cannot_be_in_memory_they_are_private_and_go_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    with PrivateFiles() as files:
        made = [Path(files.write(content)) for content in (b"a", b"b")]
        assert [path.read_bytes() for path in made] == [b"a", b"b"]
        assert {path.stat().st_mode & 0o777 for path in made} == {0o600}
    assert not any(path.exists() for path in made)


def test_inline_data_that_is_not_base64_is_named(path: Path) -> None:
    found = kubeconfig.read(path=written(path, document(**{"client-key-data": "***"})), context=None)
    with PrivateFiles() as files, pytest.raises(KubeconfigError, match="client-key-data that is not base64"):
        kubeconfig.with_files(found, files=files)


def test_a_cluster_is_asked_before_it_is_used(path: Path, api: Any) -> None:
    with cluster_of(kubeconfig.read(path=written(path, document(api.address, token="t")), context=None)) as cluster:
        assert cluster.get("/version")["minor"] == "34"
    assert api.requests[0] == ("GET", "/api/v1/namespaces/kube-system")


def test_credentials_that_are_not_known_stop_everything(path: Path, api: Any) -> None:
    api.intercept = lambda _method, _path, _body: (401, {"kind": "Status", "reason": "Unauthorized", "message": "Unauthorized"})
    found = kubeconfig.read(path=written(path, document(api.address, token="t")), context=None)
    with pytest.raises(UnauthorizedError, match="may have expired"), cluster_of(found):
        pytest.fail("the cluster was used")


def test_a_file_that_the_kubeconfig_names_and_that_is_missing_is_named(path: Path) -> None:
    found = kubeconfig.read(path=written(path, document(**{"client-certificate": "gone.crt", "client-key": "gone.key"})), context=None)
    with pytest.raises((KubeconfigError, UnreachableError), match=r"gone\.crt"), cluster_of(found):
        pytest.fail("the cluster was used")
