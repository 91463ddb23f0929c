# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A misspelt variable is an error that names the right one."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._inventory.variables import SpecificationFileError, Variables

KNOWN = Variables(
    options={
        "lab_host_name": {"type": "str"},
        "lab_host_memory_gib": {"type": "int", "default": 6, "description": "Room."},
        "kkp_user_cluster_pools": {"type": "list", "elements": "dict", "options": {"name": {"type": "str", "required": True}}},
        "platform_roles": {"type": "list", "elements": "str", "choices": ["dra_driver", "gpu_operator"]},
    },
    prefixes=("kkp_user_cluster_", "lab_host_", "platform_"),
)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("lab_host_nam", "lab_host_nam: unknown variable, did you mean lab_host_name?"),
        ("labhost_memory_gib", "labhost_memory_gib: unknown variable, did you mean lab_host_memory_gib?"),
        ("platform_with_nothing_in_common", "platform_with_nothing_in_common: unknown variable, expected one of platform_roles"),
    ],
)
def test_a_slip_names_what_was_meant(name: str, sentence: str) -> None:
    assert list(KNOWN.unknown([name])) == [sentence]


@pytest.mark.parametrize("name", ["lab_host_name", "ansible_host", "my_platform", "laboratory", "__lab_host_internal"])
def test_other_peoples_variables_are_left_alone(name: str) -> None:
    assert list(KNOWN.unknown([name])) == []


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ({"lab_host_memory_gib": "lots"}, "unable to convert to int"),
        ({"platform_roles": ["dra_drivers"]}, "must be one or more of: dra_driver, gpu_operator"),
        ({"kkp_user_cluster_pools": [{}]}, "missing required arguments: name"),
        ({"kkp_user_cluster_pools": [{"name": "a", "replica": 2}]}, "replica"),
    ],
)
def test_a_value_of_another_type_is_told(value: dict[str, object], part: str) -> None:
    (sentence,) = KNOWN.wrong(value)
    assert part in sentence
    assert sentence.startswith(next(iter(value)))


def test_values_of_the_right_type_are_not_mentioned() -> None:
    assert (
        list(KNOWN.wrong({"lab_host_memory_gib": "8", "platform_roles": [], "kkp_user_cluster_pools": [{"name": "a"}], "other": object()}))
        == []
    )


def test_every_spec_of_the_collection_is_read(root: Path) -> None:
    files = [*root.glob("roles/*/meta/argument_specs.yml"), root / "playbooks/vars/settings.yml"]
    known = Variables.read(files)
    assert {"lab_host_", "platform_", "user_cluster_"} <= set(known.prefixes)
    assert all(name.startswith(known.prefixes) for name in known.options)


@pytest.mark.parametrize("content", ["", "[]", "options: {}", "a: ["])
def test_a_file_without_specs_is_told(tmp_path: Path, content: str) -> None:
    file = tmp_path / "settings.yml"
    file.write_text(content)
    with pytest.raises(SpecificationFileError, match="expected the key 'argument_specs'"):
        Variables.read([file])
