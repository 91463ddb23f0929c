// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package deviceplugin

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"k8s.io/klog/v2"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"

	"ailab.conformance/simgpu/internal/cdi"
	"ailab.conformance/simgpu/internal/inventory"
)

// service answers the kubelet (k8s.io/kubelet, deviceplugin/v1beta1, service DevicePlugin).
type service struct {
	api.UnimplementedDevicePluginServer
	devices  []inventory.Device
	watchers atomic.Int32 // open ListAndWatch streams; the kubelet keeps one
}

// GetDevicePluginOptions says that the plugin needs no calls but the mandatory ones.
func (s *service) GetDevicePluginOptions(context.Context, *api.Empty) (*api.DevicePluginOptions, error) {
	return &api.DevicePluginOptions{}, nil
}

// ListAndWatch tells the kubelet the devices and keeps the stream open: its end would make them unhealthy.
func (s *service) ListAndWatch(_ *api.Empty, stream grpc.ServerStreamingServer[api.ListAndWatchResponse]) error {
	s.watchers.Add(1)
	defer s.watchers.Add(-1)
	list := make([]*api.Device, 0, len(s.devices))
	for _, device := range s.devices {
		list = append(list, &api.Device{ID: device.UUID, Health: api.Healthy})
	}
	if err := stream.Send(&api.ListAndWatchResponse{Devices: list}); err != nil {
		return err
	}
	<-stream.Context().Done()
	return nil
}

// Allocate names the CDI devices of each container. An id that the node does not have is an error: the container would
// start with fewer devices than it was counted for.
func (s *service) Allocate(_ context.Context, request *api.AllocateRequest) (*api.AllocateResponse, error) {
	response := &api.AllocateResponse{}
	for _, container := range request.ContainerRequests {
		var devices []*api.CDIDevice
		for _, id := range container.DevicesIds {
			known := slices.ContainsFunc(s.devices, func(device inventory.Device) bool { return device.UUID == id })
			if !known {
				return nil, status.Errorf(codes.InvalidArgument, "device %q is not on this node: it has %d devices, see ListAndWatch", id, len(s.devices))
			}
			devices = append(devices, &api.CDIDevice{Name: cdi.Qualified(cdi.NodeKind, id)})
		}
		klog.InfoS("Allocated", "devices", container.DevicesIds)
		response.ContainerResponses = append(response.ContainerResponses, &api.ContainerAllocateResponse{CdiDevices: devices})
	}
	return response, nil
}

// watched returns nil while a kubelet follows the list of devices.
func (s *service) watched(context.Context) error {
	if s.watchers.Load() == 0 {
		return errors.New("no kubelet follows the list of devices; see the kubelet's log for the device manager")
	}
	return nil
}
