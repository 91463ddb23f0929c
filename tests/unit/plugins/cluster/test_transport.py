# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a command, as the exec protocol reports it."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.clock import Deadline, SystemClock
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.errors import ExecError
from ansible_collections.ailab.conformance.plugins.module_utils._cluster.transport import Transport, _exit_code


def failed(**fields: Any) -> str:
    return json.dumps({"kind": "Status", "status": "Failure", **fields})


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ('{"status": "Success"}', 0),
        (failed(reason="NonZeroExitCode", details={"causes": [{"reason": "ExitCode", "message": "127"}]}), 127),
        (failed(details={"causes": [{"reason": "Other", "message": "5"}, {"reason": "ExitCode", "message": "1"}]}), 1),
    ],
)
def test_a_command_that_ended_has_its_code(status: str, code: int) -> None:
    assert _exit_code(status, where="exec", output="") == code


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("", "no exit status in time; output so far 'some output'"),
        ("[]", "no exit status"),
        (failed(message="container not found"), "container not found"),
        (failed(message="odd", details={"causes": [{"reason": "ExitCode", "message": "-1"}]}), "odd"),
    ],
)
def test_a_command_without_an_end_is_an_error_and_no_code(status: str, words: str) -> None:
    with pytest.raises(ExecError) as caught:
        _exit_code(status, where="exec", output="some output")
    assert words in str(caught.value)


def test_a_server_that_speaks_no_websocket_is_an_error(api: Any) -> None:
    with contextlib.closing(Transport.to(api.address)) as transport, pytest.raises(ExecError, match="Handshake status 404"):
        transport.execute(path="/api/v1/none/exec", query=[("command", "true")], deadline=Deadline(clock=SystemClock(), seconds=1))
