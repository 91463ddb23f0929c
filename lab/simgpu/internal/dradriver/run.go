// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package dradriver is a driver for dynamic resource allocation (KEP-4381, resource.k8s.io/v1) of simulated devices.
package dradriver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"k8s.io/dynamic-resource-allocation/kubeletplugin"
	"k8s.io/dynamic-resource-allocation/resourceslice"
	"k8s.io/klog/v2"
	"k8s.io/utils/ptr"

	"ailab.conformance/simgpu/internal/allocator"
	"ailab.conformance/simgpu/internal/cdi"
	"ailab.conformance/simgpu/internal/checkpoint"
	"ailab.conformance/simgpu/internal/health"
	"ailab.conformance/simgpu/internal/inventory"
	"ailab.conformance/simgpu/internal/kube"
)

// republishDelay is how soon after a change of its ResourceSlices the driver compares them with what they should be.
//
// A kubelet deletes the slices of its node when it starts. With the publisher's defaults the node would then be without
// devices for 30 s, or for a minute if the slices were new (it believes in what it wrote for that long). One node has
// one slice, so comparing early costs nothing, and a slice that is written twice is mended by the next comparison.
const republishDelay = time.Second

// Run serves a node's devices until ctx ends, which is no error.
func Run(ctx context.Context, settings allocator.Settings, faultText string) error {
	fault, err := ParseFault(faultText)
	if err != nil {
		return err
	}
	ctx, fatal := context.WithCancelCause(ctx)
	defer fatal(nil)
	opened, err := allocator.Open(ctx, settings, inventory.PoolDRA)
	if err != nil {
		return err
	}
	defer opened.Close()
	if err := fault.possible(len(opened.Devices)); err != nil {
		return err
	}
	if fault != NoFault {
		klog.Warningf("SABOTAGE: %s=%s: this driver misbehaves on purpose, its results prove nothing but the tests that catch it", FaultVariable, fault)
	}
	data := settings.Layout.PluginData(Name)
	if err := os.MkdirAll(data, 0o750); err != nil {
		return fmt.Errorf("plugin directory: %w", err)
	}
	served := &claims{
		client:  settings.Client,
		pool:    opened.Node.Name,
		devices: opened.Devices,
		fault:   fault,
		specs:   cdi.Directory(settings.Layout.CDI),
		factory: cdi.Factory{Layout: settings.Layout},
		file:    checkpoint.File(filepath.Join(data, "checkpoint.json")),
	}
	if err := served.restore(ctx); err != nil {
		return err
	}
	return serve(ctx, fatal, opened, served, data)
}

// serve registers with the kubelet, publishes the devices and answers until ctx ends.
func serve(ctx context.Context, fatal context.CancelCauseFunc, opened *allocator.Allocator, served *claims, data string) error {
	answering := &plugin{claims: served, fatal: fatal}
	registered := &registrationWatch{}
	helper, err := kubeletplugin.Start(ctx, answering,
		kubeletplugin.DriverName(Name),
		kubeletplugin.NodeName(opened.Node.Name),
		kubeletplugin.KubeClient(opened.Client),
		kubeletplugin.PluginDataDirectoryPath(data),
		kubeletplugin.RegistrarDirectoryPath(opened.Layout.Registry),
		kubeletplugin.GRPCInterceptor(registered.intercept),
	)
	if err != nil {
		return fmt.Errorf("kubelet plugin: %w", err)
	}
	defer helper.Stop()

	published := &publication{client: opened.Client, node: opened.Node.Name, count: len(opened.Devices)}
	probes := health.Handler(
		health.Condition{Name: "registered with the kubelet", Check: registered.check},
		health.Condition{Name: "devices published", Check: published.check},
	)
	go func() {
		if err := health.Serve(ctx, opened.Health, probes); err != nil {
			fatal(err)
		}
	}()

	desired := resources(opened.Node.Name, opened.Devices, inventory.Simulated)
	publisher, err := resourceslice.StartController(ctx, resourceslice.Options{
		DriverName:       Name,
		KubeClient:       kube.Marked(opened.Client),
		Owner:            &resourceslice.Owner{APIVersion: "v1", Kind: "Node", Name: opened.Node.Name, UID: opened.Node.UID},
		Resources:        &desired,
		SyncDelay:        ptr.To(republishDelay),
		MutationCacheTTL: ptr.To(republishDelay),
	})
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return outcome(cause)
		}
		return fmt.Errorf("publish devices: %w", err)
	}
	defer publisher.Stop()
	<-ctx.Done()
	return outcome(context.Cause(ctx))
}

// outcome tells an asked-for end from a failure.
func outcome(cause error) error {
	if cause == context.Canceled {
		return nil
	}
	return cause
}
