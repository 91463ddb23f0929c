# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text format of metrics: what is read, and what is refused although a forgiving reader would take it."""

from __future__ import annotations

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._platform.exposition import ExpositionError, is_exposition, read

GOOD = """# HELP util Utilisation.
# TYPE util gauge
util{uuid="GPU-a",pod=""} 97.5
util{uuid="GPU-b"} 0
# TYPE calls counter
calls_total 12
# TYPE seconds histogram
seconds_bucket{le="0.1"} 3
seconds_bucket{le="+Inf"} 4
seconds_sum 1.5
seconds_count 4
"""


def test_series_types_and_labels_are_read() -> None:
    found = read(GOOD)
    assert [(series.labels.get("uuid"), series.value) for series in found.of("util")] == [("GPU-a", 97.5), ("GPU-b", 0.0)]
    assert found.types["util"] == "gauge"
    assert found.of("calls_total")[0].value == 12
    assert found.of("seconds_count")[0].value == 4


def test_counters_keep_the_names_that_they_have() -> None:
    found = read("# TYPE replays counter\nreplays 3\n# TYPE calls counter\ncalls_total 4\n")
    assert [(series.name, series.value) for series in found.series] == [("replays", 3.0), ("calls_total", 4.0)]


def test_an_empty_label_is_none() -> None:
    assert "pod" not in read(GOOD).of("util")[0].labels


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("<html><body>Welcome</body></html>\n", "cannot be read"),
        ('util{uuid="GPU-a" 97\n', "cannot be read"),
        ('util{uuid="GPU-a"} ninety\n', "cannot be read"),
        ("util 97", "cut off"),
        ('util{uuid="a"} 1\nutil{uuid="a"} 2\n', "there twice"),
        ("# TYPE util gauge\n# TYPE util counter\nutil 1\n", "a second time"),
        ("util 1\n# TYPE util gauge\n", "after its first series"),
        ("# TYPE util\nutil 1\n", "declares no type"),
        ("# HELP util Utilisation.\n", "no series"),
    ],
)
def test_what_a_scraper_would_have_to_guess_about_is_refused(text: str, words: str) -> None:
    with pytest.raises(ExpositionError, match=words):
        read(text)


@pytest.mark.parametrize(
    ("media_type", "wanted"),
    [
        ("text/plain; version=0.0.4; charset=utf-8", True),
        ("application/openmetrics-text; version=1.0.0", True),
        ("TEXT/PLAIN", True),
        ("text/html; charset=utf-8", False),
        ("application/json", False),
        ("", False),
    ],
)
def test_media_types(media_type: str, *, wanted: bool) -> None:
    assert is_exposition(media_type) is wanted
