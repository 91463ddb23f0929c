# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gangs: indexed Jobs whose members need each other, and the script with which they prove that they were together. Pure.

Source: Kubernetes documentation, "Indexed Job"; official test plan KAR-0053.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from . import kinds
from .manifests import Manifest
from .pod_template import FOLDER, PORT, PodTemplate

JSON = Any


GANG_LABEL = "ai-conformance/gang"
"""On the members of a gang; its value is the Job's name."""

HOLD = "ailab.conformance/hold"
"""Scheduling gate with which a scenario decides in which order members come before the scheduler."""

_INDEX = "batch.kubernetes.io/job-completion-index"

BARRIER = f"""
say() {{ echo "$*" | tee /dev/termination-log; }}
ask() {{
  printf 'GET /cgi-bin/%s?%s HTTP/1.0\\r\\n\\r\\n' "$1" "$JOB_COMPLETION_INDEX" | timeout 3 nc "$LEADER" {PORT} 2>/dev/null | tail -n 1
}}
until_all() {{
  while n=$(ask "$1"); [ "${{n:-0}}" -lt "$2" ]; do
    [ "$(date +%s)" -lt "$end" ] || return 1
    sleep 0.3
  done
}}
end=$(( $(date +%s) + BARRIER_SECONDS ))
if [ "$JOB_COMPLETION_INDEX" = 0 ]; then
  LEADER=127.0.0.1
  for word in join leave; do
    mkdir -p {FOLDER}/cgi-bin {FOLDER}/$word
    printf '#!/bin/sh\\necho\\n: > {FOLDER}/%s/$QUERY_STRING\\nls {FOLDER}/%s | wc -l\\n' $word $word > {FOLDER}/cgi-bin/$word
    chmod +x {FOLDER}/cgi-bin/$word
  done
  httpd -p {PORT} -h {FOLDER}
fi
until_all join "$SIZE" || {{ say "barrier ${{n:-0}} of $SIZE"; exit 1; }}
seen=$(nvidia-smi -L 2>/dev/null)
sleep 2
if [ "$JOB_COMPLETION_INDEX" = 0 ]; then until_all leave "$SIZE"; else ask leave > {FOLDER}/left; fi
say "barrier $SIZE of $SIZE $seen"
"""
"""What a member does: it joins at the leader, member 0, until all have joined, and says so as its last words, with the devices it sees.

The leader serves two CGI programs of two lines with busybox's httpd: each notes who asked and answers how many have. Members stay for
two seconds after the barrier, because a kubelet does not report what ran for less. The leader leaves last.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gang:
    """So many members that belong together.

    Attributes:
        name: of the Job.
        members: how many there are.
        template: what each is; its labels and variables are added to.
        labels: of the Job and its members.
        annotations: of the members.
        scheduler: that places the members; empty for the default one.
    """

    name: str
    members: int
    template: PodTemplate
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    scheduler: str = ""

    @property
    def selector(self) -> str:
        """The label selector of the members."""
        return f"{GANG_LABEL}={self.name}"

    def job(self, run_labels: Mapping[str, str]) -> Manifest:
        """The Job. A member that fails ends it.

        Args:
            run_labels: on the members, too.
        """
        template = replace(
            self.template,
            labels={**self.template.labels, **self.labels, GANG_LABEL: self.name},
            annotations={**self.template.annotations, **self.annotations},
            scheduler=self.scheduler,
        )
        spec = {
            "completionMode": "Indexed",
            "completions": self.members,
            "parallelism": self.members,
            "backoffLimit": 0,
            "template": template.as_json(labels=run_labels),
        }
        return Manifest(kind=kinds.JOB, fields={"spec": spec}, labels=self.labels)


def meeting_point(gang: str) -> Manifest:
    """A Service that leads to member 0 of a gang as soon as it has an address.

    Args:
        gang: name of the Job.
    """
    spec = {
        "selector": {GANG_LABEL: gang, _INDEX: "0"},
        "publishNotReadyAddresses": True,
        "ports": [{"name": "http", "port": PORT, "targetPort": PORT}],
    }
    return Manifest(kind=kinds.SERVICE, fields={"spec": spec}, labels={})


def at_barrier(template: PodTemplate, *, leader: str, size: int, seconds: float) -> PodTemplate:
    """A template whose pods meet.

    Args:
        template: all else that they are.
        leader: address of the meeting point.
        size: how many must have come.
        seconds: how long each waits for the others.
    """
    env = {"LEADER": leader, "SIZE": str(size), "BARRIER_SECONDS": str(max(1, round(seconds)))}
    return replace(template, script=BARRIER, env={**template.env, **env})


def words_of_barrier(said: str) -> tuple[int, int] | None:
    """How many had come of how many, by a member's last words; None for other words."""
    words = said.split()
    if len(words) < 4 or words[0] != "barrier" or words[2] != "of" or not (words[1].isdigit() and words[3].isdigit()):
        return None
    return int(words[1]), int(words[3])
