# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A chart comes out of its module as upstream releases it, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from lab.errors import LabError
from lab.images import unpack
from lab.images.catalog import Chart

CHART = Chart(
    name="queue",
    version="1.2.3",
    wrapper="wrapper",
    module="example.org/queue",
    folder="charts/queue",
    groups=("kueue",),
    app_version="v1.2.3",
    renamed=(("values.tmpl.yaml", "values.yaml"),),
    replaced=(("values.yaml", "staging.example/queue", "registry.example/queue"),),
)


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A lab folder with a wrapper module, the module that it pins, and a go command that knows where that is."""
    module = tmp_path / "modules" / "queue"
    (module / "charts/queue/templates").mkdir(parents=True)
    (module / "charts/queue/Chart.yaml").write_text("apiVersion: v2\nname: queue\nversion: 0.0.0-latest\nappVersion: latest\n")
    (module / "charts/queue/values.tmpl.yaml").write_text("image: staging.example/queue\n")
    (module / "charts/queue/templates/queue.yaml").write_text("kind: Deployment\n")
    (module / "charts/queue/templates/queue.yaml").chmod(0o444)
    (tmp_path / "lab/wrapper").mkdir(parents=True)
    (tmp_path / "lab/wrapper/go.mod").write_text("module wrapper\n\nrequire example.org/queue v1.2.3\n")
    (tmp_path / "lab/wrapper/go.sum").write_text("example.org/queue v1.2.3 h1:right=\nexample.org/queue v1.2.3/go.mod h1:other=\n")
    answers(tmp_path, {"Version": "v1.2.3", "Sum": "h1:right=", "Dir": str(module)})
    return tmp_path / "lab"


def answers(folder: Path, answer: dict[str, str]) -> None:
    go = folder / "go"
    go.write_text(f"#!/bin/sh\nprintf '%s' '{json.dumps(answer)}'\n")
    go.chmod(0o755)


def unpacked(lab: Path, chart: Chart = CHART, **subcharts: Path) -> Path:
    output = lab.parent / "output"
    output.mkdir()
    unpack.unpack(chart, go=lab.parent / "go", environment={"PATH": "/usr/bin:/bin"}, folder=lab, subcharts=subcharts, output=output)
    return output


def test_a_chart_is_numbered_named_and_pointed_to_the_released_images(lab: Path) -> None:
    output = unpacked(lab)
    description = yaml.safe_load((output / "Chart.yaml").read_text())
    assert description == {"apiVersion": "v2", "name": "queue", "version": "1.2.3", "appVersion": "v1.2.3"}
    assert (output / "values.yaml").read_text() == "image: registry.example/queue\n"
    assert not (output / "values.tmpl.yaml").exists()
    (output / "templates/queue.yaml").write_text("writable, so that it can be removed")


def test_a_folder_of_manifests_stays_as_it_is(lab: Path) -> None:
    output = unpacked(lab, replace(CHART, folder="charts/queue/templates", renamed=(), replaced=()))
    assert [path.name for path in output.iterdir()] == ["queue.yaml"]


def test_a_subchart_goes_where_helm_looks_for_it(lab: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "Chart.yaml").write_text("name: other\n")
    assert (unpacked(lab, replace(CHART, charts=("other",)), other=other) / "charts/other/Chart.yaml").exists()


def test_manifests_become_a_chart(lab: Path) -> None:
    chart = replace(
        CHART,
        folder="charts/queue/templates",
        renamed=(),
        replaced=(("Chart.yaml", "queue", "jobs"),),
        written=(("Chart.yaml", "name: queue\n"),),
    )
    output = unpacked(lab, chart)
    assert yaml.safe_load((output / "Chart.yaml").read_text()) == {"name": "jobs", "version": "1.2.3", "appVersion": "v1.2.3"}
    assert unpack.key(chart, lab) != unpack.key(replace(chart, written=()), lab)


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        (replace(CHART, folder="charts/none"), "no folder charts/none"),
        (replace(CHART, replaced=(("values.yaml", "tag: main", "tag: v1"),)), "no 'tag: main' in values.yaml"),
        (replace(CHART, module="example.org/other"), "no example.org/other with a checksum"),
    ],
)
def test_a_module_that_is_not_what_the_catalog_describes_is_refused(lab: Path, chart: Chart, words: str) -> None:
    with pytest.raises(LabError, match=words):
        unpacked(lab, chart)


def test_another_checksum_is_refused(lab: Path) -> None:
    answers(lab.parent, {"Version": "v1.2.3", "Sum": "h1:wrong=", "Dir": str(lab.parent / "modules/queue")})
    with pytest.raises(LabError, match=r"h1:wrong= where v1\.2\.3 h1:right= is recorded"):
        unpacked(lab)


def test_no_download_is_said_in_the_go_command_s_words(lab: Path) -> None:
    answers(lab.parent, {"Error": "dial tcp: no such host"})
    with pytest.raises(LabError, match="no such host"):
        unpacked(lab)


def test_the_key_follows_the_description_and_the_checksum(lab: Path) -> None:
    keys = {unpack.key(CHART, lab), unpack.key(replace(CHART, groups=("kubeflow",)), lab)}
    assert len(keys) == 1, "for whom it is makes no difference"
    keys.add(unpack.key(replace(CHART, version="1.2.4"), lab))
    sums = lab / "wrapper/go.sum"
    sums.write_text(sums.read_text().replace("h1:right=", "h1:changed="))
    keys.add(unpack.key(CHART, lab))
    assert len(keys) == 3
