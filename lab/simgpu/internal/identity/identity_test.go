// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package identity

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"ailab.conformance/simgpu/internal/inventory"
)

func TestReadReturnsWhatWasWritten(t *testing.T) {
	dir := t.TempDir()
	device := inventory.Device{Index: 2, UUID: "GPU-one"}
	written := Of(device, inventory.Simulated)
	if err := Write(dir, written); err != nil {
		t.Fatal(err)
	}
	read, err := Read(dir, 2)
	if err != nil || read != written || !read.Simulated || read.UUID != "GPU-one" {
		t.Errorf("found %+v, %v", read, err)
	}
	if _, err := Read(dir, 3); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a device without identity: %v", err)
	}
}

func TestReadRefusesTheIdentityOfAnother(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"other minor": `{"simulated":true,"minor":1,"uuid":"GPU-one"}`,
		"unmarked":    `{"minor":0,"uuid":"GPU-one"}`,
		"no JSON":     `GPU-one`,
	} {
		if err := os.WriteFile(Path(dir, 0), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if found, err := Read(dir, 0); err == nil {
			t.Errorf("%s: found %+v, expected an error", name, found)
		}
	}
}
