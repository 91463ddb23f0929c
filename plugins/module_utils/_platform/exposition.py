# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the text format of Prometheus, and refuses what a scraper would have to guess about. Pure.

Source: Prometheus documentation, "Exposition formats".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError as problem:
    LIBRARY_PROBLEM: ImportError | None = problem
else:
    LIBRARY_PROBLEM = None

CONTENT_TYPES = ("text/plain", "application/openmetrics-text")
"""What a scraper takes for metrics; the rest of the header says version and character set."""

_TELLING = ("UUID", "namespace", "pod")
"""Labels that tell whose series it is, for messages."""


class ExpositionError(ValueError):
    """A text is not in the format. Its words say where."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series with its value.

    Attributes:
        name: of the metric, with suffixes such as ``_total``.
        labels: by name; a label that is empty is a label that is not there.
        value: as it was exposed.
        timestamp: seconds since the epoch where the series brings its own, otherwise None.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    value: float = 0.0
    timestamp: float | None = None

    @property
    def identity(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What makes it one series."""
        return self.name, tuple(sorted(self.labels.items()))


@dataclass(frozen=True, slots=True)
class Exposition:
    """Everything that one scrape has.

    Attributes:
        series: in the order of the text.
        types: ``gauge``, ``counter``, ``histogram`` … by name of the metric, where the text declares them.
    """

    series: tuple[Series, ...]
    types: Mapping[str, str]

    def of(self, name: str) -> list[Series]:
        """The series of a name."""
        return [series for series in self.series if series.name == name]


def is_exposition(content_type: str) -> bool:
    """Whether a reply's header says that it holds metrics."""
    return content_type.partition(";")[0].strip().lower() in CONTENT_TYPES


def read(text: str) -> Exposition:
    """Reads a scrape.

    The library reads line by line and forgives much. What makes a scrape worthless as evidence is looked for here besides: a last line
    that was cut off, a type declared twice or after its series, one series with two values.

    Raises:
        ExpositionError: the text is not in the format, or is empty.
    """
    if LIBRARY_PROBLEM is not None:
        raise ExpositionError("the Python package prometheus-client is not installed, expected it beside ansible-core") from LIBRARY_PROBLEM
    if not text.strip():
        raise ExpositionError("the text is empty, expected at least one series")
    if not text.endswith("\n"):
        raise ExpositionError(f"the last line is cut off: {text.splitlines()[-1][:80]!r}, expected a line feed after it")
    types, written = _types(text.splitlines())
    try:
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    except (ValueError, KeyError, IndexError) as error:
        raise ExpositionError(f"a line cannot be read: {error}") from error
    series = tuple(
        Series(
            # The library gives counters the suffix that OpenMetrics wants; what counts here is what was written.
            name=sample.name if sample.name in written else sample.name.removesuffix("_total"),
            labels={name: value for name, value in sample.labels.items() if value},
            value=float(sample.value),
            timestamp=None if sample.timestamp is None else float(sample.timestamp),
        )
        for sample in samples
    )
    if not series:
        raise ExpositionError("there are comments and no series, expected at least one")
    _refuse_twins(series)
    return Exposition(series=series, types=types)


def _types(lines: Iterable[str]) -> tuple[dict[str, str], set[str]]:
    """The declared types, and the names of all series."""
    types: dict[str, str] = {}
    begun: set[str] = set()
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if line.startswith("# TYPE "):
            if len(words) != 4:
                raise ExpositionError(f"line {number} declares no type: {line[:80]!r}")
            name, kind = words[2], words[3]
            if name in types:
                raise ExpositionError(f"line {number} declares {name} a second time")
            if name in begun:
                raise ExpositionError(f"line {number} declares {name} after its first series")
            types[name] = kind
        elif words and not line.startswith("#"):
            begun.add(words[0].partition("{")[0])
    return types, begun


def _refuse_twins(series: Iterable[Series]) -> None:
    seen: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
    for one in series:
        if one.identity in seen:
            labels = ", ".join(f'{name}="{value}"' for name, value in one.labels.items() if name in _TELLING) or f"{len(one.labels)} labels"
            raise ExpositionError(f"series {one.name} with {labels} is there twice, expected one value for each series")
        seen.add(one.identity)
