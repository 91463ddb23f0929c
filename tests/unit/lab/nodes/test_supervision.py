# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What supervisord is told."""

from __future__ import annotations

import configparser
from pathlib import Path

from lab.nodes.runtime import containerd_configuration, kubelet_program, systemctl
from lab.nodes.supervision import Program, configuration


def sections(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    return parser


def test_a_machine_is_stopped_by_its_power_switch_and_started_again_always() -> None:
    program = Program(name="node-a", command=["/bin/x", "--y=100%"], power_switch=True)
    section = sections(program.section(Path("/log")))["program:node-a"]
    assert (section["stopsignal"], section["autorestart"], section["killasgroup"]) == ("KILL", "true", "true")
    assert section["command"] == '"/bin/x" "--y=100%%"'
    assert "environment" not in section


def test_the_kubelet_waits_to_be_started_while_it_has_nothing_to_run() -> None:
    section = sections(kubelet_program(Path("/bin")).section(Path("/log")))["program:kubelet"]
    assert (section["autorestart"], section["exitcodes"]) == ("unexpected", "0")
    assert "|| exit 0" in section["command"]


def test_programs_are_in_the_configuration_and_further_ones_are_looked_for() -> None:
    text = configuration(directory=Path("/d"), log_dir=Path("/l"), programs=[Program(name="registry", command=["/r"])], include="/p/*.conf")
    found = sections(text)
    assert {"program:registry", "include", "unix_http_server", "supervisord"} <= set(found.sections())
    assert found["unix_http_server"]["chmod"] == "0700"


def test_the_node_s_systemctl_starts_the_kubelet_and_nothing_else() -> None:
    script = systemctl(Path("/n"))
    assert '"start kubelet" | "restart kubelet" | "stop kubelet"' in script
    assert "unix:///n/supervisor.sock" in script


def test_containerd_takes_devices_by_cdi_and_images_from_the_lab_only() -> None:
    text = containerd_configuration(programs=Path("/bin"), cni_dir=Path("/cni"), mirrors=Path("/certs.d"))
    assert "enable_cdi = true" in text
    assert 'config_path = "/certs.d"' in text
    assert "restrict_oom_score_adj = true" in text
