// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package dradriver

import (
	"context"
	"fmt"
	"maps"
	"slices"

	resourceapi "k8s.io/api/resource/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"

	"ailab.conformance/simgpu/internal/cdi"
	"ailab.conformance/simgpu/internal/checkpoint"
	"ailab.conformance/simgpu/internal/inventory"
)

// claims prepares and unprepares claims of one pool. Its state is what the checkpoint says, its effect the CDI specs.
// Not safe for concurrent use: the kubelet plugin helper serializes the calls.
type claims struct {
	client   kubernetes.Interface
	pool     string
	devices  []inventory.Device
	fault    Fault
	specs    cdi.Directory
	factory  cdi.Factory
	file     checkpoint.File
	prepared checkpoint.Claims
}

// restore reads the checkpoint and makes the CDI specs agree with it: specs are gone after a reboot (/var/run is in
// memory), and a spec without a claim is what a killed predecessor left.
func (c *claims) restore(ctx context.Context) error {
	prepared, err := c.file.Load()
	if err != nil {
		return err
	}
	c.prepared = prepared
	found, err := c.specs.Claims()
	if err != nil {
		return err
	}
	for _, uid := range found {
		if _, known := prepared[uid]; !known {
			klog.FromContext(ctx).Info("Removing the CDI spec of an unknown claim", "claimUID", uid)
			if err := c.specs.RemoveClaim(uid); err != nil {
				return err
			}
		}
	}
	for uid, claim := range prepared {
		if err := c.writeSpec(uid, claim); err != nil {
			// The node has fewer devices than before. Other claims must not wait for this one.
			klog.FromContext(ctx).Error(err, "Claim cannot be restored", "claimUID", uid)
		}
	}
	return nil
}

// prepare makes the devices of a claim available to containers. Calling it again for the same allocation changes
// nothing and returns the same.
func (c *claims) prepare(ctx context.Context, claim *resourceapi.ResourceClaim) (checkpoint.Claim, error) {
	uid := string(claim.UID)
	planned, err := plan(claim, c.pool, c.devices, c.fault)
	if err != nil {
		return checkpoint.Claim{}, err
	}
	if known, found := c.prepared[uid]; found && sameAllocation(known.Devices, planned) {
		return known, c.writeSpec(uid, known)
	}
	for _, device := range planned {
		if err := c.vacate(ctx, device, uid); err != nil {
			return checkpoint.Claim{}, fmt.Errorf("claim %s/%s: %w", claim.Namespace, claim.Name, err)
		}
	}
	fresh := checkpoint.Claim{Namespace: claim.Namespace, Name: claim.Name, Devices: planned}
	if err := c.writeSpec(uid, fresh); err != nil {
		return checkpoint.Claim{}, err
	}
	return fresh, c.remember(func(next checkpoint.Claims) { next[uid] = fresh })
}

// unprepare takes the devices of a claim back; of an unknown claim there is nothing to take.
func (c *claims) unprepare(uid string) error {
	if err := c.specs.RemoveClaim(uid); err != nil {
		return err
	}
	if _, known := c.prepared[uid]; !known {
		return nil
	}
	return c.remember(func(next checkpoint.Claims) { delete(next, uid) })
}

// vacate returns nil when no other claim holds the device. A holder that no longer exists in the API, or is no longer
// allocated, was lost with its unprepare call (a node that came back without its kubelet's state) and is unprepared now.
func (c *claims) vacate(ctx context.Context, device checkpoint.Device, self string) error {
	holder := c.prepared.Holder(device.Prepared, self)
	if holder == "" || device.Shared {
		return nil
	}
	known := c.prepared[holder]
	current, err := c.client.ResourceV1().ResourceClaims(known.Namespace).Get(ctx, known.Name, metav1.GetOptions{})
	switch {
	case err == nil && string(current.UID) == holder && current.Status.Allocation != nil:
		return fmt.Errorf("device %q is in use by claim %s/%s (%s)", device.Prepared, known.Namespace, known.Name, holder)
	case err != nil && !apierrors.IsNotFound(err):
		return fmt.Errorf("device %q is in use by claim %s/%s (%s), which cannot be read: %w",
			device.Prepared, known.Namespace, known.Name, holder, err)
	}
	klog.FromContext(ctx).Info("Unpreparing a claim that is gone", "claimUID", holder, "namespace", known.Namespace, "name", known.Name)
	return c.unprepare(holder)
}

// writeSpec puts the CDI spec of a prepared claim in place.
func (c *claims) writeSpec(uid string, claim checkpoint.Claim) error {
	var devices []inventory.Device
	for _, wanted := range claim.Devices {
		index := slices.IndexFunc(c.devices, func(device inventory.Device) bool { return device.Name() == wanted.Prepared })
		if index < 0 {
			return fmt.Errorf("claim %s/%s holds device %q, which node %q no longer has", claim.Namespace, claim.Name, wanted.Prepared, c.pool)
		}
		if !slices.Contains(devices, c.devices[index]) { // two requests may share a device by admin access
			devices = append(devices, c.devices[index])
		}
	}
	return c.specs.WriteClaim(uid, c.factory.Claim(uid, devices))
}

// remember changes the checkpoint, and the memory only once it is on disk.
func (c *claims) remember(change func(checkpoint.Claims)) error {
	next := maps.Clone(c.prepared)
	change(next)
	if err := c.file.Save(next); err != nil {
		return err
	}
	c.prepared = next
	return nil
}
