# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""INF-10: the implementation passes the conformance suite of Gateway API itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.findings import failure, inconclusive, listed, success
from ansible_collections.ailab.conformance.plugins.module_utils._checks.variants import Situation
from ansible_collections.ailab.conformance.plugins.module_utils._engine.check import RecordedControl
from ansible_collections.ailab.conformance.plugins.module_utils._engine.plan import NOTHING, Takes, alone
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Side
from ansible_collections.ailab.conformance.plugins.module_utils._platform import kinds
from ansible_collections.ailab.conformance.plugins.module_utils._platform.precondition import PreconditionError

from . import upstream_program as program
from . import upstream_report as reports
from .needs import READING
from .objects import GATEWAY_CLASS, GROUP
from .requirement import AI_INFERENCE
from .settings import InferenceSettings
from .site import class_of

if TYPE_CHECKING:
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.observations import Seen
    from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import Finding
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.bench import Bench
    from ansible_collections.ailab.conformance.plugins.module_utils._platform.needs import Needs

JSON = Any

ABSENT, SUITE, REPORT, ASKED = "absent", "suite", "report", "asked"
POD, FILE = "pod", "file"
_TYPICAL_SECONDS = 900.0
_ABSENT_SECONDS = 120.0
_MODE = "default"
_NAMED = 5
_A_CORE_TEST = "HTTPRouteSimpleSameNamespace"


class UpstreamSuite(RecordedControl[Situation]):
    """The core part of the profile GATEWAY-HTTP succeeds, in a run of the suite in this cluster, or in a report that was attached.

    The suite's report is judged with the output of its tests beside it: a number that no test stands behind does not count. Before that
    the same program is told a class that does not exist, and has to fail. The control is the report that was just read with one core test
    failed: no test can be made to fail without breaking the gateway.
    """

    id = "INF-10"
    requirement = AI_INFERENCE.id
    title = "the conformance suite of Gateway API succeeds"
    asks = "Do all core tests of the profile GATEWAY-HTTP pass with the GatewayClass under test, none of them skipped?"
    broken_looks_like = "The ConformanceReport names core tests that failed, or the suite ends without one."
    sources = ("Gateway API: conformance profiles (GEP-1709)", "Gateway API: ConformanceReport v1")
    mandatory = False
    needs = READING
    subject = Situation(cluster="as it is, under the conformance suite of Gateway API")
    control = Situation(cluster="the same, with one core test failed")
    control_reason = "core-tests-failed"

    def needs_with(self, own: object, /) -> Needs:
        """The suite's rights are wide, and only asked for where it is to run."""
        return program.RUNNING if _runs(own) else self.needs

    def takes_with(self, _side: Side, own: object, /) -> Takes:
        """Dozens of gateways and backends leave no measurement beside them undisturbed."""
        return alone(seconds=_TYPICAL_SECONDS) if _runs(own) else NOTHING

    def observe(self, bench: Bench, _variant: Situation, /) -> None:
        """Runs the suite, or reads the report of a run."""
        own = bench.own(InferenceSettings)
        if not own.conformance_suite_image and not own.conformance_report:
            raise PreconditionError(
                name="conformance-suite",
                what="looking for the conformance suite of Gateway API, or a report of it",
                found="neither is named",
                expected="one of the two, which are off by default",
                look="the options conformance_suite_image and conformance_report",
            )
        asked = _asked(bench, own)
        bench.note(ASKED, asked)
        if own.conformance_report:
            bench.note(REPORT, _attached(Path(own.conformance_report)))
            return
        account, image = program.prepare(bench), own.conformance_suite_image
        nowhere = program.absent_class(bench.unique("absent-class"))
        bench.note("report.absent", program.run(bench, ABSENT, account=account, image=image, args=nowhere, seconds=_ABSENT_SECONDS))
        args = program.arguments(
            bench,
            class_name=asked["class"],
            project=asked["project"],
            features=own.conformance_suite_features,
            test=own.conformance_suite_test,
        )
        report = program.run(bench, SUITE, account=account, image=image, args=args, seconds=own.conformance_suite_seconds)
        program.account_for(bench)
        bench.note(REPORT, report)

    def recorded(self, subject: Seen, /) -> Iterable[tuple[str, JSON]]:
        """The same with one core test failed."""
        for fact in subject.facts:
            yield fact.name, reports.with_failure(fact.data, test=_A_CORE_TEST) if fact.name == REPORT else fact.data

    def evaluate(self, seen: Seen) -> Finding:
        """Looks at the report, and at what stands behind it."""
        asked, report = seen.last(ASKED), seen.last(REPORT)
        if not isinstance(asked, dict) or not all(asked.get(name) for name in ("class", "project", "version", "source")):
            return inconclusive("not-asked", "the class under test and the version of Gateway API were not read")
        runs = asked["source"] == POD
        problem = _run_problem(seen) if runs else None
        if problem is not None:
            return problem
        if not reports.is_report(report):
            why = f": {_said(seen)}" if runs else ""
            return inconclusive("no-report", f"there is no {reports.KIND} of {reports.API} that can be read{why}")
        return _of_another(report, asked) or _core_problem(report, asked) or self._behind(seen, report, asked)

    @staticmethod
    def _behind(seen: Seen, report: JSON, asked: Mapping[str, JSON]) -> Finding:
        """Whether tests have run for what the report counts."""
        core = reports.core_of(report)
        count = core.passed if core else 0
        beyond = reports.extended_failures(report)
        remark = f"; beyond the core failed: {listed(beyond)}" if beyond else ""
        words = f"{count} core tests of {reports.PROFILE} passed, none failed or was skipped"
        if asked["source"] == FILE:
            return success("suite-succeeded", f"by the attached report of {report.get('date')}, {words}{remark}")
        ended = seen.last(f"ended.{SUITE}")
        passed, failed = _tests(ended, "PASS"), _tests(ended, "FAIL")
        if len(passed) < count:
            return inconclusive("counted-not-run", f"the report counts {count} core tests that passed, the output {len(passed)} of all")
        if strange := sorted(failed - set(beyond)):
            return inconclusive("failure-not-reported", f"failed by the output and not in the report: {listed(strange)}")
        if ended["exit_code"] != 0 and not beyond:
            return inconclusive("ended-badly", f"no test failed and the exit code is {ended['exit_code']}, expected 0: {_said(seen)}")
        return success("suite-succeeded", f"{words} with GatewayClass {asked['class']} in {ended.get('waited')} s{remark}")


