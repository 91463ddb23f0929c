# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generated pages say what the code says."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.loading import loaded


@pytest.fixture(scope="module")
def docs(root: Path) -> ModuleType:
    return loaded(root / "scripts/docs.py")


def test_pages_are_up_to_date(docs: ModuleType, root: Path) -> None:
    wanted = docs.pages(root)
    behind = [str(path) for path, text in wanted.items() if not (root / path).is_file() or (root / path).read_text() != text]
    assert behind == [], "run `make docs`"
    assert docs.stale_pages(root, wanted) == [], "run `make docs`"


def test_every_link_leads_somewhere(root: Path) -> None:
    broken = [
        f"{page.relative_to(root)}: {target}"
        for page in [root / "README.md", *(root / "docs").rglob("*.md")]
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_readme_explains_every_entry_of_the_root(root: Path) -> None:
    text = (root / "README.md").read_text()
    entries = [path.name + ("/" if path.is_dir() else "") for path in root.iterdir() if not path.name.startswith(".")]
    ignored = {"build/", "runs/", "reports/", "LICENSE", "README.md"}
    assert [name for name in entries if name not in ignored and f"`{name}`" not in text] == []


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("See O(name=x) and V(y).", "See `name=x` and `y`."),
        ("C(a (b) c)", "`a (b) c`"),
        ("L(the page, docs/lab.md)", "[the page](docs/lab.md)"),
        ("B(never) and I(perhaps)", "**never** and *perhaps*"),
    ],
)
def test_markup_becomes_markdown(docs: ModuleType, text: str, markdown: str) -> None:
    assert docs._markdown(text) == markdown
