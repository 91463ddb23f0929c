# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Names and types of the variables of an inventory, held against the argument specs of roles and playbooks.

Ansible ignores a variable that nobody reads: a misspelt name silently means its default. Here it is an error that names the right one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

JSON = Any

# How alike two names must be: within our prefixes a wide net helps, outside of them only a slip of the finger counts.
_SUGGEST = 0.6
_MISSPELT_PREFIX = 0.9


class SpecificationFileError(Exception):
    """A file of argument specs cannot be read."""


@dataclass(frozen=True, slots=True)
class Variables:
    """The variables that the collection knows.

    Attributes:
        options: name to option, in the form of an argument spec.
        prefixes: what the names of one owner begin with, such as ``lab_host_``.
    """

    options: Mapping[str, Mapping[str, JSON]]
    prefixes: tuple[str, ...]

    @classmethod
    def read(cls, files: Iterable[Path]) -> Variables:
        """Merge the argument specs of several files, ``meta/argument_specs.yml`` of a role or the playbooks' own.

        A role's variables begin with its name; those of the playbooks with the name of their entry point.

        Raises:
            SpecificationFileError: a file is absent, no YAML, or has no ``argument_specs``.
        """
        options: dict[str, Mapping[str, JSON]] = {}
        prefixes: set[str] = set()
        for file in files:
            is_role = file.parent.name == "meta"
            for entry_point, spec in _entry_points(file).items():
                options.update(spec.get("options", {}))
                prefixes.add(f"{file.parent.parent.name if is_role else entry_point}_")
        return cls(options=options, prefixes=tuple(sorted(prefixes)))

    def unknown(self, names: Iterable[str]) -> Iterator[str]:
        """A sentence for every name that looks like one of ours and is none."""
        for name in sorted(names):
            if name in self.options:
                continue
            ours = name.startswith(self.prefixes)
            close = difflib.get_close_matches(name, self.options, n=1, cutoff=_SUGGEST if ours else _MISSPELT_PREFIX)
            if close:
                yield f"{name}: unknown variable, did you mean {close[0]}?"
            elif ours:
                prefix = next(prefix for prefix in self.prefixes if name.startswith(prefix))
                known = ", ".join(sorted(option for option in self.options if option.startswith(prefix)))
                yield f"{name}: unknown variable, expected one of {known}"

    def wrong(self, values: Mapping[str, JSON]) -> Iterator[str]:
        """A sentence for every value that is not of the type, or not among the choices, of its variable."""
        for name in sorted(values.keys() & self.options.keys()):
            option = {key: value for key, value in self.options[name].items() if key not in {"default", "required", "description"}}
            for error in ArgumentSpecValidator({name: option}).validate({name: values[name]}).error_messages:
                yield f"{name}: {error}"


def _entry_points(file: Path) -> Mapping[str, Mapping[str, JSON]]:
    try:
        content = yaml.safe_load(file.read_text())
        specs = content["argument_specs"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as exc:
        raise SpecificationFileError(f"{file}: found no argument specs ({exc!r}), expected the key 'argument_specs'") from exc
    return {str(name): spec for name, spec in specs.items()}
