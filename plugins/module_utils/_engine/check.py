# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check is: a question, asked of a subject and of a control by the same two functions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import LOOKING, Needs

from .plan import NOTHING, Takes
from .verdict import ControlKind, Finding, Side

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench

    from .observations import Seen

JSON = Any
V = TypeVar("V")


class Check(ABC, Generic[V]):
    """One assertion about a platform.

    ``observe`` talks to the cluster and records; ``evaluate`` is pure and sees nothing but the record. The control is a variant that
    ``evaluate`` must judge a failure for the reason that it was made for: a check without one cannot be written.

    Attributes:
        id: name in the check list, ``DRA-05``.
        requirement: id in the specification.
        title: the check in a few words.
        asks: what is asked, one sentence.
        broken_looks_like: what is seen on a broken platform, one sentence.
        sources: KEPs, API pages, sections of the specification.
        mandatory: whether the requirement needs it.
        disruptive: whether it disturbs what was there before it, so that it runs only where that is allowed.
        needs: rights and images, declared so that they are known before anything is made.
        reads_only: whether it makes nothing, so that it can run in check mode.
        subject: the variant that a conformant platform must serve.
        control: the variant that nobody can serve.
        control_reason: reason code with which the control must fail.
        subject_takes: accelerators that the subject keeps busy.
        control_takes: accelerators that the control keeps busy, or must find free to prove anything.
    """

    id: ClassVar[str]
    requirement: ClassVar[str]
    title: ClassVar[str]
    asks: ClassVar[str]
    broken_looks_like: ClassVar[str]
    sources: ClassVar[tuple[str, ...]]
    mandatory: ClassVar[bool] = True
    disruptive: ClassVar[bool] = False
    needs: ClassVar[Needs] = LOOKING
    reads_only: ClassVar[bool] = False
    control_kind: ClassVar[ControlKind] = ControlKind.LIVE
    subject: V
    control: V
    control_reason: ClassVar[str]
    subject_takes: ClassVar[Takes] = NOTHING
    control_takes: ClassVar[Takes] = NOTHING

    @abstractmethod
    def observe(self, bench: Bench, variant: V, /) -> None:
        """Tries the variant on the cluster and records what happens.

        Args:
            bench: the way to the cluster. It records; what it makes is removed afterwards.
            variant: the subject's or the control's.

        Raises:
            PreconditionError: something is missing without which the question makes no sense.
            ConformanceError: the cluster cannot be asked.
        """

    @abstractmethod
    def evaluate(self, seen: Seen) -> Finding:
        """Judges what was recorded. Pure: the same record gives the same finding, on any machine, at any time."""

    def variant(self, side: Side) -> V:
        """The variant of a side."""
        return self.subject if side is Side.SUBJECT else self.control

    def needs_with(self, _own: object, /) -> Needs:
        """What it needs under the requirement's own settings: more than ``needs`` where one of them switches something on."""
        return self.needs

    def takes(self, side: Side) -> Takes:
        """The accelerators of a side."""
        return self.subject_takes if side is Side.SUBJECT else self.control_takes

    def takes_with(self, side: Side, _own: object, /) -> Takes:
        """What a side takes under the requirement's own settings, in the same way."""
        return self.takes(side)


class RecordedControl(Check[V]):
    """A check for which no cluster can be made to fail: its control is a record that comes with the collection.

    The report says so, because it proves less: that the evaluator can tell, not that this cluster can fail.
    """

    control_kind = ControlKind.RECORDED

    @abstractmethod
    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The control's observations. Pure.

        Args:
            subject: what was seen of the subject, to take the control from where that is possible.
        """
