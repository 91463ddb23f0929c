// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package dradriver

import (
	"fmt"

	"ailab.conformance/simgpu/internal/inventory"
)

// FaultVariable is the environment variable that makes the driver misbehave, for tests that must catch it.
const FaultVariable = "SIMGPU_FAULT"

// Fault is a way to misbehave.
type Fault string

const (
	// NoFault is the driver as it should be; an empty value says the same.
	NoFault Fault = "none"
	// PrepareOtherDevice gives containers the next device of the node in place of the allocated one, and reports the
	// allocated one to the kubelet. As each device stands in for its neighbour, no two claims get the same.
	PrepareOtherDevice Fault = "prepare-other-device"
)

// ParseFault reads the value of FaultVariable.
func ParseFault(text string) (Fault, error) {
	switch fault := Fault(text); fault {
	case NoFault, "":
		return NoFault, nil
	case PrepareOtherDevice:
		return fault, nil
	}
	return NoFault, fmt.Errorf("%s=%q: expected %q or %q", FaultVariable, text, NoFault, PrepareOtherDevice)
}

// possible returns an error when a node with count devices cannot show the fault.
func (f Fault) possible(count int) error {
	if f == PrepareOtherDevice && count < 2 {
		return fmt.Errorf("%s=%s: the node has %d device, expected at least 2 to mix up", FaultVariable, f, count)
	}
	return nil
}

// standIn returns the device that containers get when the allocated one has the given index.
func (f Fault) standIn(devices []inventory.Device, index int) inventory.Device {
	if f == PrepareOtherDevice {
		index = (index + 1) % len(devices)
	}
	return devices[index]
}
