// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package inventory

// Product says what kind of device is simulated. Versions are semantic versions, because DRA publishes them as version
// attributes (resource.k8s.io/v1, DeviceAttribute.version).
type Product struct {
	Name              string // begins with SIMULATED, so that no table of results can hide it
	Brand             string
	Architecture      string
	ComputeCapability string // CUDA compute capability, semantic version
	DriverVersion     string // semantic version
	CUDAVersion       string // highest CUDA version of the driver, semantic version
	MemoryMiB         int64
}

// Simulated is the one product of the lab: the published figures of an H100 with 80 GB, under a name that no NVIDIA
// product has.
var Simulated = Product{
	Name:              "SIMULATED-H100-80GB",
	Brand:             "Nvidia",
	Architecture:      "Hopper",
	ComputeCapability: "9.0.0",
	DriverVersion:     "580.105.8",
	CUDAVersion:       "13.0.0",
	MemoryMiB:         80 * 1024,
}
