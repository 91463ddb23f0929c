// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package smi

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"

	"golang.org/x/sys/unix"

	"ailab.conformance/simgpu/internal/devnode"
	"ailab.conformance/simgpu/internal/identity"
	"ailab.conformance/simgpu/internal/layout"
	"ailab.conformance/simgpu/internal/mark"
)

// unknown stands for what a device's missing identity file would say.
const unknown = "[N/A]"

// Device is a device that this process may open.
type Device struct {
	identity.Identity
	Path string // of the device node
}

// Refusal is a device node that this process may not use, and why.
type Refusal struct {
	Path string
	Err  error
}

func (r Refusal) String() string { return fmt.Sprintf("%s is not listed: %v", r.Path, r.Err) }

// kernel is what decides about devices. Tests put their own in place.
type kernel struct {
	open func(path string) error
	stat func(path string) (unix.Stat_t, error)
}

// linux asks the running kernel.
var linux = kernel{
	open: func(path string) error {
		descriptor, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		return unix.Close(descriptor)
	},
	stat: func(path string) (found unix.Stat_t, err error) {
		err = unix.Stat(path, &found)
		return found, err
	},
}

// allowed says whether the result of open(2) on a device node means that the process may use the device.
//
// ENXIO comes from the kernel after every permission check: the device cgroup and the file's mode let the call through,
// and no driver answers the major number. EPERM is the device cgroup, EACCES the file's mode.
func allowed(err error) bool {
	return err == nil || errors.Is(err, unix.ENXIO)
}

var numbered = regexp.MustCompile(`^nvidia[0-9]+$`)

// find sorts the numbered device nodes of a container into those that open and those that do not, by minor number.
//
// A device is known by the numbers of its node, not by the node's name: a file of another type or another major is no
// device, and two nodes with one minor are one device.
func (k kernel) find(container layout.Container) ([]Device, []Refusal, error) {
	paths, err := filepath.Glob(filepath.Join(container.DeviceDir(), "nvidia*"))
	if err != nil {
		return nil, nil, fmt.Errorf("look for device nodes: %w", err)
	}
	var devices []Device
	var refusals []Refusal
	for _, path := range paths {
		if !numbered.MatchString(filepath.Base(path)) {
			continue
		}
		minor, err := k.try(path)
		if err != nil {
			refusals = append(refusals, Refusal{Path: path, Err: err})
			continue
		}
		if slices.ContainsFunc(devices, func(device Device) bool { return device.Minor == minor }) {
			continue
		}
		who, err := identity.Read(container.IdentityDir(), minor)
		if err != nil {
			refusals = append(refusals, Refusal{Path: path, Err: fmt.Errorf("by name, because it has no identity here: %w", err)})
			who = identity.Identity{Minor: minor, UUID: unknown, Product: mark.Word, DriverVersion: unknown, CUDAVersion: unknown, ComputeCapability: unknown}
		}
		devices = append(devices, Device{Identity: who, Path: path})
	}
	slices.SortFunc(devices, func(a, b Device) int { return cmp.Compare(a.Minor, b.Minor) })
	return devices, refusals, nil
}

// try opens one device node and returns its minor number.
func (k kernel) try(path string) (uint32, error) {
	status, err := k.stat(path)
	if err != nil {
		return 0, err
	}
	if status.Mode&unix.S_IFMT != unix.S_IFCHR || unix.Major(status.Rdev) != devnode.Major {
		return 0, fmt.Errorf("not a character device with major %d", devnode.Major)
	}
	if err := k.open(path); !allowed(err) {
		return 0, fmt.Errorf("open: %w", err)
	}
	return unix.Minor(status.Rdev), nil
}
