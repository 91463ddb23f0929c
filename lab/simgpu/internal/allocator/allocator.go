// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package allocator is what the two allocators, DRA driver and device plugin, have in common: taking a node's devices
// into service, and giving them back.
package allocator

import (
	"context"
	"net"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"

	"ailab.conformance/simgpu/internal/equip"
	"ailab.conformance/simgpu/internal/exclusive"
	"ailab.conformance/simgpu/internal/inventory"
	"ailab.conformance/simgpu/internal/kube"
	"ailab.conformance/simgpu/internal/layout"
	"ailab.conformance/simgpu/internal/nodelabels"
)

// Settings say where an allocator works.
type Settings struct {
	Client      kubernetes.Interface
	NodeName    string
	Layout      layout.Layout
	Health      net.Listener // for the readiness endpoint
	Executable  string       // this program's file, which becomes nvidia-smi in containers
	ProcDevices string       // the kernel's list of drivers, /proc/devices
}

// Allocator is a node whose devices are in the service of this process.
type Allocator struct {
	Settings
	Node    *corev1.Node
	Devices []inventory.Device
	release func() error
}

// Open takes the devices of the node into the service of the named pool (a value of inventory.PoolLabel).
//
// Everything that can be refused is refused before anything is changed: a node of another pool, a node without a usable
// number of devices, a machine with NVIDIA's driver, another allocator at work.
func Open(ctx context.Context, settings Settings, pool string) (*Allocator, error) {
	node, err := kube.Node(ctx, settings.Client, settings.NodeName)
	if err != nil {
		return nil, err
	}
	if err := inventory.Owned(node.Name, node.Labels, pool); err != nil {
		return nil, err
	}
	devices, err := inventory.ForNode(node.Name, node.Labels)
	if err != nil {
		return nil, err
	}
	if err := equip.Check(settings.ProcDevices); err != nil {
		return nil, err
	}
	if err := equip.Directories(settings.Layout); err != nil {
		return nil, err
	}
	release, err := exclusive.Take(settings.Layout.AllocatorLock(), pool)
	if err != nil {
		return nil, err
	}
	opened := &Allocator{Settings: settings, Node: node, Devices: devices, release: release}
	if err := opened.furnish(ctx); err != nil {
		opened.Close()
		return nil, err
	}
	return opened, nil
}

// Close lets another allocator have the node. Device nodes and labels stay: containers that run go on using them.
func (a *Allocator) Close() {
	if err := a.release(); err != nil {
		klog.ErrorS(err, "Releasing the allocator lock")
	}
}

func (a *Allocator) furnish(ctx context.Context) error {
	if err := equip.Devices(a.Layout, a.Devices, a.Executable); err != nil {
		return err
	}
	if err := nodelabels.Apply(ctx, a.Client, a.Node.Name, nodelabels.For(len(a.Devices), inventory.Simulated)); err != nil {
		return err
	}
	for _, device := range a.Devices {
		klog.InfoS("Device in service", "product", inventory.Simulated.Name, "device", device.Name(), "uuid", device.UUID)
	}
	return nil
}