def _runs(own: object) -> bool:
    return isinstance(own, InferenceSettings) and bool(own.conformance_suite_image)


def _asked(bench: Bench, own: InferenceSettings) -> dict[str, JSON]:
    name = class_of(bench)
    found = next(item for item in bench.so_far.last("classes") if item["metadata"]["name"] == name)
    crd = bench.cluster.get(kinds.CUSTOM_RESOURCE.path(name=str(GATEWAY_CLASS)))
    annotations = crd["metadata"].get("annotations") or {}
    return {
        "class": name,
        "project": own.conformance_project or found["spec"]["controllerName"],
        "version": annotations.get(f"{GROUP}/bundle-version", ""),
        "channel": annotations.get(f"{GROUP}/channel", ""),
        "test": own.conformance_suite_test,
        "source": FILE if own.conformance_report else POD,
    }


def _attached(path: Path) -> JSON:
    """The report in a file.

    Raises:
        PreconditionError: it cannot be read.
    """
    try:
        return reports.in_file(path.expanduser().read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise PreconditionError(
            name="conformance-report",
            what=f"reading {path}",
            found=str(problem),
            expected=f"a {reports.KIND} in YAML",
            look="the option conformance_report; the file has to be where the module runs",
        ) from problem


def _run_problem(seen: Seen) -> Finding | None:
    """Why the suite's word is worth nothing."""
    absent, ended = seen.last(f"ended.{ABSENT}"), seen.last(f"ended.{SUITE}")
    for fact, what in ((absent, "for a class that does not exist"), (ended, "for the class under test")):
        if not isinstance(fact, dict) or not isinstance(fact.get("tests"), dict) or not isinstance(fact.get("exit_code"), int):
            limit = f" within {fact.get('limit')} s" if isinstance(fact, dict) else ""
            return inconclusive("suite-not-ended", f"the suite {what} was not seen to end{limit}")
    if absent["exit_code"] == 0 or seen.last("report.absent") is not None or _tests(absent, "PASS"):
        return inconclusive("suite-cannot-fail", "for a class that does not exist the suite ended well, or had tests that passed")
    return None


def _of_another(report: JSON, asked: Mapping[str, JSON]) -> Finding | None:
    """Whether the report is of something else than this cluster's Gateway API."""
    project = reports.implementation(report).get("project")
    for what, found, expected in (
        ("Gateway API", report.get("gatewayAPIVersion"), asked["version"]),
        ("channel", report.get("gatewayAPIChannel"), asked.get("channel")),
        ("mode", report.get("mode"), _MODE),
        ("project", project, asked["project"]),
    ):
        if found != expected:
            return inconclusive("report-of-another", f"the report is of {what} {found}, expected {expected}")
    return None


def _core_problem(report: JSON, asked: Mapping[str, JSON]) -> Finding | None:
    """What is wrong with the core part."""
    core = reports.core_of(report)
    if core is None:
        return inconclusive("profile-missing", f"the report has no core part of one profile {reports.PROFILE}")
    if core.failed or core.failures or core.result == "failure":
        names = listed(core.failures)
        return failure("core-tests-failed", f"{core.failed} core tests failed ({names}), expected none: see the suite's log")
    if core.skipped or core.omitted or core.result == "partial" or asked.get("test"):
        names = listed(core.omitted[:_NAMED])
        return inconclusive("partial", f"{core.passed} core tests passed, {core.skipped} skipped (first {names}): only all decide")
    if core.result != "success" or not core.passed:
        return inconclusive("nothing-passed", f"the core part says {core.result} with {core.passed} tests that passed")
    return None


def _tests(ended: JSON, outcome: str) -> set[str]:
    found = ended["tests"].get(outcome) if isinstance(ended, dict) else None
    return {str(name) for name in found} if isinstance(found, list) else set()


def _said(seen: Seen) -> str:
    said = (seen.last(f"ended.{SUITE}") or {}).get("trouble")
    return " / ".join(str(line) for line in said[-3:]) if isinstance(said, list) and said else "its log is empty"
