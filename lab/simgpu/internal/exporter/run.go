// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package exporter serves the figures of a node's simulated devices as dcgm-exporter does.
//
// It allocates nothing: it asks the kubelet who holds which device and reads in the cgroups of the holders how busy they are. So load in a
// container moves the figures of its own devices and of no other.
package exporter

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"

	"ailab.conformance/simgpu/internal/cgroup"
	"ailab.conformance/simgpu/internal/dcgm"
	"ailab.conformance/simgpu/internal/deviceplugin"
	"ailab.conformance/simgpu/internal/dradriver"
	"ailab.conformance/simgpu/internal/health"
	"ailab.conformance/simgpu/internal/holders"
	"ailab.conformance/simgpu/internal/inventory"
	"ailab.conformance/simgpu/internal/kube"
	"ailab.conformance/simgpu/internal/mark"
)

// grace is for how long figures are served while the kubelet or the API server does not answer.
const grace = 15 * time.Second

// Settings say where the exporter works.
type Settings struct {
	Client       kubernetes.Interface
	NodeName     string
	PodResources string        // socket of the kubelet's pod resources API
	CgroupRoot   string        // where the node's cgroup file systems are mounted
	Interval     time.Duration // between two samples
	Listener     net.Listener  // for /metrics and /readyz
}

// Run serves figures until ctx ends, which is no error. A node without simulated devices is refused.
func Run(ctx context.Context, settings Settings) error {
	node, err := kube.Node(ctx, settings.Client, settings.NodeName)
	if err != nil {
		return err
	}
	devices, err := inventory.ForNode(node.Name, node.Labels)
	if err != nil {
		return err
	}
	kubelet, err := holders.Connect(settings.PodResources, deviceplugin.Resource, dradriver.Name)
	if err != nil {
		return err
	}
	defer kubelet.Close()
	taking := &sampler{
		devices:  devices,
		kubelet:  kubelet,
		loads:    loads{client: settings.Client, tree: cgroup.Tree(settings.CgroupRoot)},
		interval: settings.Interval,
	}
	go taking.run(ctx)
	return health.Serve(ctx, settings.Listener, handler(node.Name, taking))
}

func (s *sampler) run(ctx context.Context) {
	ticks := time.NewTicker(s.interval)
	defer ticks.Stop()
	failing := false
	for {
		s.sample(ctx, time.Now())
		if _, err := s.figures(time.Now()); (err != nil) != failing && ctx.Err() == nil {
			failing = err != nil
			klog.InfoS("Figures", "failing", failing, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

// handler answers GET /metrics and GET /readyz. Without fresh figures both say 503 and why, so that a scraper notes the target as down.
func handler(node string, taking *sampler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /readyz", health.Handler(health.Condition{Name: "figures", Check: func(context.Context) error {
		_, err := taking.figures(time.Now())
		return err
	}}))
	mux.HandleFunc("GET /metrics", func(response http.ResponseWriter, _ *http.Request) {
		figures, err := taking.figures(time.Now())
		if err != nil {
			http.Error(response, mark.Word+" GPU exporter: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		var text bytes.Buffer
		if err := dcgm.Write(&text, node, figures); err != nil {
			http.Error(response, err.Error(), http.StatusInternalServerError)
			return
		}
		response.Header().Set("Content-Type", dcgm.ContentType)
		_, _ = response.Write(text.Bytes()) // a scraper that hangs up needs no answer
	})
	return mux
}
