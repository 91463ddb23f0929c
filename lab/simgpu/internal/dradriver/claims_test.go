// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package dradriver

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	resourceapi "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"ailab.conformance/simgpu/internal/cdi"
	"ailab.conformance/simgpu/internal/checkpoint"
	"ailab.conformance/simgpu/internal/fakeapi"
	"ailab.conformance/simgpu/internal/fakenode"
	"ailab.conformance/simgpu/internal/inventory"
	"ailab.conformance/simgpu/internal/layout"
)

const pool = fakenode.Name

var three = []inventory.Device{{Index: 0, UUID: "GPU-zero"}, {Index: 1, UUID: "GPU-one"}, {Index: 2, UUID: "GPU-two"}}

// result is an allocation result of this driver and pool for the request of that name.
func result(request, device string) resourceapi.DeviceRequestAllocationResult {
	return resourceapi.DeviceRequestAllocationResult{Request: request, Driver: Name, Pool: pool, Device: device}
}

// claim is a claim ns/<name> with UID uid-<name> that was allocated the results.
func claim(name string, results ...resourceapi.DeviceRequestAllocationResult) *resourceapi.ResourceClaim {
	return &resourceapi.ResourceClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, UID: types.UID("uid-" + name)},
		Status: resourceapi.ResourceClaimStatus{
			Allocation: &resourceapi.AllocationResult{Devices: resourceapi.DeviceAllocationResult{Results: results}},
		},
	}
}

// driver returns the state of a driver that was started on the given directory.
func driver(t *testing.T, server *fakeapi.Server, dir string, fault Fault) *claims {
	t.Helper()
	started := &claims{
		client: server.Client, pool: pool, devices: three, fault: fault,
		specs:   cdi.Directory(filepath.Join(dir, "cdi")),
		factory: cdi.Factory{Layout: layout.Default()},
		file:    checkpoint.File(filepath.Join(dir, "checkpoint.json")),
	}
	if err := started.restore(context.Background()); err != nil {
		t.Fatal(err)
	}
	return started
}

// injected returns the paths of the device nodes that the claim's CDI spec gives to containers.
func injected(t *testing.T, dir string, uid string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "cdi", "simulated-claim-"+uid+".json"))
	if os.IsNotExist(err) {
		return nil
	}
	var spec cdi.Spec
	if err != nil || json.Unmarshal(data, &spec) != nil {
		t.Fatalf("%s: %v", data, err)
	}
	var paths []string
	for _, device := range spec.Devices {
		paths = append(paths, device.Edits.DeviceNodes[0].Path)
	}
	return paths
}

func TestPrepareGivesTheAllocatedDevicesOfThisPool(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	served := driver(t, fakeapi.New(t), dir, NoFault)
	foreign := result("other", "gpu-0")
	foreign.Driver = "nic.example.com"
	elsewhere := result("elsewhere", "gpu-1")
	elsewhere.Pool = "lab-gpu-1"
	wanted := claim("one", foreign, result("first", "gpu-2"), elsewhere, result("second/large", "gpu-0"))
	prepared, err := served.prepare(ctx, wanted)
	if err != nil {
		t.Fatal(err)
	}
	if found, expected := injected(t, dir, "uid-one"), []string{"/dev/nvidia2", "/dev/nvidia0"}; !reflect.DeepEqual(found, expected) {
		t.Errorf("found %v, expected %v", found, expected)
	}
	devices := answer(wanted.UID, prepared)
	if len(devices) != 2 || devices[0].CDIDeviceIDs[0] != "k8s.gpu.nvidia.com/claim=uid-one-gpu-2" ||
		devices[0].DeviceName != "gpu-2" || devices[0].PoolName != pool || devices[1].Requests[0] != "second/large" {
		t.Errorf("found %+v", devices)
	}
}

