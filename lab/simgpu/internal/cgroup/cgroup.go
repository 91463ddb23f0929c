// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package cgroup reads what the processes of one container use of a node (cgroups(7), versions 1 and 2).
package cgroup

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Use is what a cgroup has used up to now.
type Use struct {
	CPU      time.Duration // CPU time since the cgroup was made
	Limit    float64       // CPUs that it may use at once; 0 without a limit
	Resident int64         // anonymous memory that is resident, in bytes
}

// Tree is the directory where a node's cgroup file systems are mounted: one directory for each controller (version 1), or one for all.
type Tree string

// Of returns the path of a container's cgroup below each controller, as a kubelet with the cgroupfs driver names it
// (k8s.io/kubernetes pkg/kubelet/cm). The class is the pod's, as its status says (core/v1, PodQOSClass).
func Of(class, podUID, containerID string) string {
	parent := ""
	if class != "Guaranteed" {
		parent = strings.ToLower(class)
	}
	return filepath.Join("kubepods", parent, "pod"+podUID, containerID)
}

// Read returns what a cgroup uses. The error satisfies fs.ErrNotExist when there is no such cgroup.
func (t Tree) Read(path string) (Use, error) {
	if _, err := os.Stat(filepath.Join(string(t), "cgroup.controllers")); err == nil {
		return t.unified(path)
	}
	return t.split(path)
}

// unified reads version 2 (Linux, Documentation/admin-guide/cgroup-v2.rst).
func (t Tree) unified(path string) (Use, error) {
	group := filepath.Join(string(t), path)
	micros, err := field(filepath.Join(group, "cpu.stat"), "usage_usec")
	if err != nil {
		return Use{}, err
	}
	resident, err := field(filepath.Join(group, "memory.stat"), "anon")
	if err != nil {
		return Use{}, err
	}
	limit, err := os.ReadFile(filepath.Join(group, "cpu.max"))
	if err != nil {
		return Use{}, err
	}
	quota, period, _ := strings.Cut(strings.TrimSpace(string(limit)), " ")
	return Use{CPU: time.Duration(micros) * time.Microsecond, Limit: share(quota, period), Resident: resident}, nil
}

// split reads version 1 (Linux, Documentation/admin-guide/cgroup-v1 and Documentation/scheduler/sched-bwc.rst).
func (t Tree) split(path string) (Use, error) {
	nanos, err := number(filepath.Join(string(t), "cpuacct", path, "cpuacct.usage"))
	if err != nil {
		return Use{}, err
	}
	resident, err := field(filepath.Join(string(t), "memory", path, "memory.stat"), "total_rss")
	if err != nil {
		return Use{}, err
	}
	quota, err := os.ReadFile(filepath.Join(string(t), "cpu", path, "cpu.cfs_quota_us"))
	if err != nil {
		return Use{}, err
	}
	period, err := os.ReadFile(filepath.Join(string(t), "cpu", path, "cpu.cfs_period_us"))
	if err != nil {
		return Use{}, err
	}
	return Use{CPU: time.Duration(nanos), Limit: share(strings.TrimSpace(string(quota)), strings.TrimSpace(string(period))), Resident: resident}, nil
}

// share is the number of CPUs of a quota; "max" and -1 mean none.
func share(quota, period string) float64 {
	part, err := strconv.ParseFloat(quota, 64)
	whole, alsoErr := strconv.ParseFloat(period, 64)
	if err != nil || alsoErr != nil || part <= 0 || whole <= 0 {
		return 0
	}
	return part / whole
}

func number(path string) (int64, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	value, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return value, nil
}

func field(path, name string) (int64, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if key, text, found := strings.Cut(strings.TrimSpace(line), " "); found && key == name {
			value, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", path, err)
			}
			return value, nil
		}
	}
	return 0, fmt.Errorf("%s: found no line %q", path, name)
}
