// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package cdi

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ailab.conformance/simgpu/internal/atomicfile"
)

// Names of spec files start so; a person who looks at the directory sees what is simulated.
const (
	claimPrefix = "simulated-claim-"
	nodeFile    = "simulated-node.json"
	extension   = ".json" // runtimes read no other but .yaml
)

// Directory is the runtime's directory of specs. Specs of other vendors lie in it too and are never touched.
type Directory string

// WriteClaim puts the spec of a claim's devices in place, whole or not at all.
func (d Directory) WriteClaim(claimUID string, spec Spec) error {
	return d.write(d.claimPath(claimUID), spec)
}

// RemoveClaim removes the spec of a claim; it may be gone already.
func (d Directory) RemoveClaim(claimUID string) error {
	return atomicfile.Remove(d.claimPath(claimUID))
}

// Claims lists the UIDs of the claims that have a spec.
func (d Directory) Claims() ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(string(d), claimPrefix+"*"+extension))
	if err != nil {
		return nil, fmt.Errorf("list CDI specs in %s: %w", d, err)
	}
	uids := make([]string, 0, len(paths))
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), extension)
		uids = append(uids, strings.TrimPrefix(name, claimPrefix))
	}
	return uids, nil
}

// WriteNode puts the spec of all devices of the node in place.
func (d Directory) WriteNode(spec Spec) error {
	return d.write(filepath.Join(string(d), nodeFile), spec)
}

// RemoveNode removes the spec of the node's devices; it may be gone already.
func (d Directory) RemoveNode() error {
	return atomicfile.Remove(filepath.Join(string(d), nodeFile))
}

func (d Directory) claimPath(claimUID string) string {
	return filepath.Join(string(d), claimPrefix+claimUID+extension)
}

func (d Directory) write(path string, spec Spec) error {
	data, err := json.MarshalIndent(spec, "", "  ")
	if err != nil {
		return fmt.Errorf("CDI spec %s: %w", path, err)
	}
	if err := os.MkdirAll(string(d), 0o755); err != nil {
		return fmt.Errorf("CDI spec %s: %w", path, err)
	}
	return atomicfile.Write(path, append(data, '\n'), 0o644)
}
