// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package deviceplugin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"k8s.io/klog/v2"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"

	"ailab.conformance/simgpu/internal/atomicfile"
)

const (
	// Resource is the extended resource that the plugin serves, NVIDIA's.
	Resource = "nvidia.com/gpu"
	// socketName is the plugin's socket in the kubelet's directory.
	socketName = "simulated-nvidia-gpu.sock"
	// kubeletSocketName is the kubelet's registration socket (deviceplugin/v1beta1, KubeletSocket).
	kubeletSocketName = "kubelet.sock"
	// registerTimeout is how long a kubelet may take to answer a registration.
	registerTimeout = 5 * time.Second
	// retryDelay is the time from a failed registration to the next one, unless the kubelet's socket appears earlier.
	retryDelay = 10 * time.Second
)

// session serves one kubelet, from its start to its end. A kubelet that restarts forgets its plugins and removes their
// sockets, so each gets a session of its own.
type session struct {
	dir     string // the kubelet's directory for device plugin sockets
	service *service
	events  *fsnotify.Watcher // of dir
}

// run serves until the kubelet is replaced (nil), ctx ends (nil) or the plugin cannot serve (error).
func (s session) run(ctx context.Context) error {
	socket := filepath.Join(s.dir, socketName)
	if err := atomicfile.Remove(socket); err != nil {
		return fmt.Errorf("stale socket of a predecessor: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", socket)
	if err != nil {
		return fmt.Errorf("device plugin socket: %w", err)
	}
	server := grpc.NewServer()
	api.RegisterDevicePluginServer(server, s.service)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	defer server.Stop() // closes the listener, which removes the socket

	retry := time.NewTimer(0)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return fmt.Errorf("device plugin server on %s: %w", socket, err)
		case err := <-s.events.Errors:
			return fmt.Errorf("watch %s: %w", s.dir, err)
		case event := <-s.events.Events:
			if s.ends(event, socket) {
				klog.InfoS("The kubelet was restarted", "event", event.String())
				return nil
			}
		case <-retry.C:
			if err := s.register(ctx); err != nil {
				klog.ErrorS(err, "Not registered", "retry", retryDelay)
				retry.Reset(retryDelay)
				continue
			}
			klog.InfoS("Registered with the kubelet", "resource", Resource)
		}
	}
}

// ends says whether an event means that another kubelet serves the directory now: it has made its socket, or has
// removed ours. The event of our own previous socket's removal may come late; then ours is there.
func (s session) ends(event fsnotify.Event, socket string) bool {
	if event.Has(fsnotify.Create) && event.Name == filepath.Join(s.dir, kubeletSocketName) {
		return true
	}
	if event.Has(fsnotify.Remove) && event.Name == socket {
		_, err := os.Lstat(socket)
		return errors.Is(err, fs.ErrNotExist)
	}
	return false
}

// register announces the plugin to the kubelet (deviceplugin/v1beta1, service Registration).
func (s session) register(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, registerTimeout)
	defer cancel()
	kubelet := filepath.Join(s.dir, kubeletSocketName)
	connection, err := grpc.NewClient("unix://"+kubelet, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("register %s at %s: %w", Resource, kubelet, err)
	}
	defer connection.Close()
	_, err = api.NewRegistrationClient(connection).Register(ctx, &api.RegisterRequest{
		Version:      api.Version,
		Endpoint:     socketName,
		ResourceName: Resource,
		Options:      &api.DevicePluginOptions{},
	}, grpc.WaitForReady(true))
	if err != nil {
		return fmt.Errorf("register %s at %s: %w", Resource, kubelet, err)
	}
	return nil
}
