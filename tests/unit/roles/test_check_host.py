# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine check reads a tree of files; here it is a tree of our own."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from types import ModuleType

import pytest

from tests.loading import loaded


@pytest.fixture(scope="module")
def check_host(root: Path) -> ModuleType:
    return loaded(root / "roles/lab_host/files/check_host.py")


@pytest.fixture
def machine_root(tmp_path: Path) -> Path:
    """A machine that lacks nothing: cgroup v2, 8 GiB available, a kernel with everything."""
    for name in ("cgroup", "ipc", "mnt", "net", "pid", "uts"):
        file(tmp_path, f"proc/self/ns/{name}")
    file(tmp_path, "sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n")
    file(tmp_path, "proc/meminfo", "MemTotal: 16000000 kB\nMemAvailable:    8388608 kB\n")
    file(tmp_path, "proc/self/status", "Name:\tpython3\nCapEff:\t000001ffffffffff\n")
    options = "".join(f"CONFIG_{name}=m\n" for name in ("BRIDGE", "NF_NAT", "NF_TABLES", "OVERLAY_FS", "VETH"))
    (tmp_path / "proc/config.gz").write_bytes(gzip.compress(options.encode()))
    return tmp_path


def file(root: Path, path: str, text: str = "") -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def found(
    module: ModuleType, root: Path, *, uid: int = 0, path: str = "", memory: int = 6, disk: dict[Path, int] | None = None
) -> list[str]:
    machine = module.Machine(root=root, release="6.1.0-test", uid=uid, search_path=path)
    return list(module.missing(machine, module.Need(memory=memory * module.GIB, disk=disk or {})))


def test_a_fit_machine_lacks_nothing(check_host: ModuleType, machine_root: Path) -> None:
    assert found(check_host, machine_root) == []


def test_no_linux_is_one_line_and_no_more(check_host: ModuleType, tmp_path: Path) -> None:
    (line,) = found(check_host, tmp_path)
    assert "expected a Linux machine" in line


def test_a_missing_namespace_is_named(check_host: ModuleType, machine_root: Path) -> None:
    (machine_root / "proc/self/ns/net").unlink()
    (line,) = found(check_host, machine_root)
    assert "no net namespaces in 6.1.0-test" in line


def test_a_kernel_built_without_a_feature_is_told(check_host: ModuleType, machine_root: Path) -> None:
    (machine_root / "proc/config.gz").unlink()
    present = "".join(f"CONFIG_{name}=y\n" for name in ("VETH", "BRIDGE", "NF_TABLES", "OVERLAY_FS"))
    file(machine_root, "boot/config-6.1.0-test", f"{present}# CONFIG_NF_NAT is not set\n")
    (line,) = found(check_host, machine_root)
    assert "without address translation, expected CONFIG_NF_NAT=y or =m" in line


def test_a_kernel_that_does_not_tell_gets_the_benefit_of_the_doubt(check_host: ModuleType, machine_root: Path) -> None:
    (machine_root / "proc/config.gz").unlink()
    assert found(check_host, machine_root) == []


@pytest.mark.parametrize(
    ("directories", "mode"),
    [(["memory", "cpu", "cpuset", "pids"], "v1"), (["memory", "cpu", "cpuset", "pids", "unified"], "hybrid")],
)
def test_older_control_groups_are_fine(check_host: ModuleType, machine_root: Path, directories: list[str], mode: str) -> None:
    (machine_root / "sys/fs/cgroup/cgroup.controllers").unlink()
    for name in directories:
        (machine_root / "sys/fs/cgroup" / name).mkdir()
    assert check_host.Machine(root=machine_root).cgroup_mode() == mode
    assert found(check_host, machine_root) == []


def test_no_control_groups_are_told(check_host: ModuleType, machine_root: Path) -> None:
    (machine_root / "sys/fs/cgroup/cgroup.controllers").unlink()
    (line,) = found(check_host, machine_root)
    assert "nothing is mounted on /sys/fs/cgroup" in line


def test_a_controller_that_is_switched_off_is_named(check_host: ModuleType, machine_root: Path) -> None:
    file(machine_root, "sys/fs/cgroup/cgroup.controllers", "cpu pids\n")
    (line,) = found(check_host, machine_root)
    assert "v2 without cpuset, memory" in line


def test_a_user_needs_a_way_to_become_root(check_host: ModuleType, machine_root: Path) -> None:
    (line,) = found(check_host, machine_root, uid=1000)
    assert "user 1000 has no sudo" in line
    sudo = machine_root / "bin/sudo"
    file(machine_root, "bin/sudo")
    sudo.chmod(0o755)
    assert found(check_host, machine_root, uid=1000, path=str(sudo.parent)) == []


def test_a_root_without_capabilities_is_told(check_host: ModuleType, machine_root: Path) -> None:
    file(machine_root, "proc/self/status", "CapEff:\t00000000a80425fb\n")
    lines = found(check_host, machine_root)
    assert [line.split()[5].rstrip(",") for line in lines] == ["CAP_NET_ADMIN", "CAP_SYS_ADMIN"]


def test_too_little_memory_is_told_in_figures(check_host: ModuleType, machine_root: Path) -> None:
    (line,) = found(check_host, machine_root, memory=12)
    assert line.startswith("memory: 8.0 GiB available, expected 12 GiB")


def test_room_is_summed_up_per_file_system(check_host: ModuleType, machine_root: Path) -> None:
    huge = 10**18
    (line,) = found(check_host, machine_root, disk={machine_root / "cache/deep": huge, machine_root / "state": huge})
    assert f"{machine_root}/cache/deep and {machine_root}/state, expected {2 * huge / 10**9:.0f} GB" in line


def test_the_answer_for_ansible_is_one_json_object(check_host: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    status = check_host.main(["--json", "--memory", "1000000"])
    answer = json.loads(capsys.readouterr().out)
    assert status == 1
    assert any(line.startswith("memory: ") for line in answer["missing"])


def test_a_wrong_room_is_a_wrong_command_line(check_host: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        check_host.main(["--disk", "25"])
    assert "expected DIRECTORY=GIGABYTES" in capsys.readouterr().err
