// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package layout

import "path/filepath"

// Container says where things lie in a container that was given devices. Root is "" in a container; tests set it.
type Container struct {
	Root string
}

// DeviceDir is where containers expect NVIDIA's device nodes.
func (c Container) DeviceDir() string { return filepath.Join("/", c.Root, "dev") }

// IdentityDir is where the identity files of the container's devices are mounted.
func (c Container) IdentityDir() string {
	return filepath.Join("/", c.Root, "run/nvidia/simulated/gpus")
}

// SMI is where the nvidia-smi binary is mounted.
func (c Container) SMI() string { return filepath.Join("/", c.Root, "usr/bin/nvidia-smi") }
