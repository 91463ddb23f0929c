// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Program simgpu simulates GPUs on the nodes of a Kubernetes lab.
//
//	simgpu dra-driver      serves a node's devices by dynamic resource allocation (driver gpu.nvidia.com)
//	simgpu device-plugin   serves a node's devices as the extended resource nvidia.com/gpu
//	simgpu exporter        tells how busy a node's devices are, in dcgm-exporter's text format
//	simgpu nvidia-smi      lists the devices that the container may open; also under the program name nvidia-smi
//
// Nothing that it serves is hardware, and everything that it serves says so: see package mark.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"ailab.conformance/simgpu/internal/smi"
)

// version is the version of the program and the tag of its image; the lab's image list and the manifests say the same.
const version = "0.2.0"

const usage = `usage: simgpu dra-driver|device-plugin|exporter [flags]   (--help lists them)
       simgpu nvidia-smi [-L | --query-gpu=… --format=csv]
       simgpu version
`

func main() {
	os.Exit(run(os.Args, os.Stdout, os.Stderr))
}

// run is main without the process: arguments[0] is the program's name. It returns the exit code.
func run(arguments []string, out, errs io.Writer) int {
	if filepath.Base(arguments[0]) == "nvidia-smi" {
		return smi.Main(arguments[1:], out, errs)
	}
	if len(arguments) < 2 {
		fmt.Fprint(errs, usage)
		return 2
	}
	switch command, rest := arguments[1], arguments[2:]; command {
	case "nvidia-smi":
		return smi.Main(rest, out, errs)
	case "dra-driver", "device-plugin":
		return serve(command, rest, errs)
	case "exporter":
		return export(rest, errs)
	case "version":
		fmt.Fprintln(out, version)
		return 0
	default:
		fmt.Fprintf(errs, "simgpu: unknown command %q\n%s", command, usage)
		return 2
	}
}
