// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package devnode

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestUnanswered(t *testing.T) {
	const free = "Character devices:\n  1 mem\n  5 /dev/tty\n 10 misc\n\nBlock devices:\n  7 loop\n195 nonsense\n"
	if err := Unanswered(strings.NewReader(free)); err != nil {
		t.Errorf("a machine without the driver is refused: %v", err)
	}
	const driven = "Character devices:\n  1 mem\n195 nvidia\n195 nvidiactl\n\nBlock devices:\n  7 loop\n"
	if err := Unanswered(strings.NewReader(driven)); err == nil || !strings.Contains(err.Error(), `"nvidia"`) {
		t.Errorf("a machine with the driver: error %v", err)
	}
}

// The kernel itself must answer as the simulation assumes, so this test makes a real device node.
func TestEnsureMakesADeviceThatNoDriverAnswers(t *testing.T) {
	dir := t.TempDir()
	path := Path(dir, 3)
	if err := os.WriteFile(path, nil, 0o600); err != nil { // something else is in its place
		t.Fatal(err)
	}
	if err := Ensure(path, 3); errors.Is(err, unix.EPERM) {
		t.Skip("making device nodes needs CAP_MKNOD")
	} else if err != nil {
		t.Fatal(err)
	}
	var first, again unix.Stat_t
	if err := unix.Lstat(path, &first); err != nil {
		t.Fatal(err)
	}
	if first.Rdev != unix.Mkdev(195, 3) || first.Mode != unix.S_IFCHR|0o666 {
		t.Errorf("found device %d:%d, mode %o", unix.Major(first.Rdev), unix.Minor(first.Rdev), first.Mode)
	}
	if err := Ensure(path, 3); err != nil {
		t.Fatal(err)
	}
	if err := unix.Lstat(path, &again); err != nil || again.Ino != first.Ino {
		t.Errorf("a right node was replaced (%v)", err)
	}
	if _, err := unix.Open(path, unix.O_RDWR, 0); !errors.Is(err, unix.ENXIO) && !errors.Is(err, unix.EACCES) { // EACCES: file system mounted nodev
		t.Errorf("open: %v, expected %v", err, unix.ENXIO)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("found %v", entries)
	}
}
