# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML page loads nothing, runs nothing, and can be read by everybody."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Fidelity, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._report.compare import compare
from ansible_collections.ailab.conformance.plugins.module_utils._report.html import render
from ansible_collections.ailab.conformance.plugins.module_utils._report.html_style import SHEET
from ansible_collections.ailab.conformance.plugins.module_utils._report.markup import document, el
from ansible_collections.ailab.conformance.plugins.module_utils._report.order import Claim, Order, Target
from ansible_collections.ailab.conformance.plugins.module_utils._report.product import compose
from ansible_collections.ailab.conformance.plugins.module_utils._report.sealed import read
from ansible_collections.ailab.conformance.plugins.module_utils._spec import loader

MakeRun = Callable[..., Path]
VOID = {"meta", "br", "col"}
METADATA = {"platform_name": "Works Platform", "website_url": "https://works.dev", "product_logo_url": "https://works.dev/logo.svg"}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=http://tracker.invalid onerror=alert(1)>',
    "</style><link rel=stylesheet href=http://tracker.invalid>",
    "javascript:alert(1)",
    "' onmouseover='alert(1)",
    "</pre></details><iframe src=http://tracker.invalid>",
    "\u202e\x1b[2J\x00",
]


class Page(HTMLParser):
    """Elements with their attributes, the text of each, and whether all of them were closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def html(run: Path, *, target: Target = Target.REHEARSAL, version: str = "v1.34", earlier: Path | None = None) -> str:
    claims = {"dra_support": Claim(layer="the platform")} if version < "v1.36" else {}
    order = Order(specification=loader.load(version), target=target, metadata=METADATA, claims=claims)
    return render(compose(order, read(run)), compare(read(earlier), read(run)) if earlier else None)


def test_nothing_is_loaded_and_nothing_runs(make_run: MakeRun) -> None:
    page = Page(html(make_run()))
    assert not {tag for tag, _ in page.elements} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
        "svg",
        "video",
        "audio",
    }
    for _, attributes in page.elements:
        assert not {"src", "srcset", "background", "data", "action", "poster"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
        assert attributes.get("href", "#").startswith("#")
    assert "url(" not in SHEET
    assert "@import" not in SHEET


def test_a_policy_forbids_what_is_not_there(make_run: MakeRun) -> None:
    (policy,) = [meta["content"] for meta in Page(html(make_run())).all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_change_nothing_but_words(make_run: MakeRun, words: str) -> None:
    hostile = html(make_run(words=words), earlier=make_run(words=words, verdicts={"DRA-05": Verdict.FAIL}))
    plain = html(make_run(), earlier=make_run(verdicts={"DRA-05": Verdict.FAIL}))
    assert Page(hostile).elements == Page(plain).elements
    assert not set(hostile) & set("\u202e\x1b\x00")


@pytest.mark.parametrize("compared", [False, True])
def test_everything_can_be_reached_and_is_named(make_run: MakeRun, *, compared: bool) -> None:
    page = Page(html(make_run(), earlier=make_run(verdicts={"DRA-05": Verdict.FAIL}, checks=["DRA-05"]) if compared else None))
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    assert {link["href"].removeprefix("#") for link in page.all("a")} <= set(identifiers)
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("main")) == len(page.all("h1")) == 1
    assert len(page.all("caption")) == len(page.all("table"))
    assert all("scope" in heading for heading in page.all("th"))


def test_headings_do_not_skip_a_level(make_run: MakeRun) -> None:
    levels = [int(tag[1]) for tag, _ in Page(html(make_run())).elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_every_section_is_in_the_contents(make_run: MakeRun) -> None:
    page = Page(html(make_run(), earlier=make_run()))
    sections = {section["id"] for section in page.all("section")}
    assert sections <= {link["href"].removeprefix("#") for link in page.all("a")}
    assert {"requirements", "compared", "dra_support", "versions", "cluster", "clean-up", "replay"} == sections
    assert page.all("nav") == [{"aria-label": "Contents"}]


def test_what_was_not_run_has_no_sides(make_run: MakeRun) -> None:
    page = Page(html(make_run(checks=["DRA-05"], verdicts={"DRA-05": Verdict.NOT_RUN})))
    assert "sides" not in {attributes.get("class") for attributes in page.all("div")}
    assert "not run" in page.words


def test_a_rehearsal_says_so_first_and_in_its_title(make_run: MakeRun) -> None:
    text = html(make_run())
    assert "<title>REHEARSAL, NOT A SUBMISSION: AI conformance: Works Platform, v1.34</title>" in text
    assert text.index('class="mark"') < text.index("<h1>")


def test_verdicts_are_read_without_colour(make_run: MakeRun) -> None:
    words = "".join(Page(html(make_run(verdicts={"DRA-05": Verdict.FAIL, "DRA-06": Verdict.INCONCLUSIVE}))).words)
    for word in ("✗ fail", "? inconclusive", "✓ pass", "– not verified", "It did not flip"):
        assert word in words


def test_subject_control_digests_and_the_way_back_are_there(make_run: MakeRun) -> None:
    run = make_run(fidelity=Fidelity.REAL)
    words = "".join(Page(html(run)).words)
    for word in (
        "nothing.ailab.conformance",
        f"sha256:{3:064x}",
        f"dra-driver@sha256:{'cd' * 32}",
        "conformance_replay",
        read(run).manifest_sha256,
    ):
        assert word in words


def test_every_requirement_of_the_version_is_listed(make_run: MakeRun) -> None:
    words = "".join(Page(html(make_run(), version="v1.37")).words)
    assert all(requirement.id in words for requirement in loader.load("v1.37").requirements)
    assert "0 of 8 MUST requirements implemented; 0 of 15 requirements verified" in words


def test_light_dark_paper_and_narrow_screens_are_served() -> None:
    for rule in ("color-scheme: light dark", "prefers-color-scheme: dark", "@media print", "@media (max-width"):
        assert rule in SHEET


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [(ink, ground) for ink in ("ink", "soft", "link", "pass", "fail", "open") for ground in ("paper", "panel")] + [("mark-ink", "mark")],
)
def test_contrast_is_enough_to_read(scheme: int, ink: str, ground: str) -> None:
    """WCAG 2.2 success criterion 1.4.3: at least 4.5 to 1."""
    colours = [re.findall(rf"--{name}: (#[0-9a-f]{{6}});", SHEET)[scheme] for name in (ink, ground)]
    brighter, darker = sorted((luminance(colour) for colour in colours), reverse=True)
    assert (brighter + 0.05) / (darker + 0.05) >= 4.5


def test_a_style_sheet_that_could_end_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="must not hold '<'"):
        document(el("style", "</style><script>"))
