// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package inventory says which simulated devices a node has.
//
// It is a pure function of the node's name and labels: the DRA driver, the device plugin and a restarted instance of
// either come to the same devices with the same UUIDs, without a file to keep.
package inventory

import (
	"fmt"
	"strconv"

	"github.com/google/uuid"
	resourceapi "k8s.io/api/resource/v1"
)

const (
	// CountLabel is the node label with the number of simulated devices.
	CountLabel = "ailab.conformance/simulated-gpus"
	// MaxDevices is the largest number of devices of a node: all of them go into one ResourceSlice.
	MaxDevices = resourceapi.ResourceSliceMaxDevices
)

// namespace makes the UUIDs of this program differ from those of any other name-based scheme (RFC 9562, section 5.5).
var namespace = uuid.NewSHA1(uuid.NameSpaceDNS, []byte("simgpu.ailab.conformance"))

// Device is one simulated device of a node.
type Device struct {
	Index int    // position on the node, from 0
	UUID  string // in NVIDIA's form: GPU-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx
}

// Name is the device's name in its DRA pool (a DNS label).
func (d Device) Name() string { return fmt.Sprintf("gpu-%d", d.Index) }

// Minor is the minor number of the device node; /dev/nvidia<minor> in a container.
func (d Device) Minor() uint32 { return uint32(d.Index) }

// ForNode returns the devices of a node, in order of their index.
//
// The number comes from CountLabel. A missing or unusable label is an error: a node that is in a GPU pool but says
// nothing about its devices was set up wrongly, and zero devices would hide it.
func ForNode(node string, labels map[string]string) ([]Device, error) {
	text, found := labels[CountLabel]
	if !found {
		return nil, fmt.Errorf("node %q has no label %s: expected the number of simulated devices, 1 to %d", node, CountLabel, MaxDevices)
	}
	count, err := strconv.Atoi(text)
	if err != nil || count < 1 || count > MaxDevices {
		return nil, fmt.Errorf("node %q has label %s=%q: expected a number from 1 to %d", node, CountLabel, text, MaxDevices)
	}
	devices := make([]Device, count)
	for index := range devices {
		id := uuid.NewSHA1(namespace, fmt.Appendf(nil, "%s/%d", node, index))
		devices[index] = Device{Index: index, UUID: "GPU-" + id.String()}
	}
	return devices, nil
}
