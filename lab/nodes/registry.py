# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's image registry: Debian's docker-registry on the lab's router, as the mirror of every registry that an image name can name."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import yaml

from lab.errors import LabError
from lab.nodes.addresses import AddressPlan
from lab.nodes.command import until
from lab.nodes.links import enter
from lab.nodes.supervision import Program
from lab.settings import Settings


class Registry:
    """Files, process and address of the registry."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.directory = settings.state_dir / "registry"
        self.address = AddressPlan(settings.supernet).registry

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://{self.address}"

    def program(self) -> Program:
        """Write the configuration; return the process to supervise.

        Raises:
            LabError: docker-registry is not installed.
        """
        binary = shutil.which("docker-registry")
        if binary is None:
            raise LabError(
                "the image registry",
                found="no program docker-registry",
                expected="Debian's package docker-registry",
                see="The role lab_host installs it.",
            )
        self.directory.mkdir(parents=True, exist_ok=True)
        configuration = self.directory / "config.yml"
        configuration.write_text(
            yaml.safe_dump(
                {
                    "version": "0.1",
                    "log": {"level": "warn", "accesslog": {"disabled": True}},
                    "storage": {"filesystem": {"rootdirectory": str(self.directory / "data")}, "delete": {"enabled": True}},
                    "http": {"addr": self.address},
                }
            )
        )
        return Program(
            name="registry",
            command=[*enter(self._settings.netns("router")), binary, "serve", str(configuration)],
            environment={"OTEL_TRACES_EXPORTER": "none"},
        )

    def wait(self) -> None:
        """Wait until it serves."""
        until(
            self.answers,
            what=f"the image registry at {self.address}",
            seconds=20,
            see=f"Its log: {self._settings.log_dir / 'registry.log'}",
        )

    def answers(self) -> bool:
        """Whether it serves (distribution specification: GET /v2/)."""
        connection = HTTPConnection(self.address, timeout=2)
        try:
            connection.request("GET", "/v2/")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def write_mirrors(self, images: Iterable[str]) -> None:
        """Point containerd to the lab's registry for the registries of these images, and for every other one.

        Images are stored under their whole upstream name, so that equal paths of two registries do not meet. No mirror falls back to the
        registry that it stands for.
        """
        mirrors = self.directory / "certs.d"
        for host in sorted({image.split("/")[0] for image in images}):
            _write_hosts(mirrors / host, f"{self.url}/v2/{host}")
        _write_hosts(mirrors / "_default", f"{self.url}/v2/unknown")


def _write_hosts(folder: Path, url: str) -> None:
    text = f'server = "{url}"\n\n[host."{url}"]\n  capabilities = ["pull", "resolve"]\n  override_path = true\n'
    file = folder / "hosts.toml"
    if file.exists() and file.read_text() == text:
        return
    folder.mkdir(parents=True, exist_ok=True)
    # A node that pulls an image reads it at any time.
    draft = file.with_suffix(".new")
    draft.write_text(text)
    draft.replace(file)
