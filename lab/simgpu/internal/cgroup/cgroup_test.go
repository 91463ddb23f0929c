// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package cgroup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func tree(t *testing.T, files map[string]string) Tree {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Tree(root)
}

func TestOf(t *testing.T) {
	for class, want := range map[string]string{
		"Guaranteed": "kubepods/poduid/id",
		"Burstable":  "kubepods/burstable/poduid/id",
		"BestEffort": "kubepods/besteffort/poduid/id",
	} {
		if found := Of(class, "uid", "id"); found != want {
			t.Errorf("%s: found %s, expected %s", class, found, want)
		}
	}
}

func TestReadOfBothVersions(t *testing.T) {
	for name, root := range map[string]Tree{
		"version 1": tree(t, map[string]string{
			"cpuacct/group/cpuacct.usage":   "1500000000\n",
			"cpu/group/cpu.cfs_quota_us":    "20000\n",
			"cpu/group/cpu.cfs_period_us":   "100000\n",
			"memory/group/memory.stat":      "cache 99\nrss 4096\ntotal_rss 8192\n",
			"cpuacct/without/cpuacct.usage": "7",
		}),
		"version 2": tree(t, map[string]string{
			"cgroup.controllers": "cpu memory\n",
			"group/cpu.stat":     "usage_usec 1500000\nuser_usec 1\n",
			"group/cpu.max":      "20000 100000\n",
			"group/memory.stat":  "anon 8192\nfile 99\n",
		}),
	} {
		if use, err := root.Read("group"); err != nil || use != (Use{CPU: 1500 * time.Millisecond, Limit: 0.2, Resident: 8192}) {
			t.Errorf("%s: found %+v, %v", name, use, err)
		}
		if _, err := root.Read("gone"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a cgroup that is gone: found %v", name, err)
		}
	}
}

func TestNoLimit(t *testing.T) {
	for _, quota := range []string{"max", "-1", "0", ""} {
		if found := share(quota, "100000"); found != 0 {
			t.Errorf("quota %q: found %v CPUs", quota, found)
		}
	}
}

func TestUnreadableFilesAreNamed(t *testing.T) {
	root := tree(t, map[string]string{"cgroup.controllers": "", "group/cpu.stat": "user_usec 1\n", "word/cpu.stat": "usage_usec one\n"})
	for _, group := range []string{"group", "word"} {
		if _, err := root.Read(group); err == nil || !strings.Contains(err.Error(), "cpu.stat") {
			t.Errorf("%s: found %v", group, err)
		}
	}
}