func TestPrepareAndUnprepareAreIdempotentAndSurviveRestarts(t *testing.T) {
	server, dir, ctx := fakeapi.New(t), t.TempDir(), context.Background()
	wanted := claim("one", result("gpu", "gpu-1"))
	first, err := driver(t, server, dir, NoFault).prepare(ctx, wanted)
	if err != nil {
		t.Fatal(err)
	}
	// A reboot empties the runtime's directory of specs, and a killed driver may leave a spec that nobody knows.
	if err := os.RemoveAll(filepath.Join(dir, "cdi")); err != nil {
		t.Fatal(err)
	}
	lost := cdi.Directory(filepath.Join(dir, "cdi"))
	if err := lost.WriteClaim("uid-lost", cdi.Factory{}.Claim("uid-lost", three)); err != nil {
		t.Fatal(err)
	}
	restarted := driver(t, server, dir, NoFault)
	if found := injected(t, dir, "uid-one"); !reflect.DeepEqual(found, []string{"/dev/nvidia1"}) {
		t.Errorf("after the restart: found %v", found)
	}
	if found := injected(t, dir, "uid-lost"); found != nil {
		t.Errorf("the lost spec is still there: %v", found)
	}
	again, err := restarted.prepare(ctx, wanted)
	if err != nil || !reflect.DeepEqual(again, first) {
		t.Errorf("found %+v, %v, expected %+v", again, err, first)
	}
	last := driver(t, server, dir, NoFault)
	for range 2 {
		if err := last.unprepare("uid-one"); err != nil {
			t.Fatal(err)
		}
		if found := injected(t, dir, "uid-one"); found != nil || len(last.prepared) != 0 {
			t.Errorf("after unprepare: found %v, %v", found, last.prepared)
		}
	}
	if found := driver(t, server, dir, NoFault).prepared; len(found) != 0 {
		t.Errorf("after unprepare and restart: found %v", found)
	}
}

func TestPrepareRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*resourceapi.ResourceClaim)
		message string
	}{
		"an unknown device": {
			func(c *resourceapi.ResourceClaim) { c.Status.Allocation.Devices.Results[0].Device = "gpu-7" },
			`claim ns/one was allocated device "gpu-7" of pool "lab-gpu-0", which has gpu-0 to gpu-2 only`,
		},
		"no device of this pool": {
			func(c *resourceapi.ResourceClaim) { c.Status.Allocation.Devices.Results[0].Pool = "lab-gpu-9" },
			`no device of driver gpu.nvidia.com, pool "lab-gpu-0"`,
		},
		"no allocation": {
			func(c *resourceapi.ResourceClaim) { c.Status.Allocation = nil },
			"claim ns/one is not allocated",
		},
		"a configuration": {
			func(c *resourceapi.ResourceClaim) {
				c.Status.Allocation.Devices.Config = []resourceapi.DeviceAllocationConfiguration{{
					DeviceConfiguration: resourceapi.DeviceConfiguration{Opaque: &resourceapi.OpaqueDeviceConfiguration{Driver: Name}},
				}}
			},
			"nothing to configure",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			wanted := claim("one", result("gpu", "gpu-0"))
			test.change(wanted)
			_, err := driver(t, fakeapi.New(t), dir, NoFault).prepare(context.Background(), wanted)
			if err == nil || !strings.Contains(err.Error(), test.message) {
				t.Errorf("found %v, expected %q", err, test.message)
			}
			if found := injected(t, dir, "uid-one"); found != nil {
				t.Errorf("a CDI spec was written: %v", found)
			}
		})
	}
}

