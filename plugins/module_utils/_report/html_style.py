# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The style sheet of the HTML page: system fonts, light and dark, narrow screens, paper. It loads nothing."""

from __future__ import annotations

from .wording import REHEARSAL

# Paper: the mark of a rehearsal stands in the margin of every page, not only at the top of the first.
SHEET = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --panel: #f6f8fa; --link: #0550ae;
  --pass: #116329; --fail: #a40e26; --open: #7d4e00; --mark-ink: #5c2d00; --mark: #fff1d6; --mark-line: #b35900;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0d1117; --ink: #e6edf3; --soft: #9da7b3; --line: #3d444d; --panel: #161b22; --link: #79b8ff;
    --pass: #56d364; --fail: #ff9492; --open: #e3b341; --mark-ink: #ffdfb6; --mark: #3b2300; --mark-line: #d18616;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 1.5rem; }
footer { padding-top: 1rem; padding-bottom: 3rem; color: var(--soft); border-top: 1px solid var(--line); }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0.5rem 0; }
h2 { font-size: 1.35rem; margin: 2.5rem 0 0.75rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.1rem; margin: 0; }
h4 { font-size: 0.95rem; margin: 0 0 0.5rem; }
p { margin: 0.5rem 0; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; padding: 0.5rem 1rem; background: var(--paper); border: 2px solid var(--link); }
.mark {
  margin: 0 0 1rem; padding: 0.75rem 1rem; font-weight: 600;
  color: var(--mark-ink); background: var(--mark); border: 2px solid var(--mark-line); border-radius: 0.4rem;
}
.lead { font-size: 1.15rem; }
h3.inside { margin: 1.5rem 0 0.5rem; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; margin: 1rem 0 0; padding: 0; }
.soft { color: var(--soft); }
blockquote { margin: 0.75rem 0; padding: 0.25rem 0 0.25rem 1rem; border-left: 4px solid var(--line); color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.3rem 1.25rem; margin: 0.75rem 0; }
dt { color: var(--soft); }
dd { margin: 0; min-width: 0; }
code, pre { font: 0.875em/1.45 ui-monospace, monospace; }
code { overflow-wrap: anywhere; }
pre { margin: 0.4rem 0 0.9rem; padding: 0.6rem 0.8rem; background: var(--paper); border: 1px solid var(--line); border-radius: 0.3rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: 0.75rem 0; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--soft); padding: 0.25rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.75rem 0.4rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.whole { white-space: nowrap; }
.verdict { font-weight: 700; white-space: nowrap; }
.pass { color: var(--pass); } .fail, .error { color: var(--fail); } .inconclusive, .not_run, .unverified { color: var(--open); }
article { margin: 1.25rem 0; padding: 1rem 1.25rem; background: var(--panel); border: 1px solid var(--line); border-radius: 0.5rem; }
.heading { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; justify-content: space-between; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; margin: 0.9rem 0; }
.side { padding: 0.75rem 1rem; background: var(--paper); border: 1px solid var(--line); border-radius: 0.4rem; min-width: 0; }
.side p { margin: 0.35rem 0; }
.track { position: relative; display: block; min-width: 8rem; height: 0.8rem; background: var(--panel); border: 1px solid var(--line); }
.bar { position: absolute; top: 0; bottom: 0; background: currentColor; min-width: 2px; }
summary { cursor: pointer; color: var(--link); }
@media (max-width: 45rem) {
  .sides { grid-template-columns: 1fr; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 0.5rem; }
}
@page marked { margin: 18mm 15mm; @top-center { content: "MARK"; font: 600 9pt system-ui, sans-serif; } }
@media print {
  :root { --panel: #ffffff; }
  body { font-size: 9.5pt; }
  header, main, footer { max-width: none; padding: 0; }
  .marked { page: marked; }
  .skip { display: none; }
  article, .side, tr { break-inside: avoid; }
  article:has(details[open]) { break-inside: auto; }
  h2, h3 { break-after: avoid; }
  a { color: inherit; text-decoration: none; }
  .scroll { overflow: visible; }
}
""".replace("MARK", REHEARSAL)
