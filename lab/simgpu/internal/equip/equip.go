// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package equip gives a node what its simulated devices need, whichever allocator serves them.
package equip

import (
	"fmt"
	"os"
	"path/filepath"

	"ailab.conformance/simgpu/internal/atomicfile"
	"ailab.conformance/simgpu/internal/devnode"
	"ailab.conformance/simgpu/internal/identity"
	"ailab.conformance/simgpu/internal/inventory"
	"ailab.conformance/simgpu/internal/layout"
)

// Check returns an error when simulated devices would not be simulated on this machine. procDevices is the path of the
// kernel's list of drivers, /proc/devices.
func Check(procDevices string) error {
	drivers, err := os.Open(procDevices)
	if err != nil {
		return fmt.Errorf("list of kernel drivers: %w", err)
	}
	defer drivers.Close()
	return devnode.Unanswered(drivers)
}

// Directories makes the directories of the layout that belong to this program.
func Directories(at layout.Layout) error {
	for _, dir := range []string{at.DeviceDir(), at.IdentityDir(), filepath.Dir(at.SMI())} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("equip node: %w", err)
		}
	}
	return nil
}

// Devices makes the device nodes, the identity files and the nvidia-smi binary, which is a copy of executable. The
// directories must exist.
func Devices(at layout.Layout, devices []inventory.Device, executable string) error {
	for _, device := range devices {
		if err := devnode.Ensure(devnode.Path(at.DeviceDir(), device.Minor()), device.Minor()); err != nil {
			return fmt.Errorf("equip node: %w", err)
		}
		if err := identity.Write(at.IdentityDir(), identity.Of(device, inventory.Simulated)); err != nil {
			return fmt.Errorf("equip node: %w", err)
		}
	}
	if err := atomicfile.Copy(at.SMI(), executable, 0o755); err != nil {
		return fmt.Errorf("equip node with nvidia-smi: %w", err)
	}
	return nil
}
