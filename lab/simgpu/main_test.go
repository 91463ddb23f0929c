// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestCommands(t *testing.T) {
	for _, test := range []struct {
		arguments []string
		code      int
		message   string // in either output
	}{
		{[]string{"simgpu"}, 2, "usage:"},
		{[]string{"simgpu", "nonsense"}, 2, `unknown command "nonsense"`},
		{[]string{"simgpu", "version"}, 0, version},
		{[]string{"simgpu", "dra-driver", "--help"}, 0, "-node-name"},
		{[]string{"simgpu", "dra-driver", "--nonsense"}, 2, "flag provided but not defined"},
		{[]string{"simgpu", "dra-driver", "--node-name=worker", "surplus"}, 2, `arguments ["surplus"]`},
		{[]string{"simgpu", "device-plugin", "--node-name=worker", "--kubeconfig=/nonexistent"}, 1, "connect to the cluster"},
		{[]string{"simgpu", "exporter", "--help"}, 0, "-collect-interval"},
		{[]string{"simgpu", "exporter"}, 2, `node name ""`},
		{[]string{"simgpu", "exporter", "--node-name=worker", "--collect-interval=0s"}, 2, "collect interval 0s"},
		{[]string{"simgpu", "exporter", "--node-name=worker", "--kubeconfig=/nonexistent"}, 1, "connect to the cluster"},
		{[]string{"simgpu", "nvidia-smi", "--nonsense"}, 2, "nvidia-smi (SIMULATED)"},
		{[]string{"/usr/bin/nvidia-smi", "--help"}, 0, "lists the devices that this container may open"},
	} {
		var out, errs bytes.Buffer
		code := run(test.arguments, &out, &errs)
		if text := out.String() + errs.String(); code != test.code || !strings.Contains(text, test.message) {
			t.Errorf("%v: found %d, %q", test.arguments, code, text)
		}
	}
}
