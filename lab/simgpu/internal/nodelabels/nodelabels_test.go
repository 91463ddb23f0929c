// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package nodelabels

import (
	"context"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"ailab.conformance/simgpu/internal/fakeapi"
	"ailab.conformance/simgpu/internal/inventory"
)

func TestLabelsAreValidAndMarked(t *testing.T) {
	labels := For(2, inventory.Simulated)
	for key, value := range labels {
		for _, problem := range append(validation.IsQualifiedName(key), validation.IsValidLabelValue(value)...) {
			t.Errorf("%s=%s: %s", key, value, problem)
		}
	}
	for key, want := range map[string]string{
		"nvidia.com/gpu.present":              "true",
		"nvidia.com/gpu.count":                "2",
		"nvidia.com/gpu.product":              "SIMULATED-H100-80GB",
		"nvidia.com/gpu.memory":               "81920",
		"nvidia.com/gpu.compute.major":        "9",
		"nvidia.com/cuda.driver-version.full": "580.105.8",
		"ailab.conformance/simulated":         "true",
	} {
		if labels[key] != want {
			t.Errorf("%s: found %q, expected %q", key, labels[key], want)
		}
	}
}

func TestApplyLeavesOtherLabelsAlone(t *testing.T) {
	server := fakeapi.New(t)
	server.SetNode("worker", map[string]string{"own": "label", "nvidia.com/gpu.count": "9"})
	if err := Apply(context.Background(), server.Client, "worker", For(2, inventory.Simulated)); err != nil {
		t.Fatal(err)
	}
	found := server.NodeLabels("worker")
	if found["own"] != "label" || found["nvidia.com/gpu.count"] != "2" {
		t.Errorf("found %v", found)
	}
	err := Apply(context.Background(), server.Client, "missing", nil)
	if err == nil || !strings.Contains(err.Error(), `"missing"`) {
		t.Errorf("a missing node: %v", err)
	}
}
