// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package inventory

import (
	"regexp"
	"strings"
	"testing"
)

func TestForNodeIsAFunctionOfNameAndIndex(t *testing.T) {
	labels := map[string]string{CountLabel: "2"}
	first, err := ForNode("lab-gpu-0", labels)
	if err != nil {
		t.Fatal(err)
	}
	// Golden: evidence of one run must name the same devices as evidence of the next.
	want := []Device{
		{Index: 0, UUID: "GPU-598f805a-0f6b-5350-84a1-d8a813f64b52"},
		{Index: 1, UUID: "GPU-ce3ae623-06f8-559c-b1a9-807229c08fe5"},
	}
	for i, device := range first {
		if device != want[i] {
			t.Errorf("device %d: found %+v, expected %+v", i, device, want[i])
		}
	}
	other, err := ForNode("lab-gpu-1", labels)
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for _, device := range append(first, other...) {
		if !form.MatchString(device.UUID) || seen[device.UUID] {
			t.Errorf("UUID %s is malformed or used twice", device.UUID)
		}
		seen[device.UUID] = true
	}
	if name, minor := first[1].Name(), first[1].Minor(); name != "gpu-1" || minor != 1 {
		t.Errorf("found name %s, minor %d", name, minor)
	}
}

func TestForNodeRefusesUnusableLabels(t *testing.T) {
	for _, labels := range []map[string]string{
		nil, {CountLabel: ""}, {CountLabel: "two"}, {CountLabel: "0"}, {CountLabel: "-1"}, {CountLabel: "129"}, {CountLabel: "1.5"},
	} {
		_, err := ForNode("worker", labels)
		if err == nil || !strings.Contains(err.Error(), `"worker"`) || !strings.Contains(err.Error(), "1 to 128") {
			t.Errorf("labels %v: error %v does not name the node and the range", labels, err)
		}
	}
}

func TestOwned(t *testing.T) {
	for _, test := range []struct {
		labels map[string]string
		refuse string // part of the error, "" for none
	}{
		{labels: map[string]string{PoolLabel: PoolDRA}},
		{labels: map[string]string{PoolLabel: PoolDevicePlugin}, refuse: `"device-plugin", expected "dra"`},
		{labels: map[string]string{PoolLabel: ""}, refuse: `"", expected "dra"`},
		{labels: nil, refuse: "has no label ailab.conformance/gpu-pool"},
	} {
		err := Owned("worker", test.labels, PoolDRA)
		if (err == nil) != (test.refuse == "") || (err != nil && !strings.Contains(err.Error(), test.refuse)) {
			t.Errorf("labels %v: error %v, expected %q", test.labels, err, test.refuse)
		}
	}
}

func TestProductCannotBeTakenForHardware(t *testing.T) {
	if !strings.HasPrefix(Simulated.Name, "SIMULATED-") {
		t.Errorf("product name %s", Simulated.Name)
	}
}
