# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a container can reach: the scripts that ask it, and how their answers are read.

``LOOK`` lists device files by their numbers and asks nvidia-smi, where it is there. ``TRY`` makes device files of given numbers and opens
them: the kernel's device filter of the container decides. Source: cgroups, "Device controller"; open(2), errors ENXIO, EPERM, EACCES.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import listed, uuids_in

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

JSON = Any

LOOK = """
for path in /dev/nvidia* /dev/dri/* /dev/dxg /dev/kfd /dev/accel/*; do
  [ -c "$path" ] && printf 'node %s %d:%d\n' "$path" "0x$(stat -c %t "$path")" "0x$(stat -c %T "$path")"
done
nvidia-smi -L 2>/dev/null
echo looked
"""

TRY = """
folder=$(mktemp -d)
for number in "$@"; do
  path=$folder/${number%:*}-${number#*:}
  if said=$(mknod "$path" c "${number%:*}" "${number#*:}" 2>&1); then
    said=$( (: < "$path") 2>&1 ) && said=opened
  fi
  echo "open $number $said"
done
rm -r "$folder"
echo tried
"""

_NODE = re.compile(r"^node (\S+) (\d+:\d+)$", re.MULTILINE)
_OPEN = re.compile(r"^open (\d+:\d+) (.*)$", re.MULTILINE)
_NVIDIA = re.compile(r"/dev/nvidia\d+")
_OTHER = re.compile(r"/dev/(dri/renderD\d+|dxg|accel/.+)")
_REACHED = re.compile(r"opened$|No such device|Device or resource busy|Input/output error")
_DENIED = re.compile(r"Operation not permitted|Permission denied")


class Opening(enum.StrEnum):
    """What came of opening a device file. A device without a driver behind it (ENXIO) was let through by the filter: it is reached."""

    REACHED = enum.auto()
    DENIED = enum.auto()
    UNKNOWN = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a container sees of accelerators.

    Attributes:
        nodes: path of a device file → its numbers, ``195:0``.
        uuids: that nvidia-smi lists.
    """

    nodes: Mapping[str, str]
    uuids: tuple[str, ...]

    @property
    def numbers(self) -> tuple[str, ...]:
        """Numbers of the device files that stand for one accelerator each; a graphics node beside an NVIDIA one is the same device."""
        kinds = (_NVIDIA, _OTHER)
        found = (tuple(number for path, number in sorted(self.nodes.items()) if kind.fullmatch(path)) for kind in kinds)
        return next((numbers for numbers in found if numbers), ())

    @property
    def words(self) -> str:
        """For a sentence."""
        return f"device files {listed(sorted(self.nodes))}, UUIDs {listed(self.uuids)}"


def look(bench: Bench, role: str, *, container: str = "probe") -> Sight:
    """Asks a container what it sees, recorded as ``look.<role>.<container>``."""
    done = bench.execute(role, ("sh", "-c", LOOK), container=container, fact="look")
    return sight({"exit_code": done.exit_code, "stdout": done.stdout}) or Sight(nodes={}, uuids=())


def attempt(bench: Bench, role: str, numbers: Iterable[str], *, container: str = "probe") -> None:
    """Has a container make and open device files, recorded as ``try.<role>.<container>``. It needs the capability MKNOD."""
    bench.execute(role, ("sh", "-c", TRY, "try", *numbers), container=container, fact="try")


def sight(fact: JSON) -> Sight | None:
    """What a container said that it sees; None when it did not come to the end of it."""
    said = _output(fact, end="looked")
    if said is None:
        return None
    return Sight(nodes=dict(_NODE.findall(said)), uuids=tuple(uuids_in(said)))


def openings(fact: JSON) -> Mapping[str, Opening] | None:
    """What came of opening device files, by their numbers; None when the container did not come to the end of it."""
    said = _output(fact, end="tried")
    return None if said is None else {number: _opening(words) for number, words in _OPEN.findall(said)}


def _opening(words: str) -> Opening:
    if _REACHED.search(words):
        return Opening.REACHED
    return Opening.DENIED if _DENIED.search(words) else Opening.UNKNOWN


def _output(fact: JSON, *, end: str) -> str | None:
    if not isinstance(fact, Mapping) or fact.get("exit_code") != 0:
        return None
    said = str(fact.get("stdout") or "")
    return said if said.splitlines()[-1:] == [end] else None
