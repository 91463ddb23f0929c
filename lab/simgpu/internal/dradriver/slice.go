// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package dradriver

import (
	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/dynamic-resource-allocation/resourceslice"
	"k8s.io/utils/ptr"

	"ailab.conformance/simgpu/internal/inventory"
	"ailab.conformance/simgpu/internal/mark"
)

// resources describes a node's devices for publication: one pool, named like the node, in one slice.
//
// Names and types of attributes are those of NVIDIA's DRA driver (v25.8), so that selectors written for it work
// unchanged; there is no PCI attribute, because there is no PCI device.
func resources(pool string, devices []inventory.Device, product inventory.Product) resourceslice.DriverResources {
	published := make([]resourceapi.Device, 0, len(devices))
	for _, device := range devices {
		published = append(published, resourceapi.Device{
			Name: device.Name(),
			Attributes: map[resourceapi.QualifiedName]resourceapi.DeviceAttribute{
				"type":                  {StringValue: ptr.To("gpu")},
				"uuid":                  {StringValue: ptr.To(device.UUID)},
				"minor":                 {IntValue: ptr.To(int64(device.Minor()))},
				"index":                 {IntValue: ptr.To(int64(device.Index))},
				"productName":           {StringValue: ptr.To(product.Name)},
				"brand":                 {StringValue: ptr.To(product.Brand)},
				"architecture":          {StringValue: ptr.To(product.Architecture)},
				"cudaComputeCapability": {VersionValue: ptr.To(product.ComputeCapability)},
				"driverVersion":         {VersionValue: ptr.To(product.DriverVersion)},
				"cudaDriverVersion":     {VersionValue: ptr.To(product.CUDAVersion)},
				mark.Attribute:          {BoolValue: ptr.To(true)},
			},
			Capacity: map[resourceapi.QualifiedName]resourceapi.DeviceCapacity{
				"memory": {Value: *resource.NewQuantity(product.MemoryMiB<<20, resource.BinarySI)},
			},
		})
	}
	return resourceslice.DriverResources{
		Pools: map[string]resourceslice.Pool{pool: {Slices: []resourceslice.Slice{{Devices: published}}}},
	}
}
