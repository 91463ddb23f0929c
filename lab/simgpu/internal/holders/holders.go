// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package holders says which containers of a node hold which of its devices, by the kubelet's pod resources API
// (k8s.io/kubelet, podresources/v1). Both allocators are seen there: a device plugin's devices by their ids, claims by pool and device.
package holders

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	api "k8s.io/kubelet/pkg/apis/podresources/v1"

	"ailab.conformance/simgpu/internal/inventory"
)

const (
	// answerTimeout is how long the kubelet may take.
	answerTimeout = 5 * time.Second
	// maxAnswer is the size of the largest answer, in bytes; the kubelet allows itself as much.
	maxAnswer = 16 << 20
)

// Holder is a container that holds a device.
type Holder struct {
	Namespace, Pod, Container string
	Claim                     *Claim // of dynamic resource allocation; nil where a device plugin gave the device
}

// Claim is the way from a container to a device by dynamic resource allocation.
type Claim struct {
	Namespace, Name      string
	Driver, Pool, Device string
}

// Kubelet asks one kubelet.
type Kubelet struct {
	connection *grpc.ClientConn
	resource   string // of the device plugin
	driver     string // of dynamic resource allocation
}

// Connect returns a client for the kubelet's socket; the kubelet need not be there yet. Devices are those of an extended resource or of a
// DRA driver.
func Connect(socket, resource, driver string) (*Kubelet, error) {
	connection, err := grpc.NewClient("unix://"+socket,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)))
	if err != nil {
		return nil, fmt.Errorf("pod resources API at %s: %w", socket, err)
	}
	return &Kubelet{connection: connection, resource: resource, driver: driver}, nil
}

// Close ends the connection.
func (k *Kubelet) Close() error { return k.connection.Close() }

// List returns the holders by the UUID of their device, in order. A device that nobody holds is not among them.
func (k *Kubelet) List(ctx context.Context, devices []inventory.Device) (map[string][]Holder, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	answer, err := api.NewPodResourcesListerClient(k.connection).List(ctx, &api.ListPodResourcesRequest{})
	if err != nil {
		return nil, fmt.Errorf("pod resources API of the kubelet: %w", err)
	}
	named := map[string]string{}
	for _, device := range devices {
		named[device.UUID], named[device.Name()] = device.UUID, device.UUID
	}
	held := map[string][]Holder{}
	add := func(name string, holder Holder) {
		if uuid, ours := named[name]; ours {
			held[uuid] = append(held[uuid], holder)
		}
	}
	for _, pod := range answer.PodResources {
		for _, container := range pod.Containers {
			holder := Holder{Namespace: pod.Namespace, Pod: pod.Name, Container: container.Name}
			for _, given := range container.Devices {
				for _, id := range given.DeviceIds {
					if given.ResourceName == k.resource {
						add(id, holder)
					}
				}
			}
			for _, claimed := range container.DynamicResources {
				for _, part := range claimed.ClaimResources {
					if part.DriverName == k.driver {
						holder.Claim = &Claim{claimed.ClaimNamespace, claimed.ClaimName, part.DriverName, part.PoolName, part.DeviceName}
						add(part.DeviceName, holder)
					}
				}
			}
		}
	}
	for uuid, list := range held {
		slices.SortFunc(list, func(a, b Holder) int {
			return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Pod, b.Pod), cmp.Compare(a.Container, b.Container))
		})
		// The kubelet lists a claim's device once for each time that it was prepared: twice for the second of two pods that share it.
		held[uuid] = slices.CompactFunc(list, func(a, b Holder) bool {
			return a.Namespace == b.Namespace && a.Pod == b.Pod && a.Container == b.Container
		})
	}
	return held, nil
}
