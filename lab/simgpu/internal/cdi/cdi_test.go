// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package cdi

import (
	"os"
	"path/filepath"
	"testing"

	"ailab.conformance/simgpu/internal/inventory"
	"ailab.conformance/simgpu/internal/layout"
)

var devices = []inventory.Device{{Index: 0, UUID: "GPU-zero"}, {Index: 1, UUID: "GPU-one"}}

func TestSpecsAreAsRecorded(t *testing.T) {
	dir := Directory(t.TempDir())
	factory := Factory{Layout: layout.Default()}
	if err := dir.WriteClaim("claim-uid", factory.Claim("claim-uid", devices[1:])); err != nil {
		t.Fatal(err)
	}
	if err := dir.WriteNode(factory.Node(devices)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"simulated-claim-claim-uid.json", "simulated-node.json"} {
		want, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		found, err := os.ReadFile(filepath.Join(string(dir), name))
		if err != nil {
			t.Fatal(err)
		}
		if string(found) != string(want) {
			t.Errorf("%s: found\n%s\nexpected\n%s", name, found, want)
		}
	}
}

func TestDirectoryTouchesOnlyItsOwnSpecs(t *testing.T) {
	path := t.TempDir()
	foreign := filepath.Join(path, "nvidia.yaml")
	if err := os.WriteFile(foreign, []byte("kind: other"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := Directory(path)
	for _, uid := range []string{"a", "b"} {
		if err := dir.WriteClaim(uid, Factory{}.Claim(uid, devices)); err != nil {
			t.Fatal(err)
		}
	}
	if err := dir.WriteNode(Factory{}.Node(devices)); err != nil {
		t.Fatal(err)
	}
	if claims, err := dir.Claims(); err != nil || len(claims) != 2 || claims[0] != "a" || claims[1] != "b" {
		t.Errorf("found claims %v, %v", claims, err)
	}
	for range 2 { // removing twice is no error
		for _, err := range []error{dir.RemoveClaim("a"), dir.RemoveClaim("b"), dir.RemoveNode()} {
			if err != nil {
				t.Error(err)
			}
		}
	}
	entries, err := os.ReadDir(path)
	if err != nil || len(entries) != 1 || entries[0].Name() != "nvidia.yaml" {
		t.Errorf("found %v, %v", entries, err)
	}
}

func TestWriteMakesTheDirectory(t *testing.T) {
	dir := Directory(filepath.Join(t.TempDir(), "run", "cdi"))
	if err := dir.WriteNode(Factory{}.Node(devices)); err != nil {
		t.Error(err)
	}
}
