// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package dradriver

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	dra "k8s.io/kubelet/pkg/apis/dra/v1"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"

	"ailab.conformance/simgpu/internal/allocator"
	"ailab.conformance/simgpu/internal/fakenode"
	"ailab.conformance/simgpu/internal/inventory"
)

// faultless runs the driver as it should be.
func faultless(ctx context.Context, settings allocator.Settings) error { return Run(ctx, settings, "") }

// register plays the kubelet's part in the registration and returns the DRA service that the driver announced.
func register(ctx context.Context, node fakenode.Node) dra.DRAPluginClient {
	node.Helper()
	registrar := registration.NewRegistrationClient(node.Dial(filepath.Join(node.Layout.Registry, Name+"-reg.sock")))
	info, err := registrar.GetInfo(ctx, &registration.InfoRequest{})
	if err != nil || info.Type != registration.DRAPlugin || info.Name != Name || info.SupportedVersions[0] != dra.DRAPluginService {
		node.Fatalf("found %+v, %v", info, err)
	}
	if _, err := registrar.NotifyRegistrationStatus(ctx, &registration.RegistrationStatus{PluginRegistered: true}); err != nil {
		node.Fatal(err)
	}
	return dra.NewDRAPluginClient(node.Dial(info.Endpoint))
}

func TestADriverFromStartToEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	node := fakenode.New(t, inventory.PoolDRA)
	node.API.SetClaim(claim("one", result("gpu", "gpu-1")))

	driver := node.Start(faultless)
	kubelet := register(ctx, node)
	slice := node.API.AwaitSlices(ctx, t, 1)[0]
	if slice.Labels["ailab.conformance/simulated"] != "true" || *slice.Spec.NodeName != pool || slice.Spec.Pool.Name != pool ||
		slice.Spec.Driver != Name || len(slice.Spec.Devices) != 2 || slice.OwnerReferences[0].Name != pool {
		t.Errorf("found slice %+v", slice)
	}
	if code, body := driver.Ready(); code != http.StatusOK {
		t.Errorf("readiness: %d %s", code, body)
	}
	if labels := node.API.NodeLabels(pool); labels["nvidia.com/gpu.count"] != "2" || labels["ailab.conformance/simulated"] != "true" {
		t.Errorf("found labels %v", labels)
	}
	if program, err := os.ReadFile(node.Layout.SMI()); err != nil || string(program) != "#!simgpu" {
		t.Errorf("nvidia-smi: found %q, %v", program, err)
	}

	// A kubelet that restarts deletes the slices of its node; they must be back long before a person wonders.
	node.API.DeleteSlices()
	node.API.AwaitSlices(ctx, t, 1)

	claims := []*dra.Claim{{Namespace: "ns", Name: "one", UID: "uid-one"}}
	prepare := func(kubelet dra.DRAPluginClient) {
		t.Helper()
		response, err := kubelet.NodePrepareResources(ctx, &dra.NodePrepareResourcesRequest{Claims: claims})
		if err != nil {
			t.Fatal(err)
		}
		prepared := response.Claims["uid-one"]
		if prepared.Error != "" || prepared.Devices[0].CDIDeviceIDs[0] != "k8s.gpu.nvidia.com/claim=uid-one-gpu-1" {
			t.Fatalf("found %+v", prepared)
		}
	}
	prepare(kubelet)
	driver.Stop()
	if sockets := node.Files(node.Layout.Registry); len(sockets) > 0 {
		t.Errorf("sockets are left: %v", sockets)
	}

	driver = node.Start(faultless)
	kubelet = register(ctx, node)
	prepare(kubelet)
	for range 2 {
		response, err := kubelet.NodeUnprepareResources(ctx, &dra.NodeUnprepareResourcesRequest{Claims: claims})
		if err != nil || response.Claims["uid-one"].Error != "" {
			t.Errorf("found %+v, %v", response, err)
		}
	}
	if specs := node.Files(node.Layout.CDI); len(specs) > 0 {
		t.Errorf("CDI specs are left: %v", specs)
	}
	driver.Stop()
}

func TestReadinessSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	node := fakenode.New(t, inventory.PoolDRA)
	driver := node.Start(faultless)
	node.API.AwaitSlices(ctx, t, 1)
	code, body := driver.Ready()
	if code != http.StatusServiceUnavailable || !strings.HasPrefix(body, "registered with the kubelet: ") || strings.Count(body, "\n") != 1 {
		t.Errorf("found %d %q", code, body)
	}
	driver.Stop()
}

func TestRunRefusesBeforeItChangesAnything(t *testing.T) {
	for name, test := range map[string]struct {
		spoil   func(fakenode.Node)
		message string
	}{
		"a node of the device plugin": {
			func(node fakenode.Node) {
				node.API.SetNode(pool, map[string]string{inventory.PoolLabel: inventory.PoolDevicePlugin})
			},
			"belongs to another allocator",
		},
		"a node without a number of devices": {
			func(node fakenode.Node) {
				node.API.SetNode(pool, map[string]string{inventory.PoolLabel: inventory.PoolDRA})
			},
			inventory.CountLabel,
		},
		"a machine with NVIDIA's driver": {
			func(node fakenode.Node) { node.Write(node.ProcDevices, "Character devices:\n195 nvidia\n") },
			`belongs to the kernel driver "nvidia"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			node := fakenode.New(t, inventory.PoolDRA)
			test.spoil(node)
			if err := <-node.Start(faultless).Ended; err == nil || !strings.Contains(err.Error(), test.message) {
				t.Errorf("found %v, expected %q", err, test.message)
			}
			if _, err := os.Stat(node.Layout.Simulated); !os.IsNotExist(err) {
				t.Errorf("%s was made (%v)", node.Layout.Simulated, err)
			}
		})
	}
}

func TestAnUnknownFaultIsRefused(t *testing.T) {
	node := fakenode.New(t, inventory.PoolDRA)
	run := func(ctx context.Context, settings allocator.Settings) error {
		return Run(ctx, settings, "prepare-nothing")
	}
	if err := <-node.Start(run).Ended; err == nil || !strings.Contains(err.Error(), FaultVariable) {
		t.Errorf("found %v", err)
	}
	if _, err := os.Stat(node.Layout.Simulated); !os.IsNotExist(err) {
		t.Errorf("%s was made (%v)", node.Layout.Simulated, err)
	}
}

func TestTwoAllocatorsNeverServeOneNode(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	node := fakenode.New(t, inventory.PoolDRA)
	driver := node.Start(faultless)
	register(ctx, node)
	if err := <-node.Start(faultless).Ended; err == nil || !strings.Contains(err.Error(), `held by "dra"`) {
		t.Errorf("found %v", err)
	}
	driver.Stop()
}
