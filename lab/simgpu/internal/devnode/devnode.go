// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package devnode makes the device nodes that stand for simulated devices.
//
// A simulated device is a real character device with NVIDIA's major number and no driver behind it. What open() says
// about it is decided by the kernel alone: ENXIO (no driver) where the container's device cgroup lets the call through,
// EPERM where not. So isolation is measured on the same mechanism that guards real devices.
package devnode

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"ailab.conformance/simgpu/internal/atomicfile"
)

// Major is NVIDIA's major number for GPU devices (Linux, Documentation/admin-guide/devices.txt: char 195).
const Major = 195

// Mode lets every user of a container open the device, as NVIDIA's driver does; the device cgroup is the guard.
const Mode fs.FileMode = 0o666

// Ensure makes the character device Major:minor at path, in an existing directory. A node that is right already stays
// as it is; anything else at that path is replaced at once by a rename, so that no reader finds it missing.
func Ensure(path string, minor uint32) error {
	if right(path, minor) {
		return nil
	}
	temporary := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
	if err := atomicfile.Remove(temporary); err != nil {
		return fmt.Errorf("device node %s: %w", path, err)
	}
	if err := unix.Mknod(temporary, unix.S_IFCHR|uint32(Mode.Perm()), int(unix.Mkdev(Major, minor))); err != nil {
		return fmt.Errorf("device node %s (character device %d:%d): mknod: %w; the process needs CAP_MKNOD and a file system for devices",
			path, Major, minor, err)
	}
	err := os.Chmod(temporary, Mode) // the umask took bits from mknod's mode
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return fmt.Errorf("device node %s: %w", path, errors.Join(err, atomicfile.Remove(temporary)))
	}
	return nil
}

// right says whether path is the wanted device node with the wanted mode.
func right(path string, minor uint32) bool {
	var found unix.Stat_t
	if err := unix.Lstat(path, &found); err != nil {
		return false
	}
	return found.Mode == unix.S_IFCHR|uint32(Mode.Perm()) && found.Rdev == unix.Mkdev(Major, minor)
}

// Path is the device node of a minor number in a directory, on a node and in a container alike.
func Path(dir string, minor uint32) string {
	return filepath.Join(dir, fmt.Sprintf("nvidia%d", minor))
}
