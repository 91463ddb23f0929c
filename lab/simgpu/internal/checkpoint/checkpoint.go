// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package checkpoint remembers which claims the DRA driver has prepared.
//
// The kubelet may ask a restarted driver for a claim that its predecessor prepared, and unprepare calls carry only the
// claim's UID, so this is the one thing that the driver cannot compute anew (KEP-4381, "Kubelet plugin").
package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"ailab.conformance/simgpu/internal/atomicfile"
)

// format is the version of the file's format; files of another version are refused, not guessed at.
const format = 1

// Device is a device that was prepared for a claim.
type Device struct {
	Request  string `json:"request"`  // name in the claim, with the subrequest if there is one
	Pool     string `json:"pool"`     // as allocated
	Device   string `json:"device"`   // as allocated
	Prepared string `json:"prepared"` // name of the device that containers get
	Shared   bool   `json:"shared"`   // allocated with admin access: others may hold the device too
}

// Claim is a prepared claim.
type Claim struct {
	Namespace string   `json:"namespace"`
	Name      string   `json:"name"`
	Devices   []Device `json:"devices"`
}

// Claims are the prepared claims by UID.
type Claims map[string]Claim

// Holder returns the UID of a claim other than self that holds the prepared device for itself, or "".
func (c Claims) Holder(prepared, self string) string {
	for uid, claim := range c {
		if uid == self {
			continue
		}
		for _, device := range claim.Devices {
			if device.Prepared == prepared && !device.Shared {
				return uid
			}
		}
	}
	return ""
}

// File is the path of the checkpoint.
type File string

type content struct {
	Format int    `json:"format"`
	Claims Claims `json:"claims"`
}

// Load returns the remembered claims; no file means none. A file that cannot be understood is an error, because a
// driver that forgot its claims would give their devices away a second time.
func (f File) Load() (Claims, error) {
	data, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return Claims{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	var found content
	err = json.Unmarshal(data, &found)
	if err == nil && found.Format != format {
		err = fmt.Errorf("found format %d, expected %d", found.Format, format)
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w; delete the file once no pod with a claim is left on this node", f, err)
	}
	if found.Claims == nil {
		found.Claims = Claims{}
	}
	return found.Claims, nil
}

// Save replaces the file, whole or not at all.
func (f File) Save(claims Claims) error {
	data, err := json.MarshalIndent(content{Format: format, Claims: claims}, "", "  ")
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return atomicfile.Write(string(f), append(data, '\n'), 0o600)
}
