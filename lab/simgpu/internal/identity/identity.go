// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package identity tells nvidia-smi in a container who its devices are.
//
// A device node says its minor number and nothing else. The node's program therefore writes one file per device, and
// CDI mounts the files of a container's own devices into it, read-only. The files give names to devices that the
// container may open; they never decide whether it may.
package identity

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"ailab.conformance/simgpu/internal/atomicfile"
	"ailab.conformance/simgpu/internal/inventory"
)

// Identity is what the file of one device says.
type Identity struct {
	Simulated         bool   `json:"simulated"`
	Minor             uint32 `json:"minor"`
	UUID              string `json:"uuid"`
	Product           string `json:"product"`
	MemoryMiB         int64  `json:"memoryMiB"`
	ComputeCapability string `json:"computeCapability"`
	DriverVersion     string `json:"driverVersion"`
	CUDAVersion       string `json:"cudaVersion"`
}

// Of returns the identity of a device of the given product.
func Of(device inventory.Device, product inventory.Product) Identity {
	return Identity{
		Simulated:         true,
		Minor:             device.Minor(),
		UUID:              device.UUID,
		Product:           product.Name,
		MemoryMiB:         product.MemoryMiB,
		ComputeCapability: product.ComputeCapability,
		DriverVersion:     product.DriverVersion,
		CUDAVersion:       product.CUDAVersion,
	}
}

// Path is the identity file of a minor number in a directory, on a node and in a container alike.
func Path(dir string, minor uint32) string {
	return filepath.Join(dir, fmt.Sprintf("nvidia%d.json", minor))
}

// Write writes the identity file into dir, which must exist.
func Write(dir string, identity Identity) error {
	data, err := json.MarshalIndent(identity, "", "  ")
	if err != nil {
		return fmt.Errorf("identity of minor %d: %w", identity.Minor, err)
	}
	return atomicfile.Write(Path(dir, identity.Minor), append(data, '\n'), 0o444)
}

// Read reads the identity file of a minor number. A file that speaks of another minor is an error.
func Read(dir string, minor uint32) (Identity, error) {
	path := Path(dir, minor)
	data, err := os.ReadFile(path)
	if err != nil {
		return Identity{}, err
	}
	var identity Identity
	if err := json.Unmarshal(data, &identity); err != nil {
		return Identity{}, fmt.Errorf("%s: %w", path, err)
	}
	if identity.Minor != minor || !identity.Simulated {
		return Identity{}, fmt.Errorf("%s: found minor %d, simulated %t: expected minor %d, simulated true",
			path, identity.Minor, identity.Simulated, minor)
	}
	return identity, nil
}
