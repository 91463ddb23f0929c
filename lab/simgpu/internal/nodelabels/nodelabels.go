// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package nodelabels describes a node's devices by the labels that NVIDIA's GPU feature discovery would set.
//
// Source of the names: GPU feature discovery (part of NVIDIA's device plugin, v0.17), node feature discovery for the
// PCI vendor. Selectors and quotas written for real GPU nodes find simulated ones by them; the mark tells them apart.
package nodelabels

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"ailab.conformance/simgpu/internal/inventory"
	"ailab.conformance/simgpu/internal/mark"
)

// For returns the labels of a node with count devices of a product.
func For(count int, product inventory.Product) map[string]string {
	driver := strings.Split(product.DriverVersion, ".")
	cuda := strings.Split(product.CUDAVersion, ".")
	compute := strings.Split(product.ComputeCapability, ".")
	return mark.Add(map[string]string{
		"feature.node.kubernetes.io/pci-10de.present": "true",
		"nvidia.com/gpu.present":                      "true",
		"nvidia.com/gpu.count":                        strconv.Itoa(count),
		"nvidia.com/gpu.product":                      product.Name,
		"nvidia.com/gpu.memory":                       strconv.FormatInt(product.MemoryMiB, 10),
		"nvidia.com/gpu.family":                       strings.ToLower(product.Architecture),
		"nvidia.com/gpu.compute.major":                compute[0],
		"nvidia.com/gpu.compute.minor":                compute[1],
		"nvidia.com/gpu.replicas":                     "1",
		"nvidia.com/gpu.sharing-strategy":             "none",
		"nvidia.com/mig.capable":                      "false",
		"nvidia.com/cuda.driver-version.major":        driver[0],
		"nvidia.com/cuda.driver-version.minor":        driver[1],
		"nvidia.com/cuda.driver-version.revision":     driver[2],
		"nvidia.com/cuda.driver-version.full":         product.DriverVersion,
		"nvidia.com/cuda.runtime-version.major":       cuda[0],
		"nvidia.com/cuda.runtime-version.minor":       cuda[1],
		"nvidia.com/cuda.runtime-version.full":        cuda[0] + "." + cuda[1],
	})
}

// Apply sets labels on a node and leaves its other labels alone.
func Apply(ctx context.Context, client kubernetes.Interface, node string, labels map[string]string) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": labels}})
	if err != nil {
		return fmt.Errorf("labels of node %q: %w", node, err)
	}
	_, err = client.CoreV1().Nodes().Patch(ctx, node, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: "simgpu"})
	if err != nil {
		return fmt.Errorf("labels of node %q: %w", node, err)
	}
	return nil
}
