// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package deviceplugin

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"

	"ailab.conformance/simgpu/internal/fakenode"
	"ailab.conformance/simgpu/internal/inventory"
)

// kubelet plays the kubelet's part: the registration service, and after that a stream of the plugin's devices.
type kubelet struct {
	api.UnimplementedRegistrationServer
	registered chan *api.RegisterRequest
	server     *grpc.Server
}

func (k *kubelet) Register(_ context.Context, request *api.RegisterRequest) (*api.Empty, error) {
	k.registered <- request
	return &api.Empty{}, nil
}

// startKubelet removes all sockets of the directory and makes its own, as the kubelet's device manager does.
func startKubelet(node fakenode.Node) *kubelet {
	node.Helper()
	for _, socket := range node.Files(node.Layout.DevicePlugins) {
		if err := os.Remove(socket); err != nil {
			node.Fatal(err)
		}
	}
	listener, err := net.Listen("unix", filepath.Join(node.Layout.DevicePlugins, kubeletSocketName))
	if err != nil {
		node.Fatal(err)
	}
	started := &kubelet{registered: make(chan *api.RegisterRequest, 8), server: grpc.NewServer()}
	api.RegisterRegistrationServer(started.server, started)
	go started.server.Serve(listener)
	node.Cleanup(started.server.Stop)
	return started
}

// follow waits for a registration and opens the plugin's stream of devices.
func (k *kubelet) follow(ctx context.Context, node fakenode.Node) (api.DevicePluginClient, []*api.Device) {
	node.Helper()
	select {
	case request := <-k.registered:
		if request.ResourceName != "nvidia.com/gpu" || request.Version != "v1beta1" || request.Endpoint != socketName {
			node.Fatalf("found %+v", request)
		}
	case <-ctx.Done():
		node.Fatal("the plugin did not register")
	}
	plugin := api.NewDevicePluginClient(node.Dial(filepath.Join(node.Layout.DevicePlugins, socketName)))
	stream, err := plugin.ListAndWatch(ctx, &api.Empty{})
	if err != nil {
		node.Fatal(err)
	}
	list, err := stream.Recv()
	if err != nil {
		node.Fatal(err)
	}
	return plugin, list.Devices
}

func TestAPluginFromStartToEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	node := fakenode.New(t, inventory.PoolDevicePlugin)
	first := startKubelet(node)
	plugin := node.Start(Run)
	client, devices := first.follow(ctx, node)
	if len(devices) != 2 || devices[0].Health != api.Healthy || !strings.HasPrefix(devices[0].ID, "GPU-") {
		t.Errorf("found %v", devices)
	}
	if code, body := plugin.Ready(); code != http.StatusServiceUnavailable || !strings.Contains(body, "found 0 allocatable nvidia.com/gpu, expected 2") {
		t.Errorf("readiness before the node offers the devices: %d %s", code, body)
	}
	node.API.Offer(fakenode.Name, "nvidia.com/gpu", 2)
	if code, body := plugin.Ready(); code != http.StatusOK {
		t.Errorf("readiness: %d %s", code, body)
	}
	allocated, err := client.Allocate(ctx, &api.AllocateRequest{ContainerRequests: []*api.ContainerAllocateRequest{
		{DevicesIds: []string{devices[1].ID}}, {DevicesIds: []string{devices[0].ID}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i, device := range []*api.Device{devices[1], devices[0]} {
		response := allocated.ContainerResponses[i]
		if len(response.CdiDevices) != 1 || response.CdiDevices[0].Name != "nvidia.com/gpu="+device.ID || len(response.Devices)+len(response.Envs) > 0 {
			t.Errorf("container %d: found %v", i, response)
		}
	}
	if specs := node.Files(node.Layout.CDI); len(specs) != 1 {
		t.Errorf("found CDI specs %v", specs)
	}

	first.server.Stop()
	if _, devices := startKubelet(node).follow(ctx, node); len(devices) != 2 {
		t.Errorf("after a restart of the kubelet: found %v", devices)
	}

	plugin.Stop()
	if specs := node.Files(node.Layout.CDI); len(specs) > 0 {
		t.Errorf("CDI specs are left: %v", specs)
	}
	if sockets := node.Files(node.Layout.DevicePlugins); len(sockets) != 1 {
		t.Errorf("found sockets %v, expected the kubelet's only", sockets)
	}
}

func TestAPluginIsNotReadyWithoutKubelet(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	node := fakenode.New(t, inventory.PoolDevicePlugin)
	plugin := node.Start(Run)
	if code, body := plugin.Ready(); code != http.StatusServiceUnavailable || !strings.Contains(body, "no kubelet follows") {
		t.Errorf("found %d %q", code, body)
	}
	if _, devices := startKubelet(node).follow(ctx, node); len(devices) != 2 {
		t.Errorf("a kubelet that came later: found %v", devices)
	}
	plugin.Stop()
}

func TestAPluginRefusesANodeOfTheDRADriver(t *testing.T) {
	t.Parallel()
	node := fakenode.New(t, inventory.PoolDRA)
	if err := <-node.Start(Run).Ended; err == nil || !strings.Contains(err.Error(), `label ailab.conformance/gpu-pool="dra", expected "device-plugin"`) {
		t.Errorf("found %v", err)
	}
}

func TestAllocateRefusesUnknownDevices(t *testing.T) {
	t.Parallel()
	served := &service{devices: []inventory.Device{{UUID: "GPU-zero"}}}
	for _, ids := range [][]string{{"GPU-one"}, {"GPU-zero", ""}} {
		_, err := served.Allocate(context.Background(), &api.AllocateRequest{ContainerRequests: []*api.ContainerAllocateRequest{{DevicesIds: ids}}})
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("%v: found %v", ids, err)
		}
	}
}
