// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package exclusive keeps two allocators from serving the devices of one node at the same time.
package exclusive

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Take locks the file at path in the name of holder until the returned function is called or the process ends.
//
// The node's label says who may serve the devices; while a label changes, the old allocator's process may still be
// there. A kernel lock (flock(2)) sees that and cannot be left behind by a process that was killed.
func Take(path, holder string) (release func() error, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("allocator lock: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			name, _ := io.ReadAll(io.LimitReader(file, 256))
			err = fmt.Errorf("held by %q, wanted by %q; one device must never have two allocators", name, holder)
		}
		return nil, fmt.Errorf("allocator lock %s: %w", path, errors.Join(err, file.Close()))
	}
	err = file.Truncate(0)
	if err == nil {
		_, err = file.WriteAt([]byte(holder), 0)
	}
	if err != nil {
		return nil, fmt.Errorf("allocator lock %s: %w", path, errors.Join(err, file.Close()))
	}
	return file.Close, nil
}
