// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package checkpoint

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var claims = Claims{
	"uid-1": {Namespace: "ns", Name: "one", Devices: []Device{{Request: "gpu", Pool: "node", Device: "gpu-0", Prepared: "gpu-1"}}},
	"uid-2": {Namespace: "ns", Name: "two", Devices: []Device{{Request: "gpu", Pool: "node", Device: "gpu-2", Prepared: "gpu-2", Shared: true}}},
}

func TestLoadReturnsWhatWasSaved(t *testing.T) {
	file := File(filepath.Join(t.TempDir(), "checkpoint.json"))
	if found, err := file.Load(); err != nil || found == nil || len(found) != 0 {
		t.Errorf("no file: found %v, %v", found, err)
	}
	if err := file.Save(claims); err != nil {
		t.Fatal(err)
	}
	if found, err := file.Load(); err != nil || !reflect.DeepEqual(found, claims) {
		t.Errorf("found %v, %v", found, err)
	}
}

func TestLoadRefusesWhatItCannotUnderstand(t *testing.T) {
	file := File(filepath.Join(t.TempDir(), "checkpoint.json"))
	for _, content := range []string{"", "{", `{"format":2,"claims":{}}`, `{"claims":{}}`, `[]`} {
		if err := os.WriteFile(string(file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := file.Load(); err == nil || !strings.Contains(err.Error(), string(file)) {
			t.Errorf("content %q: error %v does not name the file", content, err)
		}
	}
}

func TestHolder(t *testing.T) {
	for _, test := range []struct{ device, self, holder string }{
		{"gpu-1", "uid-9", "uid-1"}, // by the prepared device, not by the allocated one
		{"gpu-0", "uid-9", ""},
		{"gpu-1", "uid-1", ""}, // nobody but the claim itself
		{"gpu-2", "uid-9", ""}, // admin access holds nothing
	} {
		if found := claims.Holder(test.device, test.self); found != test.holder {
			t.Errorf("%+v: found %q", test, found)
		}
	}
}
