// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package dcgm writes figures of devices in the text format of dcgm-exporter: its metric names, types, help texts and labels
// (NVIDIA/dcgm-exporter, etc/default-counters.csv and internal/pkg/transformation), so that queries, rules and dashboards which were written
// for it work unchanged. There is no label pci_bus_id, because there is no PCI device.
package dcgm

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"ailab.conformance/simgpu/internal/holders"
	"ailab.conformance/simgpu/internal/inventory"
	"ailab.conformance/simgpu/internal/mark"
)

// ContentType is the media type of the text format (Prometheus exposition formats, version 0.0.4).
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// Figures are the figures of one device.
type Figures struct {
	Device      inventory.Device
	Holders     []holders.Holder
	Utilisation float64 // in percent
	UsedMiB     int64   // of the device's memory
	EnergyMJ    float64 // since the exporter began, in millijoules
}

type family struct {
	name, help, kind string
	value            func(Figures) float64
}

// families are the metrics in the order in which they are written. What depends on load is a function of the utilisation; what counts
// errors or links is zero, because a simulated device has neither.
var families = []family{
	{"DCGM_FI_DEV_SM_CLOCK", "SM clock frequency (in MHz).", "gauge", func(f Figures) float64 { return between(345, 1980, f.Utilisation) }},
	{"DCGM_FI_DEV_GPU_TEMP", "GPU temperature (in C).", "gauge", func(f Figures) float64 { return between(30, 70, f.Utilisation) }},
	{"DCGM_FI_DEV_POWER_USAGE", "Power draw (in W).", "gauge", func(f Figures) float64 { return Power(f.Utilisation) }},
	{"DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "Total energy consumption since boot (in mJ).", "counter", func(f Figures) float64 { return float64(int64(f.EnergyMJ)) }},
	{"DCGM_FI_DEV_PCIE_REPLAY_COUNTER", "Total number of PCIe retries.", "counter", none},
	{"DCGM_FI_DEV_GPU_UTIL", "GPU utilization (in %).", "gauge", func(f Figures) float64 { return between(0, 100, f.Utilisation) }},
	{"DCGM_FI_DEV_MEM_COPY_UTIL", "Memory utilization (in %).", "gauge", func(f Figures) float64 { return between(0, 60, f.Utilisation) }},
	{"DCGM_FI_DEV_XID_ERRORS", "Value of the last XID error encountered.", "gauge", none},
	{"DCGM_FI_DEV_FB_FREE", "Framebuffer memory free (in MiB).", "gauge", func(f Figures) float64 { return float64(inventory.Simulated.MemoryMiB - f.UsedMiB) }},
	{"DCGM_FI_DEV_FB_USED", "Framebuffer memory used (in MiB).", "gauge", func(f Figures) float64 { return float64(f.UsedMiB) }},
	{"DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL", "Total number of NVLink bandwidth counters for all lanes.", "counter", none},
	{"DCGM_FI_PROF_GR_ENGINE_ACTIVE", "Ratio of time the graphics engine is active.", "gauge", func(f Figures) float64 { return f.Utilisation / 100 }},
}

func none(Figures) float64 { return 0 }

// Power is what a device draws at a utilisation in percent, in watts: the published figures of an H100.
func Power(utilisation float64) float64 { return between(70, 700, utilisation) }

// between is the whole number so many percent of the way from idle to busy.
func between(idle, busy, percent float64) float64 {
	return float64(int64(idle + (busy-idle)*percent/100 + 0.5))
}

// Write writes the figures of a node's devices. A device with several holders has a series for each, all with the device's value.
func Write(out io.Writer, node string, devices []Figures) error {
	var text strings.Builder
	fmt.Fprintf(&text, "# %s: no hardware. Utilisation is the CPU use of the containers that hold a device, memory their resident set.\n", mark.Word)
	for _, metric := range families {
		fmt.Fprintf(&text, "# HELP %s %s\n# TYPE %s %s\n", metric.name, metric.help, metric.name, metric.kind)
		for _, device := range devices {
			value := strconv.FormatFloat(metric.value(device), 'f', -1, 64)
			for _, labels := range series(node, device) {
				fmt.Fprintf(&text, "%s{%s} %s\n", metric.name, labels, value)
			}
		}
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func series(node string, figures Figures) []string {
	device := figures.Device
	labels := []string{
		"gpu", strconv.Itoa(device.Index),
		"UUID", device.UUID,
		"device", fmt.Sprintf("nvidia%d", device.Minor()),
		"modelName", inventory.Simulated.Name,
		"Hostname", node,
		"DCGM_FI_DRIVER_VERSION", inventory.Simulated.DriverVersion,
	}
	if len(figures.Holders) == 0 {
		return []string{joined(labels)}
	}
	all := make([]string, 0, len(figures.Holders))
	for _, holder := range figures.Holders {
		own := append(labels[:len(labels):len(labels)], "container", holder.Container, "namespace", holder.Namespace, "pod", holder.Pod)
		if claim := holder.Claim; claim != nil {
			own = append(own, "dra_claim_name", claim.Name, "dra_claim_namespace", claim.Namespace, "dra_driver_name", claim.Driver,
				"dra_pool_name", claim.Pool, "dra_device_name", claim.Device)
		}
		all = append(all, joined(own))
	}
	return all
}

var escaped = strings.NewReplacer("\\", "\\\\", "\"", "\\\"", "\n", "\\n")

func joined(labels []string) string {
	pairs := make([]string, 0, len(labels)/2)
	for i := 0; i < len(labels); i += 2 {
		pairs = append(pairs, fmt.Sprintf("%s=\"%s\"", labels[i], escaped.Replace(labels[i+1])))
	}
	return strings.Join(pairs, ",")
}
