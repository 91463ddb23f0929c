// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/klog/v2"

	"ailab.conformance/simgpu/internal/exporter"
	"ailab.conformance/simgpu/internal/kube"
)

// export runs the exporter until SIGTERM or SIGINT and returns the exit code.
func export(arguments []string, errs io.Writer) int {
	var settings exporter.Settings
	var kubeconfig, address string
	set := flag.NewFlagSet("simgpu exporter", flag.ContinueOnError)
	set.SetOutput(errs)
	klog.InitFlags(set)
	set.StringVar(&settings.NodeName, "node-name", os.Getenv("NODE_NAME"), "`name` of the node to serve (environment: NODE_NAME)")
	set.StringVar(&kubeconfig, "kubeconfig", os.Getenv("KUBECONFIG"), "`file` to reach the cluster with; none: as a pod of it (environment: KUBECONFIG)")
	set.StringVar(&address, "address", ":9400", "`host:port` of /metrics and /readyz")
	set.StringVar(&settings.PodResources, "pod-resources", "/var/lib/kubelet/pod-resources/kubelet.sock", "`socket` of the kubelet's pod resources API")
	set.StringVar(&settings.CgroupRoot, "cgroup-root", "/sys/fs/cgroup", "`directory` where the node's cgroup file systems are mounted")
	set.DurationVar(&settings.Interval, "collect-interval", time.Second, "time between two samples")
	if err := set.Parse(arguments); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if settings.NodeName == "" || set.NArg() > 0 || settings.Interval <= 0 {
		fmt.Fprintf(errs, "simgpu exporter: found node name %q, collect interval %s and arguments %q: expected --node-name or NODE_NAME, an interval above 0, and no arguments\n",
			settings.NodeName, settings.Interval, set.Args())
		return 2
	}
	if err := serveFigures(settings, kubeconfig, address); err != nil {
		fmt.Fprintf(errs, "simgpu exporter: %v\n", err)
		return 1
	}
	return 0
}

func serveFigures(settings exporter.Settings, kubeconfig, address string) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	defer klog.Flush()
	klog.InfoS("Starting", "program", "simgpu exporter", "version", version, "node", settings.NodeName)
	if settings.Client, err = kube.Connect(kubeconfig, "simgpu/"+version); err != nil {
		return err
	}
	if settings.Listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", address); err != nil {
		return fmt.Errorf("metrics endpoint: %w", err)
	}
	return exporter.Run(ctx, settings)
}
