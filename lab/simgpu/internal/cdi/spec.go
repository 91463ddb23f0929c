// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package cdi describes simulated devices to container runtimes.
//
// Source of the format: Container Device Interface specification, version 0.6.0 (the first with annotations).
package cdi

const (
	// Version is the CDI version of the specs; it is the lowest that knows every field in use.
	Version = "0.6.0"
	// ClaimKind is the kind of devices that were prepared for a ResourceClaim, as NVIDIA's DRA driver calls it.
	ClaimKind = "k8s.gpu.nvidia.com/claim"
	// NodeKind is the kind of the device plugin's devices, as NVIDIA's device plugin calls it.
	NodeKind = "nvidia.com/gpu"
)

// Spec is one CDI spec file.
type Spec struct {
	Version     string            `json:"cdiVersion"`
	Kind        string            `json:"kind"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Devices     []Device          `json:"devices"`
	Edits       Edits             `json:"containerEdits"`
}

// Device is a named device of a spec, and what a container gets with it.
type Device struct {
	Name        string            `json:"name"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Edits       Edits             `json:"containerEdits"`
}

// Edits are changes to a container. Those of a spec apply once to a container that gets any of its devices.
type Edits struct {
	Env         []string     `json:"env,omitempty"` // NAME=value
	DeviceNodes []DeviceNode `json:"deviceNodes,omitempty"`
	Mounts      []Mount      `json:"mounts,omitempty"`
}

// DeviceNode is a device file for the container, and by it an entry in its device cgroup.
type DeviceNode struct {
	Path        string `json:"path"`     // in the container
	HostPath    string `json:"hostPath"` // on the node, since CDI 0.5.0
	Type        string `json:"type"`     // "c": character device
	Major       int64  `json:"major"`
	Minor       int64  `json:"minor"`
	FileMode    uint32 `json:"fileMode"`    // permission bits
	Permissions string `json:"permissions"` // device cgroup: r, w, m
}

// Mount is a bind mount into the container.
type Mount struct {
	HostPath      string   `json:"hostPath"`
	ContainerPath string   `json:"containerPath"`
	Options       []string `json:"options,omitempty"`
}

// Qualified returns the name by which Kubernetes and runtimes ask for a device: kind=name.
func Qualified(kind, name string) string { return kind + "=" + name }
