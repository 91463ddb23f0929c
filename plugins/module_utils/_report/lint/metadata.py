# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about the metadata: A3–A6, C1, I6, I7, T2, T3, T7, T9."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from .context import Context
from .document import Value
from .finding import Finding, shown

REQUIRED = (
    "kubernetesVersion",
    "platformName",
    "platformVersion",
    "vendorName",
    "websiteUrl",
    "documentationUrl",
    "productLogoUrl",
    "description",
    "contactEmailAddress",
    "k8sConformanceUrl",
)
"""Required by every release of the validator, in every version of the checklist. ``repoUrl`` alone is optional."""

K8S_CONFORMANCE = re.compile(r"https://github\.com/cncf/k8s-conformance/tree/(master|main)/v\d+\.\d+/[^/]+/?")
LOGO_SUFFIXES = (".svg", ".eps", ".ai")
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_MINOR = re.compile(r"v\d+\.\d+")
_PATCH = re.compile(r"v?\d+\.\d+\.\d+.*")
# Reserved by RFC 2606 and RFC 6761, so never a product's own.
_RESERVED_HOSTS = re.compile(r"(.*\.)?(example\.(com|net|org)|[^.]+\.(example|invalid|test|localhost)|localhost)")
# The joke product of the CNCF's own sample submission; entries with its logo were merged.
_SAMPLE_PRODUCT = "turbo-encabulator"
_TRAP_OF_A_MISSING_KEY = {"k8sConformanceUrl": "T2", "productLogoUrl": "T3"}


def is_placeholder(value: str) -> bool:
    """Whether a value is a template's, e.g. ``[Vendor Name]``."""
    return value.startswith("[") and value.endswith("]")


def is_reserved_address(value: str) -> bool:
    """Whether an address can belong to nobody, or is the sample product's."""
    try:
        host = urlsplit(value).hostname or ""
    except ValueError:
        return False
    return _SAMPLE_PRODUCT in value or _RESERVED_HOSTS.fullmatch(host) is not None


def check(context: Context) -> Iterator[Finding]:
    """All findings about the metadata."""
    for key in REQUIRED:
        yield from _required(context, key)
    for key, value in context.document.metadata.items():
        yield from _address(context, key, value)
    yield from _kubernetes_version(context)
    yield from _vendor(context)
    yield from _form(
        context, "k8sConformanceUrl", "A4", K8S_CONFORMANCE, "https://github.com/cncf/k8s-conformance/tree/master/v1.NN/<product>"
    )
    yield from _form(context, "contactEmailAddress", "I6", EMAIL, "name@host.domain")
    logo = _text(context, "productLogoUrl")
    if logo and not str(logo.value).lower().endswith(LOGO_SUFFIXES):
        expected = f"an address that ends in {', '.join(LOGO_SUFFIXES)}"
        yield context.finding("C1", where="metadata.productLogoUrl", line=logo.line, found=shown(logo.value), expected=expected)


def _required(context: Context, key: str) -> Iterator[Finding]:
    where, value = f"metadata.{key}", context.document.meta(key)
    if value is None:
        rule = _TRAP_OF_A_MISSING_KEY.get(key, "A3")
        yield context.finding(rule, where=where, found="nothing", expected="a text: every release of the validator requires it")
    elif not isinstance(value.value, str):
        found = f"{value.value!r} ({type(value.value).__name__})"
        yield context.finding("A3", where=where, line=value.line, found=found, expected="a text: put it in quotes")
    elif not value.value.strip():
        yield context.finding("A3", where=where, line=value.line, found="an empty text", expected="a filled one")
    elif is_placeholder(value.value):
        yield context.finding(
            "A3", where=where, line=value.line, found=f"the placeholder {value.value!r}", expected="the product's own value"
        )


def _address(context: Context, key: str, value: Value) -> Iterator[Finding]:
    text = value.value
    if not isinstance(text, str) or not text.startswith("http"):
        return
    where = f"metadata.{key}"
    if is_reserved_address(text):
        yield context.finding("T9", where=where, line=value.line, found=shown(text), expected="the product's own address")
    elif context.reach and (problem := context.reach(text)):
        yield context.finding("A5", where=where, line=value.line, found=f"{shown(text)}: {problem}", expected="an answer below 400")


def _kubernetes_version(context: Context) -> Iterator[Finding]:
    value = _text(context, "kubernetesVersion")
    if value is None:
        return
    where, found, version = "metadata.kubernetesVersion", shown(value.value), context.specification.version
    if context.directory_version not in {None, version}:
        yield context.finding("I7", where="the path", found=f"the directory {context.directory_version}", expected=version)
    if _PATCH.fullmatch(str(value.value)):
        yield context.finding("T7", where=where, line=value.line, found=found, expected=version)
    elif not _MINOR.fullmatch(str(value.value)) or value.value != version:
        source = "as the directory says" if context.directory_version else "as the checklist says"
        yield context.finding("I7", where=where, line=value.line, found=found, expected=f"{version}, {source}")


def _vendor(context: Context) -> Iterator[Finding]:
    value = _text(context, "vendorName")
    if value is None or context.members is None or value.value in context.members:
        return
    near = next((member for member in sorted(context.members) if member.casefold() == str(value.value).casefold()), None)
    expected = f"{near!r}" if near else "a member's name, letter for letter"
    yield context.finding("A6", where="metadata.vendorName", line=value.line, found=shown(value.value), expected=expected)


def _form(context: Context, key: str, rule: str, pattern: re.Pattern[str], expected: str) -> Iterator[Finding]:
    value = _text(context, key)
    if value and not pattern.fullmatch(str(value.value)):
        yield context.finding(rule, where=f"metadata.{key}", line=value.line, found=shown(value.value), expected=expected)


def _text(context: Context, key: str) -> Value | None:
    """A metadata value that is worth a look at its form: a filled text, no placeholder."""
    value = context.document.meta(key)
    usable = value is not None and isinstance(value.value, str) and value.value.strip() and not is_placeholder(value.value)
    return value if usable else None
