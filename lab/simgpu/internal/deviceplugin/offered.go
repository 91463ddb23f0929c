// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package deviceplugin

import (
	"context"
	"fmt"

	"ailab.conformance/simgpu/internal/allocator"
	"ailab.conformance/simgpu/internal/kube"
)

// offered returns a check that the node's allocatable resources hold the devices. The kubelet reports them seconds after
// it follows the plugin, and until then the scheduler does not know of them.
func offered(opened *allocator.Allocator) func(context.Context) error {
	return func(ctx context.Context) error {
		node, err := kube.Node(ctx, opened.Client, opened.NodeName)
		if err != nil {
			return err
		}
		found := node.Status.Allocatable[Resource]
		if found.Value() != int64(len(opened.Devices)) {
			return fmt.Errorf("found %s allocatable %s, expected %d", found.String(), Resource, len(opened.Devices))
		}
		return nil
	}
}
