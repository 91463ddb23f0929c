// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package exporter

import (
	"context"
	"errors"

	"ailab.conformance/simgpu/internal/holders"
	"ailab.conformance/simgpu/internal/inventory"
)

// silent is a kubelet that does not answer.
type silent struct{}

func (silent) List(context.Context, []inventory.Device) (map[string][]holders.Holder, error) {
	return nil, errors.New("the kubelet is silent")
}
