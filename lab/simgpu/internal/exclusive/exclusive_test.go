// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package exclusive

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestOnlyOneHolds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "allocator.lock")
	release, err := Take(path, "dra")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Take(path, "device-plugin"); err == nil || !strings.Contains(err.Error(), `held by "dra", wanted by "device-plugin"`) {
		t.Errorf("a second holder: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	release, err = Take(path, "device-plugin")
	if err != nil {
		t.Fatalf("after the release: %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}
