// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/klog/v2"

	"ailab.conformance/simgpu/internal/allocator"
	"ailab.conformance/simgpu/internal/deviceplugin"
	"ailab.conformance/simgpu/internal/dradriver"
	"ailab.conformance/simgpu/internal/kube"
	"ailab.conformance/simgpu/internal/layout"
)

// serve runs an allocator until SIGTERM or SIGINT and returns the exit code.
func serve(command string, arguments []string, errs io.Writer) int {
	settings := allocator.Settings{Layout: layout.Default(), Executable: "/proc/self/exe", ProcDevices: "/proc/devices"}
	var kubeconfig, healthAddress string
	set := flag.NewFlagSet("simgpu "+command, flag.ContinueOnError)
	set.SetOutput(errs)
	klog.InitFlags(set)
	set.StringVar(&settings.NodeName, "node-name", os.Getenv("NODE_NAME"), "`name` of the node to serve (environment: NODE_NAME)")
	set.StringVar(&kubeconfig, "kubeconfig", os.Getenv("KUBECONFIG"), "`file` to reach the cluster with; none: as a pod of it (environment: KUBECONFIG)")
	set.StringVar(&healthAddress, "health-address", ":8080", "`host:port` of the readiness endpoint, /readyz")
	set.StringVar(&settings.Layout.Simulated, "simulated-dir", settings.Layout.Simulated, "`directory` for device nodes, identities and nvidia-smi")
	set.StringVar(&settings.Layout.CDI, "cdi-dir", settings.Layout.CDI, "`directory` of the container runtime's CDI specs")
	set.StringVar(&settings.Layout.Plugins, "plugins-dir", settings.Layout.Plugins, "the kubelet's `directory` for data of plugins")
	set.StringVar(&settings.Layout.Registry, "registry-dir", settings.Layout.Registry, "the kubelet's `directory` for registration sockets")
	set.StringVar(&settings.Layout.DevicePlugins, "device-plugins-dir", settings.Layout.DevicePlugins, "the kubelet's `directory` for device plugin sockets")
	if err := set.Parse(arguments); err != nil {
		if err == flag.ErrHelp {
			return 0
		}
		return 2
	}
	if settings.NodeName == "" || set.NArg() > 0 {
		fmt.Fprintf(errs, "simgpu %s: found node name %q and arguments %q: expected --node-name or NODE_NAME, and no arguments\n",
			command, settings.NodeName, set.Args())
		return 2
	}
	if err := allocate(command, settings, kubeconfig, healthAddress); err != nil {
		fmt.Fprintf(errs, "simgpu %s: %v\n", command, err)
		return 1
	}
	return 0
}

// allocate runs the allocator of that name until the process is asked to end.
func allocate(command string, settings allocator.Settings, kubeconfig, healthAddress string) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	defer klog.Flush()
	klog.InfoS("Starting", "program", "simgpu "+command, "version", version, "node", settings.NodeName)
	if settings.Client, err = kube.Connect(kubeconfig, "simgpu/"+version); err != nil {
		return err
	}
	if settings.Health, err = (&net.ListenConfig{}).Listen(ctx, "tcp", healthAddress); err != nil {
		return fmt.Errorf("readiness endpoint: %w", err)
	}
	if command == "dra-driver" {
		return dradriver.Run(ctx, settings, os.Getenv(dradriver.FaultVariable))
	}
	return deviceplugin.Run(ctx, settings)
}
