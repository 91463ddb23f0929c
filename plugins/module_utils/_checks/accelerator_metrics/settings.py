# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only the checks of accelerator_metrics can be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ansible_collections.ailab.conformance.plugins.module_utils._checks.monitored import MONITORING_OPTIONS, Monitored
from ansible_collections.ailab.conformance.plugins.module_utils._platform.quantity import parse
from ansible_collections.ailab.conformance.plugins.module_utils._platform.settings import unusable

JSON = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """How an exporter calls its metrics and their labels. The defaults are dcgm-exporter's.

    Attributes:
        utilization: percent of time in which an accelerator worked.
        memory_used: MiB in use.
        memory_free: MiB not in use.
        temperature: degrees Celsius.
        power: watts.
        energy: a counter of the energy used, which moves whatever an accelerator does.
        interconnect: traffic or errors of PCIe or NVLink; any one of them does.
        device: label with the accelerator's UUID.
        pod: label with the name of the pod that has it.
        namespace: label with that pod's namespace.
    """

    utilization: str = "DCGM_FI_DEV_GPU_UTIL"
    memory_used: str = "DCGM_FI_DEV_FB_USED"
    memory_free: str = "DCGM_FI_DEV_FB_FREE"
    temperature: str = "DCGM_FI_DEV_GPU_TEMP"
    power: str = "DCGM_FI_DEV_POWER_USAGE"
    energy: str = "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"
    interconnect: tuple[str, ...] = (
        "DCGM_FI_DEV_PCIE_REPLAY_COUNTER",
        "DCGM_FI_PROF_PCIE_TX_BYTES",
        "DCGM_FI_PROF_PCIE_RX_BYTES",
        "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL",
    )
    device: str = "UUID"
    pod: str = "pod"
    namespace: str = "namespace"

    @property
    def core(self) -> tuple[str, ...]:
        """The metrics that a load moves."""
        return self.utilization, self.memory_used, self.memory_free

    @property
    def restless(self) -> tuple[str, ...]:
        """The metrics of which two measurements need not agree."""
        return self.energy, self.power, self.temperature, self.utilization

    def as_fact(self) -> JSON:
        """Plain JSON."""
        return {item.name: list(value) if isinstance(value := getattr(self, item.name), tuple) else value for item in fields(self)}

    @classmethod
    def read(cls, fact: JSON) -> Names:
        """Names as ``as_fact`` wrote them, or as a user did; the defaults for what is missing."""
        values: Mapping[str, JSON] = fact if isinstance(fact, Mapping) else {}
        given: dict[str, Any] = {item.name: values[item.name] for item in fields(cls) if values.get(item.name)}
        plain: dict[str, Any] = {
            name: tuple(map(str, value)) if isinstance(value, list | tuple) else str(value) for name, value in given.items()
        }
        return cls(**plain)


LIMITS_KNOWN = ("idle_percent", "busy_percent", "memory_mib")
"""Settings that evaluators judge by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSettings(Monitored):
    """Options of verify_accelerator_metrics alone.

    Attributes:
        exporter_namespace: where the exporter's pods are.
        exporter_selector: label selector of these pods.
        exporter_port: number or name of their port.
        exporter_path: path of the metrics.
        metric_names: of metrics and labels, as far as they are not dcgm-exporter's; the keys are those of ``Names``.
        load_image: image of the pod that works its accelerator; the probe image when empty.
        load_cpu: processor that it is given and may use, a quantity; empty for next to none of its own and no limit.
        load_script: what it does, for ``sh -c``; it must end by itself.
        idle_percent: an accelerator at most at it is idle.
        busy_percent: one at least at it works.
        memory_mib: by how much the memory in use must grow under load.
        react_seconds: by when load, or its end, must show in the metrics.
        quiet_seconds: for how long nothing must show where nothing works.
        fresh_seconds: by when a series of every accelerator must have moved.
    """

    exporter_namespace: str
    exporter_selector: str
    exporter_port: str
    exporter_path: str
    load_image: str
    load_cpu: str
    load_script: str
    idle_percent: float
    busy_percent: float
    memory_mib: float
    react_seconds: float
    quiet_seconds: float
    fresh_seconds: float
    metric_names: Mapping[str, JSON] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = [item.name for item in fields(Names)]
        strange = sorted(set(self.metric_names) - set(known))
        if strange:
            raise unusable("metric_names", strange[0], expected=f"keys among {', '.join(known)}")
        if not 0 < self.idle_percent < self.busy_percent <= 100:
            raise unusable("idle_percent", self.idle_percent, expected=f"more than 0 and less than busy_percent, {self.busy_percent:g}")
        if self.load_cpu and not (parse(self.load_cpu) or 0) > 0:
            raise unusable("load_cpu", self.load_cpu, expected="a quantity of processor, as 250m")
        for name in ("memory_mib", "react_seconds", "quiet_seconds", "fresh_seconds"):
            if not getattr(self, name) >= 1:
                raise unusable(name, getattr(self, name), expected="at least 1")
        if not self.exporter_path.startswith("/"):
            raise unusable("exporter_path", self.exporter_path, expected="a path that begins with a slash")

    @property
    def names(self) -> Names:
        """How metrics and labels are called."""
        return Names.read(self.metric_names)

    @property
    def limits(self) -> JSON:
        """The numbers that evaluators judge by, as a fact."""
        return {name: getattr(self, name) for name in LIMITS_KNOWN}


LOAD = "timeout 180 sh -c 'while :; do dd if=/dev/zero of=/dev/null bs=64M count=64; done'"
"""Keeps a processor busy with 64 MiB in memory for at most three minutes: load where accelerators are simulated by processors."""

OPTIONS: Mapping[str, Mapping[str, JSON]] = {
    **MONITORING_OPTIONS,
    "exporter_namespace": {"type": "str", "default": "gpu-operator"},
    "exporter_selector": {"type": "str", "default": "app in (nvidia-dcgm-exporter,dcgm-exporter)"},
    "exporter_port": {"type": "str", "default": "9400"},
    "exporter_path": {"type": "str", "default": "/metrics"},
    "metric_names": {"type": "dict", "default": {}},
    "load_image": {"type": "str", "default": ""},
    "load_cpu": {"type": "str", "default": ""},
    "load_script": {"type": "str", "default": LOAD},
    "idle_percent": {"type": "float", "default": 10.0},
    "busy_percent": {"type": "float", "default": 30.0},
    "memory_mib": {"type": "float", "default": 32.0},
    "react_seconds": {"type": "float", "default": 90.0},
    "quiet_seconds": {"type": "float", "default": 45.0},
    "fresh_seconds": {"type": "float", "default": 60.0},
}
