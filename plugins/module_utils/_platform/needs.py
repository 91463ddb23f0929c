# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check needs of those who run it: rights and images. Pure.

Declared with the check, so that rights are asked for before anything is made, a role with just these can be generated, and a plan can
be printed without a cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from . import kinds
from .kinds import Kind

_MAKING = ("create", "get", "list", "watch", "delete")
_READING = ("get", "list", "watch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """A verb on a resource.

    Attributes:
        verb: ``create``.
        kind: of object.
        subresource: ``exec``; empty for the object itself.
        inside: whether it is needed in the run's own namespaces only.
    """

    verb: str
    kind: Kind
    subresource: str = ""
    inside: bool = False

    @property
    def resource(self) -> str:
        """The resource as rules of roles name it: ``pods/exec``."""
        return f"{self.kind.plural}{f'/{self.subresource}' if self.subresource else ''}"

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}{f'.{self.kind.group}' if self.kind.group else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What one check does.

    Attributes:
        makes: kinds that it creates and removes: in the run's namespaces where they are namespaced, under names of the run otherwise.
        deposits: kinds that it creates in namespaces of the run and never reads, because what others keep there is secret; they go with
            their namespace.
        tries: kinds that it only sends as dry runs.
        reads: kinds that it gets, lists or watches anywhere.
        rights: what else it does.
        images: names of the options that hold the images of its pods.
    """

    makes: tuple[Kind, ...] = ()
    deposits: tuple[Kind, ...] = ()
    tries: tuple[Kind, ...] = ()
    reads: tuple[Kind, ...] = ()
    rights: tuple[Right, ...] = ()
    images: tuple[str, ...] = ()

    def __add__(self, other: Needs) -> Needs:
        """Both together."""
        return Needs(
            makes=_each_once((*self.makes, *other.makes)),
            deposits=_each_once((*self.deposits, *other.deposits)),
            tries=_each_once((*self.tries, *other.tries)),
            reads=_each_once((*self.reads, *other.reads)),
            rights=tuple(dict.fromkeys((*self.rights, *other.rights))),
            images=tuple(dict.fromkeys((*self.images, *other.images))),
        )

    def all_rights(self) -> tuple[Right, ...]:
        """Everything that is to be allowed, each once, sorted."""
        return tuple(sorted(set(self._rights()), key=lambda right: (right.kind.group, right.resource, right.verb, right.inside)))

    def _rights(self) -> Iterator[Right]:
        for kind in self.makes:
            yield from (Right(verb=verb, kind=kind, inside=kind.namespaced) for verb in _MAKING)
        for kind in (*self.deposits, *self.tries):
            yield Right(verb="create", kind=kind, inside=kind.namespaced)
        for kind in self.reads:
            yield from (Right(verb=verb, kind=kind) for verb in _READING)
        yield from self.rights


def inside(kind: Kind, *verbs: str, subresource: str = "") -> tuple[Right, ...]:
    """Verbs on a kind in the run's own namespaces."""
    return tuple(Right(verb=verb, kind=kind, subresource=subresource, inside=True) for verb in verbs)


def anywhere(kind: Kind, *verbs: str, subresource: str = "") -> tuple[Right, ...]:
    """Verbs on a kind in the whole cluster."""
    return tuple(Right(verb=verb, kind=kind, subresource=subresource) for verb in verbs)


def _each_once(found: Iterable[Kind]) -> tuple[Kind, ...]:
    return tuple(dict.fromkeys(found))


_LOOKED_AT = (kinds.NODE, kinds.DAEMON_SET, kinds.POD, kinds.RESOURCE_SLICE, kinds.RESOURCE_CLAIM)

LOOKING = Needs(reads=(kinds.DEVICE_CLASS,), rights=tuple(right for kind in _LOOKED_AT for right in anywhere(kind, "list")))
"""What every verification looks at: the accelerators, the nodes and who uses them."""

WORKING = LOOKING + Needs(
    makes=(kinds.NAMESPACE,),
    rights=tuple(right for kind in (kinds.SERVICE_ACCOUNT, kinds.EVENT, kinds.RESOURCE_CLAIM) for right in inside(kind, "list", "watch")),
)
"""What every verification does that makes something: its namespaces, and reading why something in them does not go on."""

PROBES = Needs(
    makes=(kinds.POD, kinds.RESOURCE_CLAIM, kinds.RESOURCE_CLAIM_TEMPLATE),
    rights=(
        *inside(kinds.POD, "patch"),
        *inside(kinds.POD, "create", "get", subresource="exec"),
        *inside(kinds.POD, "get", subresource="log"),
        *anywhere(kinds.NODE, "get"),
    ),
    images=("probe_image",),
)
"""What a check with probe pods does: it makes them with or without claims, asks them, and reads what their nodes are."""
