// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package layout says where things lie on a node.
package layout

import "path/filepath"

// Layout names the directories that the program shares with the kubelet and the container runtime. They must have the
// same paths on the node and in the program's own container, because the runtime resolves what the program writes.
type Layout struct {
	Simulated     string // device nodes, identities and the nvidia-smi binary
	CDI           string // CDI specs; the container runtime's cdi_spec_dirs must name it
	Plugins       string // the kubelet's directory for data of plugins
	Registry      string // the kubelet's directory for registration sockets
	DevicePlugins string // the kubelet's directory for device plugin sockets
}

// Default returns the paths of a kubelet with root directory /var/lib/kubelet and a runtime with default CDI directories.
func Default() Layout {
	return Layout{
		Simulated:     "/run/nvidia/simulated",
		CDI:           "/var/run/cdi",
		Plugins:       "/var/lib/kubelet/plugins",
		Registry:      "/var/lib/kubelet/plugins_registry",
		DevicePlugins: "/var/lib/kubelet/device-plugins",
	}
}

// DeviceDir holds the character devices of the node.
func (l Layout) DeviceDir() string { return filepath.Join(l.Simulated, "dev") }

// IdentityDir holds one identity file per device of the node.
func (l Layout) IdentityDir() string { return filepath.Join(l.Simulated, "gpus") }

// SMI is the nvidia-smi binary that containers get.
func (l Layout) SMI() string { return filepath.Join(l.Simulated, "bin", "nvidia-smi") }

// AllocatorLock is the file whose lock an allocator holds while it serves the node's devices.
func (l Layout) AllocatorLock() string { return filepath.Join(l.Simulated, "allocator.lock") }

// PluginData is the directory for the data and the DRA socket of a driver.
func (l Layout) PluginData(driver string) string { return filepath.Join(l.Plugins, driver) }
