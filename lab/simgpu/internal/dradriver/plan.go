// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package dradriver

import (
	"fmt"
	"slices"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/utils/ptr"

	"ailab.conformance/simgpu/internal/checkpoint"
	"ailab.conformance/simgpu/internal/inventory"
)

// Name is the name of the driver, NVIDIA's: claims and classes written for real devices work on simulated ones.
const Name = "gpu.nvidia.com"

// plan says which devices of a pool a claim's allocation asks for, in the allocation's order. It only reads.
//
// Results of other drivers and other pools are none of this driver's business. An allocation without any device of this
// pool is an error, because the kubelet would start the pod without a device.
func plan(claim *resourceapi.ResourceClaim, pool string, devices []inventory.Device, fault Fault) ([]checkpoint.Device, error) {
	allocation := claim.Status.Allocation
	if allocation == nil {
		return nil, fmt.Errorf("claim %s/%s is not allocated", claim.Namespace, claim.Name)
	}
	for _, config := range allocation.Devices.Config {
		if config.Opaque != nil && config.Opaque.Driver == Name {
			return nil, fmt.Errorf("claim %s/%s carries a configuration for driver %s: simulated devices have nothing to configure",
				claim.Namespace, claim.Name, Name)
		}
	}
	var planned []checkpoint.Device
	for _, result := range allocation.Devices.Results {
		if result.Driver != Name || result.Pool != pool {
			continue
		}
		index := slices.IndexFunc(devices, func(device inventory.Device) bool { return device.Name() == result.Device })
		if index < 0 {
			return nil, fmt.Errorf("claim %s/%s was allocated device %q of pool %q, which has %s to %s only",
				claim.Namespace, claim.Name, result.Device, pool, devices[0].Name(), devices[len(devices)-1].Name())
		}
		planned = append(planned, checkpoint.Device{
			Request:  result.Request,
			Pool:     result.Pool,
			Device:   result.Device,
			Prepared: fault.standIn(devices, index).Name(),
			Shared:   ptr.Deref(result.AdminAccess, false),
		})
	}
	if len(planned) == 0 {
		return nil, fmt.Errorf("claim %s/%s was allocated no device of driver %s, pool %q", claim.Namespace, claim.Name, Name, pool)
	}
	return planned, nil
}

// sameAllocation says whether two plans answer the same allocation.
func sameAllocation(one, other []checkpoint.Device) bool {
	return slices.EqualFunc(one, other, func(a, b checkpoint.Device) bool {
		return a.Request == b.Request && a.Pool == b.Pool && a.Device == b.Device
	})
}
