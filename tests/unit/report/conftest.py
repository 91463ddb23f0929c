# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small run directories, made by hand in the engine's own documents."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._engine import codec
from ansible_collections.ailab.conformance.plugins.module_utils._engine.documents import (
    SCHEMA,
    CheckResult,
    ClusterFacts,
    Component,
    ControlResult,
    Controls,
    ImageRef,
    InventorySummary,
    Node,
    ObjectRef,
    Observation,
    Request,
    RequirementResult,
    Run,
    SpecRef,
    SubjectResult,
    Tool,
)
from ansible_collections.ailab.conformance.plugins.module_utils._engine.verdict import ControlKind, Fidelity, Side, Verdict
from ansible_collections.ailab.conformance.plugins.module_utils._spec import loader

OWNERS = {
    identifier: requirement
    for requirement in loader.load("v1.34").requirements
    if requirement.coverage
    for identifier in (*requirement.coverage.mandatory, *requirement.coverage.where_served)
}
"""The requirement that a check belongs to."""

ALL = tuple(identifier for identifier, owner in OWNERS.items() if owner.coverage and identifier in owner.coverage.mandatory)
"""The mandatory checks of all nine requirements."""

ALL_DRA = ("DRA-01", "DRA-02", "DRA-03", "DRA-04", "DRA-05", "DRA-06", "DRA-07", "DRA-09")


