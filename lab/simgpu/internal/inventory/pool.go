// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package inventory

import "fmt"

const (
	// PoolLabel is the node label that says which allocator owns the node's devices.
	PoolLabel = "ailab.conformance/gpu-pool"
	// PoolDRA is the value of PoolLabel for the DRA driver.
	PoolDRA = "dra"
	// PoolDevicePlugin is the value of PoolLabel for the device plugin.
	PoolDevicePlugin = "device-plugin"
)

// Owned returns an error unless the node's label gives its devices to the named allocator.
//
// A device served by two allocators is booked twice, and neither the scheduler nor the kubelet can notice.
func Owned(node string, labels map[string]string, allocator string) error {
	owner, found := labels[PoolLabel]
	switch {
	case !found:
		return fmt.Errorf("node %q has no label %s: expected %q before this allocator may serve its devices", node, PoolLabel, allocator)
	case owner != allocator:
		return fmt.Errorf("node %q belongs to another allocator: label %s=%q, expected %q; one device must never have two allocators",
			node, PoolLabel, owner, allocator)
	}
	return nil
}
