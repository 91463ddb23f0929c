// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestWriteReplacesAndLeavesNothingElse(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file.json")
	for _, content := range []string{"old", "new"} {
		if err := Write(path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
		found, err := os.ReadFile(path)
		if err != nil || string(found) != content {
			t.Fatalf("found %q, %v", found, err)
		}
	}
	status, err := os.Stat(path)
	if err != nil || status.Mode() != 0o640 {
		t.Errorf("mode %v, %v", status.Mode(), err)
	}
	only(t, dir, "file.json")
}

func TestAFailedWriteKeepsTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file.json")
	if err := Write(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left on device")
	if err := write(path, 0o600, func(*os.File) error { return full }); !errors.Is(err, full) {
		t.Errorf("found error %v", err)
	}
	if found, _ := os.ReadFile(path); string(found) != "old" {
		t.Errorf("found %q", found)
	}
	only(t, dir, "file.json")
}

func TestCopyKeepsAFileThatIsRight(t *testing.T) {
	dir := t.TempDir()
	source, path := filepath.Join(dir, "source"), filepath.Join(dir, "copy")
	if err := os.WriteFile(source, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	copied := func() fs.FileInfo {
		if err := Copy(path, source, 0o755); err != nil {
			t.Fatal(err)
		}
		status, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return status
	}
	first := copied()
	if again := copied(); !os.SameFile(first, again) {
		t.Error("an equal file was replaced")
	}
	if err := os.WriteFile(source, []byte("two"), 0o600); err != nil {
		t.Fatal(err)
	}
	if changed := copied(); os.SameFile(first, changed) || changed.Mode() != 0o755 {
		t.Errorf("a changed source was not copied to a new file (mode %v)", changed.Mode())
	}
	if err := Copy(path, filepath.Join(dir, "missing"), 0o755); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing source: %v", err)
	}
}

func only(t *testing.T, dir, name string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != name {
		t.Errorf("found %v (%v), expected only %s", entries, err, name)
	}
}