@dataclasses.dataclass(kw_only=True)
class RunMaker:
    """A run that a test shapes by its attributes and then writes.

    Attributes:
        fidelity: of every check.
        verdicts: of the checks that do not pass.
        checks: ids that the run holds.
        words: stands in every text that would come from a cluster.
        leaked: objects that the clean-up left behind.
        server: version of the API server.
        version: of the checklist that the run was made for.
    """

    fidelity: Fidelity = Fidelity.SIMULATED
    verdicts: Mapping[str, Verdict] = dataclasses.field(default_factory=dict)
    checks: Sequence[str] = ALL_DRA
    words: str = "gpu-0"
    leaked: tuple[ObjectRef, ...] = ()
    server: str = "v1.34.4"
    version: str = "v1.34"

    def write(self, path: Path) -> Path:
        """Writes the run and its manifest, and returns the directory."""
        results = [self.check(identifier) for identifier in self.checks]
        for result in results:
            folder = path / "checks" / result.id
            folder.mkdir(parents=True)
            lines = b"".join(codec.canonical(codec.dump(observation)) + b"\n" for observation in self.observations(result.id))
            (folder / "observations.jsonl").write_bytes(lines)
            (folder / "result.json").write_bytes(codec.pretty(codec.dump(result)))
        (path / "run.json").write_bytes(codec.pretty(codec.dump(self.run(results))))
        seal(path)
        return path

    def check(self, identifier: str) -> CheckResult:
        verdict = self.verdicts.get(identifier, Verdict.PASS)
        return CheckResult(
            id=identifier,
            requirement=OWNERS[identifier].id,
            title=f"check {identifier}",
            asks="A pod asks for one device of the class gpu.nvidia.com and reads the device's UUID.",
            broken_looks_like="The pod would have seen another device than the one that was allocated.",
            mandatory=True,
            verdict=verdict,
            reason="uuid-equal" if verdict is Verdict.PASS else "uuid-differs",
            sentence=f"the pod saw {self.words}, the device that was allocated",
            fidelity=self.fidelity,
            subject=SubjectResult(
                verdict=verdict, reason="uuid-equal", sentence=f"the pod saw {self.words}", variant={"device_class": "gpu.nvidia.com"}
            ),
            control=ControlResult(
                kind=ControlKind.LIVE,
                verdict=Verdict.FAIL,
                reason="claim-unallocated",
                expected_reason="claim-unallocated",
                flipped=verdict is not Verdict.INCONCLUSIVE,
                sentence=f"no device was allocated; scheduler: {self.words}",
                variant={"device_class": "nothing.ailab.conformance"},
            ),
            started="2026-11-22T05:30:01.250Z",
            seconds=1.75,
            sources=("KEP-4381",),
        )

    def observations(self, identifier: str) -> list[Observation]:
        claim = {"kind": "ResourceClaim", "metadata": {"name": f"{identifier.lower()}-claim"}, "status": {"device": self.words}}
        facts: list[tuple[Side, str, str, Request | None, Any]] = [
            (Side.SUBJECT, "claim", "2026-11-22T05:30:01.250Z", Request(verb="get", path="/apis/resource.k8s.io/v1/x"), claim),
            (Side.SUBJECT, "uuid", "2026-11-22T05:30:02.000Z", Request(verb="exec", path="/exec", body=["nvidia-smi", "-L"]), self.words),
            (Side.CONTROL, "claim", "2026-11-22T05:30:03.000Z", None, {"log": "x" * 5000}),
        ]
        return [
            Observation(n=n, side=side, name=name, at=at, request=request, data=data, digest=f"sha256:{n:064x}")
            for n, (side, name, at, request, data) in enumerate(facts, start=1)
        ]

    def requirement(self, owner: str, results: Sequence[CheckResult]) -> RequirementResult:
        worst = next((result.verdict for result in results if result.verdict is not Verdict.PASS), Verdict.PASS)
        about = OWNERS[results[0].id]
        return RequirementResult(
            id=owner,
            category=about.category,
            level=about.level,
            verdict=worst,
            reason="all-passed" if worst is Verdict.PASS else "check-failed",
            sentence=f"{len(results)} of {len(results)} checks decided on {self.words}",
            fidelity=self.fidelity,
            seconds=12.5,
            checks=tuple(result.id for result in results),
            controls=Controls(total=len(results), flipped=sum(result.control.flipped for result in results)),
            leaked=self.leaked,
        )

    def run(self, results: Sequence[CheckResult]) -> Run:
        specification = loader.load(self.version)
        owners = sorted({result.requirement for result in results})
        return Run(
            schema=SCHEMA,
            run_id="20261122T053000Z-1a2b3c",
            started="2026-11-22T05:30:00.000Z",
            finished="2026-11-22T05:30:30.000Z",
            tool=Tool(name="ailab.conformance", version="0.1.0"),
            spec=SpecRef(kubernetes_version=self.version, file=specification.file, sha256=specification.sha256),
            cluster=ClusterFacts(
                fingerprint=f"sha256:{'ab' * 32}",
                version={"gitVersion": self.server, "platform": "linux/amd64"},
                nodes=(
                    Node(
                        name="gpu-1",
                        kubelet=self.server,
                        os_image=self.words,
                        runtime="containerd://2.2.0",
                        simulated=self.fidelity is not Fidelity.REAL,
                        labels={"nvidia.com/gpu.product": self.words},
                    ),
                ),
                components=(
                    Component(
                        namespace="nvidia-dra-driver-gpu",
                        kind="DaemonSet",
                        name="dra-driver",
                        images=(ImageRef(image="dra-driver:0.1.0", image_id=f"dra-driver@sha256:{'cd' * 32}"),),
                    ),
                ),
            ),
            fidelity=self.fidelity,
            settings={"decide_seconds": 30},
            requirements=tuple(self.requirement(owner, [result for result in results if result.requirement == owner]) for owner in owners),
            inventory=InventorySummary(before={"Pod": 12, "ResourceClaim": 0}, after={"Pod": 12, "ResourceClaim": 0}, leaked=self.leaked),
        )


def seal(path: Path) -> None:
    """Writes the manifest of a run directory as it is now."""
    files = sorted(file for file in path.rglob("*") if file.is_file() and file.name != "manifest.sha256")
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(path).as_posix()}\n" for file in files]
    (path / "manifest.sha256").write_text("".join(lines), encoding="utf-8")


MakeRun = Callable[..., Path]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Writes a run directory with ``RunMaker``'s attributes, each in a folder of its own."""
    made = 0

    def make(**attributes: Any) -> Path:
        nonlocal made
        made += 1
        return RunMaker(**attributes).write(tmp_path / "runs" / f"run-{made}")

    return make


@pytest.fixture
def make_full_run(make_run: MakeRun) -> MakeRun:
    """The same with every mandatory check of all nine requirements."""
    return functools.partial(make_run, checks=ALL)


@pytest.fixture
def reseal() -> Callable[[Path], None]:
    """Makes a damaged run directory pass for a sealed one, so that the next line of defence is seen."""
    return seal


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares a text with the file of that name under ``golden/``; ``AILAB_UPDATE_GOLDEN=1`` writes the file instead."""

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / "golden" / name
        if os.environ.get("AILAB_UPDATE_GOLDEN") == "1":
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare
