// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package smi

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ailab.conformance/simgpu/internal/devnode"
	"ailab.conformance/simgpu/internal/identity"
	"ailab.conformance/simgpu/internal/inventory"
	"ailab.conformance/simgpu/internal/layout"
)

// node is a device node as the kernel would present it.
type node struct {
	kind         uint32 // of file, S_IFCHR and so on
	major, minor uint32
	open         error // of open(2)
}

// container makes a file system with the named device nodes and identities, and a kernel that answers for them.
func container(t *testing.T, nodes map[string]node, identities ...inventory.Device) (kernel, layout.Container) {
	t.Helper()
	made := layout.Container{Root: t.TempDir()}
	for _, dir := range []string{made.DeviceDir(), made.IdentityDir()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name := range nodes {
		if err := os.WriteFile(filepath.Join(made.DeviceDir(), name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, device := range identities {
		if err := identity.Write(made.IdentityDir(), identity.Of(device, inventory.Simulated)); err != nil {
			t.Fatal(err)
		}
	}
	return kernel{
		open: func(path string) error { return nodes[filepath.Base(path)].open },
		stat: func(path string) (unix.Stat_t, error) {
			found := nodes[filepath.Base(path)]
			return unix.Stat_t{Mode: found.kind | 0o666, Rdev: unix.Mkdev(found.major, found.minor)}, nil
		},
	}, made
}

func TestTheKernelDecidesWhatIsVisible(t *testing.T) {
	for _, test := range []struct {
		err     error
		visible bool
	}{
		{nil, true},
		{unix.ENXIO, true},   // let through, no driver answers
		{unix.EPERM, false},  // device cgroup
		{unix.EACCES, false}, // file mode, or a file system without devices
		{unix.ENOENT, false},
		{unix.ENODEV, false},
		{unix.EIO, false},
		{unix.EMFILE, false},
	} {
		k, root := container(t, map[string]node{"nvidia0": {unix.S_IFCHR, devnode.Major, 0, test.err}}, inventory.Device{UUID: "GPU-zero"})
		devices, refusals, err := k.find(root)
		if err != nil || (len(devices) == 1) != test.visible || (len(refusals) == 0) != test.visible {
			t.Errorf("open gives %v: found %v, refused %v, %v", test.err, devices, refusals, err)
		}
	}
}

func TestOnlyDeviceNodesCount(t *testing.T) {
	mine := inventory.Device{Index: 1, UUID: "GPU-one"}
	k, root := container(t, map[string]node{
		"nvidia1":    {kind: unix.S_IFCHR, major: devnode.Major, minor: 1, open: unix.ENXIO},
		"nvidia2":    {kind: unix.S_IFREG},                                                     // a file named like a device
		"nvidia3":    {kind: unix.S_IFCHR, major: 1, minor: 3},                                 // /dev/null by another name
		"nvidia4":    {kind: unix.S_IFCHR, major: devnode.Major, minor: 1, open: unix.ENXIO},   // nvidia1 a second time
		"nvidia5":    {kind: unix.S_IFBLK, major: devnode.Major, minor: 5, open: nil},          // a block device
		"nvidia6":    {kind: unix.S_IFCHR, major: devnode.Major, minor: 6, open: unix.EPERM},   // made with mknod
		"nvidiactl":  {kind: unix.S_IFCHR, major: devnode.Major, minor: 255, open: unix.ENXIO}, // not a GPU
		"nvidia-uvm": {kind: unix.S_IFCHR, major: 511, minor: 0},
	}, mine, inventory.Device{Index: 6, UUID: "GPU-forged"})
	devices, refusals, err := k.find(root)
	if err != nil || len(devices) != 1 || devices[0].UUID != mine.UUID {
		t.Errorf("found %+v, %v", devices, err)
	}
	if len(refusals) != 4 {
		t.Errorf("refused %v", refusals)
	}
}

func TestADeviceWithoutIdentityIsListedWithoutName(t *testing.T) {
	k, root := container(t, map[string]node{"nvidia0": {unix.S_IFCHR, devnode.Major, 0, unix.ENXIO}})
	var out, errs bytes.Buffer
	if code := run(k, root, []string{"-L"}, &out, &errs); code != exitSuccess || out.String() != "GPU 0: SIMULATED (UUID: [N/A])\n" {
		t.Errorf("found %d %q", code, out.String())
	}
	if !strings.Contains(errs.String(), "no identity") {
		t.Errorf("found %q", errs.String())
	}
}

func TestOutput(t *testing.T) {
	k, root := container(t, map[string]node{
		"nvidia3": {unix.S_IFCHR, devnode.Major, 3, unix.ENXIO},
		"nvidia1": {unix.S_IFCHR, devnode.Major, 1, unix.ENXIO},
	}, inventory.Device{Index: 1, UUID: "GPU-one"}, inventory.Device{Index: 3, UUID: "GPU-three"})
	for _, test := range []struct {
		arguments []string
		out       string
	}{
		{[]string{"-L"}, "GPU 0: SIMULATED-H100-80GB (UUID: GPU-one)\nGPU 1: SIMULATED-H100-80GB (UUID: GPU-three)\n"},
		{[]string{"--list-gpus"}, "GPU 0: SIMULATED-H100-80GB (UUID: GPU-one)\nGPU 1: SIMULATED-H100-80GB (UUID: GPU-three)\n"},
		{
			[]string{"--query-gpu=index,uuid,name,memory.total", "--format=csv"},
			"index, uuid, name, memory.total [MiB]\n0, GPU-one, SIMULATED-H100-80GB, 81920 MiB\n1, GPU-three, SIMULATED-H100-80GB, 81920 MiB\n",
		},
		{
			[]string{"--query-gpu=index,uuid,name,memory.total", "--format=csv,noheader"},
			"0, GPU-one, SIMULATED-H100-80GB, 81920 MiB\n1, GPU-three, SIMULATED-H100-80GB, 81920 MiB\n",
		},
		{[]string{"--query-gpu", "gpu_uuid, count, compute_cap", "--format", "csv,nounits"}, "uuid, count, compute_cap\nGPU-one, 2, 9.0\nGPU-three, 2, 9.0\n"},
		{[]string{"--query-gpu=memory.total", "--format=csv,noheader,nounits"}, "81920\n81920\n"},
	} {
		var out, errs bytes.Buffer
		if code := run(k, root, test.arguments, &out, &errs); code != exitSuccess || out.String() != test.out || errs.Len() > 0 {
			t.Errorf("%v: found %d, %q, %q", test.arguments, code, out.String(), errs.String())
		}
	}
	var table, errs bytes.Buffer
	if code := run(k, root, nil, &table, &errs); code != exitSuccess {
		t.Errorf("table: %d, %s", code, errs.String())
	}
	for _, part := range []string{"SIMULATED: no hardware", "Driver Version: 580.105.8", "CUDA Version: 13.0", "/nvidia3", "81920 MiB"} {
		if !strings.Contains(table.String(), part) {
			t.Errorf("the table has no %q:\n%s", part, table.String())
		}
	}
}

func TestNothingFound(t *testing.T) {
	k, root := container(t, map[string]node{"nvidia0": {unix.S_IFCHR, devnode.Major, 0, unix.EPERM}})
	for _, arguments := range [][]string{{"-L"}, {}, {"--query-gpu=uuid", "--format=csv"}} {
		var out, errs bytes.Buffer
		code := run(k, root, arguments, &out, &errs)
		if code != exitNotFound || out.String() != "No devices were found (SIMULATED)\n" {
			t.Errorf("%v: found %d, %q", arguments, code, out.String())
		}
		if !strings.Contains(errs.String(), "nvidia0 is not listed: open: operation not permitted") {
			t.Errorf("%v: the refusal is not told: %q", arguments, errs.String())
		}
	}
}

func TestArguments(t *testing.T) {
	k, root := container(t, nil)
	for arguments, message := range map[string]string{
		"--query-gpu=temperature --format=csv": `field "temperature" is not a valid field to query`,
		"--query-gpu=uuid":                     "needs --format=csv",
		"--query-gpu=uuid --format=xml":        `format "xml" is not valid`,
		"--query-gpu=uuid --format=noheader":   "needs --format=csv",
		"--format=csv":                         "not valid without --query-gpu",
		"-L --query-gpu=uuid --format=csv":     "exclude each other",
		"--gpu-reset":                          "not defined: -gpu-reset",
		"dmon":                                 `argument "dmon" is not valid`,
	} {
		var out, errs bytes.Buffer
		if code := run(k, root, strings.Fields(arguments), &out, &errs); code != exitArgument || !strings.Contains(errs.String(), message) || out.Len() > 0 {
			t.Errorf("%s: found %d, %q, %q", arguments, code, out.String(), errs.String())
		}
	}
	var out, errs bytes.Buffer
	if code := run(k, root, []string{"--help"}, &out, &errs); code != exitSuccess || !strings.Contains(errs.String(), "SIMULATED") {
		t.Errorf("help: found %d, %q", code, errs.String())
	}
}
