// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package cdi

import (
	"ailab.conformance/simgpu/internal/devnode"
	"ailab.conformance/simgpu/internal/identity"
	"ailab.conformance/simgpu/internal/inventory"
	"ailab.conformance/simgpu/internal/layout"
	"ailab.conformance/simgpu/internal/mark"
)

// Factory makes the specs of simulated devices for one node layout.
type Factory struct {
	Layout layout.Layout
}

// ClaimDevice is the CDI name of a device (named as in its pool) that was prepared for a claim. It contains the claim's UID: names that are never
// used twice cannot be answered from a runtime's stale cache.
func ClaimDevice(claimUID, deviceName string) string {
	return claimUID + "-" + deviceName
}

// Claim returns the spec of the devices that were prepared for one claim.
func (f Factory) Claim(claimUID string, devices []inventory.Device) Spec {
	return f.spec(ClaimKind, devices, func(device inventory.Device) string { return ClaimDevice(claimUID, device.Name()) })
}

// Node returns the spec of all devices of a node, named by their UUIDs.
func (f Factory) Node(devices []inventory.Device) Spec {
	return f.spec(NodeKind, devices, func(device inventory.Device) string { return device.UUID })
}

func (f Factory) spec(kind string, devices []inventory.Device, name func(inventory.Device) string) Spec {
	spec := Spec{
		Version:     Version,
		Kind:        kind,
		Annotations: mark.Set(),
		Devices:     make([]Device, 0, len(devices)),
		Edits: Edits{
			// An image built for NVIDIA's runtime may say "all"; void keeps a runtime with that hook from adding
			// devices that were not allocated.
			Env: []string{"NVIDIA_VISIBLE_DEVICES=void"},
			Mounts: []Mount{{
				HostPath:      f.Layout.SMI(),
				ContainerPath: layout.Container{}.SMI(),
				Options:       []string{"ro", "nosuid", "nodev", "bind"},
			}},
		},
	}
	for _, device := range devices {
		spec.Devices = append(spec.Devices, Device{Name: name(device), Annotations: mark.Set(), Edits: f.edits(device)})
	}
	return spec
}

// edits gives a container one device and its identity.
func (f Factory) edits(device inventory.Device) Edits {
	container := layout.Container{}
	minor := device.Minor()
	return Edits{
		DeviceNodes: []DeviceNode{{
			Path:        devnode.Path(container.DeviceDir(), minor),
			HostPath:    devnode.Path(f.Layout.DeviceDir(), minor),
			Type:        "c",
			Major:       devnode.Major,
			Minor:       int64(minor),
			FileMode:    uint32(devnode.Mode.Perm()),
			Permissions: "rw",
		}},
		Mounts: []Mount{{
			HostPath:      identity.Path(f.Layout.IdentityDir(), minor),
			ContainerPath: identity.Path(container.IdentityDir(), minor),
			Options:       []string{"ro", "nosuid", "nodev", "noexec", "bind"},
		}},
	}
}
