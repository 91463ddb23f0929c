# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts and manifests out of Go modules, in the form in which upstream releases them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from lab.errors import LabError
from lab.images.cache import key_of
from lab.images.catalog import Chart

_SECONDS = 300
# Raised when the same description begins to make another folder.
_FORMAT = 1


def key(chart: Chart, folder: Path) -> str:
    """Digest of what a chart is made of: the module's recorded checksum stands for its files.

    Args:
        folder: the directory that the wrapper module is relative to.

    Raises:
        LabError: the wrapper module does not pin the chart's module.
    """
    version, checksum = _pinned(chart, folder)
    left_out = {"groups", "wrapper", *([] if chart.written else ["written"])}
    facts = {name: value for name, value in asdict(chart).items() if name not in left_out}
    return key_of({"format": _FORMAT, "chart": facts, "module": version, "checksum": checksum})


def unpack(chart: Chart, *, go: Path, environment: Mapping[str, str], folder: Path, subcharts: Mapping[str, Path], output: Path) -> None:
    """Copy a chart out of its module, and do what upstream does when it releases it.

    Args:
        chart: which one.
        go: the go command, which finds or downloads the module and compares it with go.sum.
        environment: of the go command.
        folder: the directory that the wrapper module is relative to.
        subcharts: places of the charts that go into it, by name.
        output: an empty directory for the chart's files.

    Raises:
        LabError: the module cannot be had, or its chart is not what the catalog describes.
    """
    source = _downloaded(chart, go=go, environment=environment, folder=folder) / chart.folder
    if not source.is_dir():
        raise _unlike(chart, f"no folder {chart.folder} in {chart.module}")
    shutil.copytree(source, output, dirs_exist_ok=True, copy_function=shutil.copyfile)
    for path in output.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    for old, new in chart.renamed:
        (output / old).rename(output / new)
    for name, text in chart.written:
        (output / name).write_text(text, encoding="utf-8")
    for name, old, new in chart.replaced:
        text = (output / name).read_text(encoding="utf-8")
        if old not in text:
            raise _unlike(chart, f"no {old!r} in {name}")
        (output / name).write_text(text.replace(old, new), encoding="utf-8")
    if (output / "Chart.yaml").exists():
        _number(output / "Chart.yaml", chart)
    for name, place in subcharts.items():
        shutil.copytree(place, output / "charts" / name)


def _number(description: Path, chart: Chart) -> None:
    """Write the release's versions, as ``helm package --version --app-version`` does."""
    lines = description.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not re.match("version:" if not chart.app_version else "(version|appVersion):", line)]
    written = [f"version: {chart.version}", *([f"appVersion: {chart.app_version}"] if chart.app_version else [])]
    description.write_text("\n".join([*kept, *written, ""]), encoding="utf-8")


def _pinned(chart: Chart, folder: Path) -> tuple[str, str]:
    """Version and checksum of the chart's module in the wrapper module."""
    wrapper = folder / chart.wrapper
    name = re.escape(chart.module)
    required = re.search(rf"^\s*(?:require )?{name} (v\S+)", (wrapper / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    version = required[1] if required else ""
    recorded = re.search(rf"^{name} {re.escape(version)} (h1:\S+)$", (wrapper / "go.sum").read_text(encoding="utf-8"), re.MULTILINE)
    if required is None or recorded is None:
        raise _unlike(chart, f"no {chart.module} with a checksum in {wrapper}")
    return version, recorded[1]


def _downloaded(chart: Chart, *, go: Path, environment: Mapping[str, str], folder: Path) -> Path:
    """The module's directory. The go command's own proof against go.sum is repeated: it says what it has, not what was asked for."""
    command = [str(go), "mod", "download", "-json", chart.module]
    done = subprocess.run(
        command, cwd=folder / chart.wrapper, env=dict(environment), capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = {"Error": (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]}
    if "Error" in answer:
        raise LabError(
            f"the chart {chart.name} {chart.version}",
            found=f"no download of {chart.module}: {answer['Error']}",
            expected="the module with the recorded checksum",
            see="Is there a network? GOPROXY names the proxy of Go modules.",
        )
    version, checksum = _pinned(chart, folder)
    if (answer["Version"], answer["Sum"]) != (version, checksum):
        raise _unlike(chart, f"{chart.module} {answer['Version']} {answer['Sum']} where {version} {checksum} is recorded")
    return Path(answer["Dir"])


def _unlike(chart: Chart, found: str) -> LabError:
    return LabError(
        f"the chart {chart.name} {chart.version}",
        found=found,
        expected="the module that lab/images/charts.py describes",
        see="lab/images/README.md says what to change for another version.",
    )
