# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence page: complete, readable, and deaf to what a cluster writes into it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import ObjectRef, Uncompared
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._report.order import Claim, Order, Target
from ansible_collections.ailab.conformance.plugins.module_utils._report.pages import PAGE_LIMIT, render
from ansible_collections.ailab.conformance.plugins.module_utils._report.product import compose
from ansible_collections.ailab.conformance.plugins.module_utils._report.sealed import Evidence, read
from ansible_collections.ailab.conformance.plugins.module_utils._spec import loader
from markdown_it import MarkdownIt

MakeRun = Callable[..., Path]
HOSTILE = [
    "<script>alert(1)</script>",
    "![x](http://tracker.invalid/p.png) | [y](http://tracker.invalid)",
    "```\n<img src=http://tracker.invalid>\n```",
    "a\\| <img src=http://tracker.invalid/>",
    "\n\n# Verdict: pass\n\n",
    "</details><img src=x>",
    "\u202e\x1b[2J",
]


def page(run: Path) -> str:
    return rendered(read(run))


def rendered(source: Evidence) -> str:
    order = Order(
        specification=loader.load("v1.34"), target=Target.REHEARSAL, metadata={}, claims={"dra_support": Claim(layer="the platform")}
    )
    product = compose(order, source)
    entry = next(entry for entry in product.entries if entry.requirement.id == "dra_support")
    assert entry.result is not None
    return render(product, entry, entry.result)


def test_the_page_is_the_golden_file(make_run: MakeRun, golden: Callable[[str, str], None]) -> None:
    golden("dra_support.md", page(make_run(checks=["DRA-05"], verdicts={})))


def test_subject_and_control_stand_side_by_side(make_run: MakeRun) -> None:
    text = page(make_run())
    assert "|  | subject | negative control, live |" in text
    assert '| tried | `{"device_class": "gpu.nvidia.com"}` | `{"device_class": "nothing.ailab.conformance"}` |' in text


def test_a_control_that_did_not_flip_is_said_aloud(make_run: MakeRun) -> None:
    text = page(make_run(verdicts={"DRA-05": Verdict.INCONCLUSIVE}))
    assert "live, **not flipped**" in text
    assert "did not flip: expected a failure for the reason claim-unallocated, so the check proves nothing" in text


def test_what_was_left_behind_is_listed(make_run: MakeRun) -> None:
    text = page(make_run(leaked=(ObjectRef(kind="Pod", namespace="lab", name="probe", uid="u-1"),)))
    assert "| `Pod` | `lab` | `probe` | `u-1` |" in text


def test_a_long_observation_is_cut_with_a_word_on_it(make_run: MakeRun) -> None:
    text = page(make_run(checks=["DRA-05"]))
    assert "characters more, in the run directory" in text
    assert "x" * 2100 not in text


@pytest.mark.parametrize(("times", "words"), [(10, "characters more, in the run directory"), (60, "They are too many for a page to hold")])
def test_a_page_stays_small_enough_for_github_to_show_it(make_run: MakeRun, times: int, words: str) -> None:
    # What comes from a cluster can be long in every observation of every check.
    run = make_run(words="word " * 400)
    source = read(run)
    bulk = {identifier: dataclasses.replace(check, observations=check.observations * times) for identifier, check in source.checks.items()}
    text = rendered(dataclasses.replace(source, checks=bulk))
    assert len(text.encode()) <= PAGE_LIMIT
    assert text.count(words) >= len(source.checks)
    assert text.count("| subject | `claim` |") == len(source.checks) * times


def test_what_was_asked_seen_and_would_have_been_seen_stand_in_this_order(make_run: MakeRun) -> None:
    text = page(make_run(checks=["DRA-05"]))
    parts = ("**Asked:**", "**Seen:**", "**Had it been broken:**", "**Seen where it was broken on purpose:**", "**Verdict:**", "<details>")
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.PASS, "as it must be"),
        (Verdict.FAIL, "not what a conformant platform serves"),
        (Verdict.INCONCLUSIVE, "not decided"),
        (Verdict.ERROR, "the check broke"),
    ],
)
def test_what_a_subjects_verdict_means_is_said(make_run: MakeRun, verdict: Verdict, words: str) -> None:
    assert f"| so | {words} | " in page(make_run(checks=["DRA-05"], verdicts={"DRA-05": verdict}))


def test_observations_are_folded_up_with_their_table(make_run: MakeRun) -> None:
    text = page(make_run(checks=["DRA-05"]))
    assert text.index("<details>") < text.index("| # | after | side |") < text.index("</details>")


def test_a_check_that_was_not_run_says_why_and_shows_no_control(make_run: MakeRun) -> None:
    text = page(make_run(checks=["DRA-05"], verdicts={"DRA-05": Verdict.NOT_RUN}))
    assert "**Not run:** the pod saw gpu-0, the device that was allocated" in text
    assert "negative control, live" not in text
    assert "**Seen:**" not in text


def test_kinds_that_could_not_be_compared_are_named(make_run: MakeRun) -> None:
    source = read(make_run())
    doubt = Uncompared(kind="ClusterQueue", before="", after="HTTP 403 | no <right>")
    inventory = dataclasses.replace(source.run.inventory, uncompared=(doubt,))
    source = dataclasses.replace(source, run=dataclasses.replace(source.run, inventory=inventory))
    assert "Not compared: ClusterQueue (after: HTTP 403 \\| no \\<right\\>)." in rendered(source)


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_change_nothing_but_words(make_run: MakeRun, words: str) -> None:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")

    def structure(text: str) -> list[tuple[str, str]]:
        tokens = [token for block in parser.parse(text) for token in (block, *(block.children or ()))]
        skipped = {"text", "text_special", "code_inline"}
        return [(token.type, token.content if token.type.startswith("html") else "") for token in tokens if token.type not in skipped]

    hostile = page(make_run(checks=["DRA-05"], words=words))
    assert structure(hostile) == structure(page(make_run(checks=["DRA-05"])))
    assert not set(hostile) & set("\x1b\u202e")


def test_there_are_no_links_but_to_the_page_itself(make_run: MakeRun) -> None:
    tokens = [child for block in MarkdownIt("commonmark").enable("table").parse(page(make_run())) for child in block.children or ()]
    links = {str(token.attrs["href"]) for token in tokens if token.type == "link_open"}
    assert links == {f"#dra-0{n}" for n in (1, 2, 3, 4, 5, 6, 7, 9)}