func TestADeviceIsNeverGivenTwice(t *testing.T) {
	server, dir, ctx := fakeapi.New(t), t.TempDir(), context.Background()
	served := driver(t, server, dir, NoFault)
	first, second := claim("one", result("gpu", "gpu-0")), claim("two", result("gpu", "gpu-0"))
	server.SetClaim(first)
	if _, err := served.prepare(ctx, first); err != nil {
		t.Fatal(err)
	}
	if _, err := served.prepare(ctx, second); err == nil || !strings.Contains(err.Error(), `device "gpu-0" is in use by claim ns/one (uid-one)`) {
		t.Errorf("a second claim: %v", err)
	}
	watching := claim("admin", result("gpu", "gpu-0"))
	watching.Status.Allocation.Devices.Results[0].AdminAccess = ptr.To(true)
	if _, err := served.prepare(ctx, watching); err != nil {
		t.Errorf("admin access: %v", err)
	}
	server.DeleteClaim("ns", "one")
	if _, err := served.prepare(ctx, second); err != nil {
		t.Errorf("after the holder is gone: %v", err)
	}
	if found := injected(t, dir, "uid-one"); found != nil {
		t.Errorf("the claim that is gone still has a spec: %v", found)
	}
}

func TestAChangedAllocationIsPreparedAnew(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	served := driver(t, fakeapi.New(t), dir, NoFault)
	for _, device := range []string{"gpu-0", "gpu-2"} {
		if _, err := served.prepare(ctx, claim("one", result("gpu", device))); err != nil {
			t.Fatal(err)
		}
	}
	if found := injected(t, dir, "uid-one"); !reflect.DeepEqual(found, []string{"/dev/nvidia2"}) {
		t.Errorf("found %v", found)
	}
}

func TestTheFaultPreparesAnotherDeviceAndReportsTheAllocatedOne(t *testing.T) {
	server, dir, ctx := fakeapi.New(t), t.TempDir(), context.Background()
	served := driver(t, server, dir, PrepareOtherDevice)
	for name, expected := range map[string]struct{ device, path string }{
		"one": {"gpu-0", "/dev/nvidia1"}, "two": {"gpu-1", "/dev/nvidia2"}, "three": {"gpu-2", "/dev/nvidia0"},
	} {
		wanted := claim(name, result("gpu", expected.device))
		server.SetClaim(wanted)
		prepared, err := served.prepare(ctx, wanted)
		if err != nil {
			t.Fatal(err)
		}
		if found := injected(t, dir, string(wanted.UID)); !reflect.DeepEqual(found, []string{expected.path}) {
			t.Errorf("%s: found %v, expected %s", expected.device, found, expected.path)
		}
		if reported := answer(wanted.UID, prepared)[0].DeviceName; reported != expected.device {
			t.Errorf("reported %s, expected %s", reported, expected.device)
		}
	}
}

func TestFaultsAreRefusedWhereTheyCannotBe(t *testing.T) {
	for _, test := range []struct {
		text    string
		count   int
		message string // "" for none
	}{
		{"", 1, ""}, {"none", 1, ""}, {"prepare-other-device", 2, ""},
		{"prepare-other-device", 1, "expected at least 2"},
		{"prepare-nothing", 2, `expected "none" or "prepare-other-device"`},
	} {
		fault, err := ParseFault(test.text)
		if err == nil {
			err = fault.possible(test.count)
		}
		if (err == nil) != (test.message == "") || (err != nil && !strings.Contains(err.Error(), test.message)) {
			t.Errorf("%+v: found %v", test, err)
		}
	}
}

func TestPublishedDevicesAreMarked(t *testing.T) {
	published := resources(pool, three, inventory.Simulated).Pools[pool].Slices
	if len(published) != 1 || len(published[0].Devices) != 3 {
		t.Fatalf("found %+v", published)
	}
	for i, device := range published[0].Devices {
		attributes := device.Attributes
		if !*attributes["simulated"].BoolValue || *attributes["uuid"].StringValue != three[i].UUID || *attributes["type"].StringValue != "gpu" {
			t.Errorf("found %+v", attributes)
		}
		if memory := device.Capacity["memory"].Value; memory.String() != "80Gi" {
			t.Errorf("memory %s", memory.String())
		}
	}
}
