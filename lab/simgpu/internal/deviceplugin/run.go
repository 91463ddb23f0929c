// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package deviceplugin is a kubelet device plugin (deviceplugin/v1beta1) for simulated devices.
package deviceplugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/fsnotify/fsnotify"

	"ailab.conformance/simgpu/internal/allocator"
	"ailab.conformance/simgpu/internal/cdi"
	"ailab.conformance/simgpu/internal/health"
	"ailab.conformance/simgpu/internal/inventory"
)

// Run serves a node's devices until ctx ends, which is no error. The CDI spec of the devices exists while it runs; a
// process that was killed leaves it to its successor, so containers that restart meanwhile keep their devices.
func Run(ctx context.Context, settings allocator.Settings) (err error) {
	ctx, fatal := context.WithCancelCause(ctx)
	defer fatal(nil)
	opened, err := allocator.Open(ctx, settings, inventory.PoolDevicePlugin)
	if err != nil {
		return err
	}
	defer opened.Close()
	events, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch the kubelet's directory: %w", err)
	}
	defer events.Close()
	if err := events.Add(settings.Layout.DevicePlugins); err != nil {
		return fmt.Errorf("watch %s: %w", settings.Layout.DevicePlugins, err)
	}
	specs := cdi.Directory(settings.Layout.CDI)
	if err := specs.WriteNode(cdi.Factory{Layout: settings.Layout}.Node(opened.Devices)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, specs.RemoveNode()) }()

	answering := &service{devices: opened.Devices}
	go func() {
		probes := health.Handler(
			health.Condition{Name: "followed by the kubelet", Check: answering.watched},
			health.Condition{Name: "offered by the node", Check: offered(opened)},
		)
		if err := health.Serve(ctx, settings.Health, probes); err != nil {
			fatal(err)
		}
	}()
	for ctx.Err() == nil {
		if err := (session{dir: settings.Layout.DevicePlugins, service: answering, events: events}).run(ctx); err != nil {
			return err
		}
	}
	if cause := context.Cause(ctx); cause != context.Canceled {
		return cause
	}
	return nil
}
