// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package dradriver

import (
	"context"
	"errors"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"
	"k8s.io/klog/v2"

	"ailab.conformance/simgpu/internal/cdi"
	"ailab.conformance/simgpu/internal/checkpoint"
)

// plugin answers the kubelet (k8s.io/dynamic-resource-allocation/kubeletplugin, DRAPlugin).
type plugin struct {
	claims *claims
	fatal  context.CancelCauseFunc
}

// PrepareResourceClaims prepares each claim by itself: the error of one does not keep the others from their devices.
func (p *plugin) PrepareResourceClaims(
	ctx context.Context, wanted []*resourceapi.ResourceClaim,
) (map[types.UID]kubeletplugin.PrepareResult, error) {
	results := make(map[types.UID]kubeletplugin.PrepareResult, len(wanted))
	for _, claim := range wanted {
		prepared, err := p.claims.prepare(ctx, claim)
		if err != nil {
			klog.FromContext(ctx).Error(err, "Claim not prepared", "claim", klog.KObj(claim), "claimUID", claim.UID)
			results[claim.UID] = kubeletplugin.PrepareResult{Err: err}
			continue
		}
		klog.FromContext(ctx).Info("Claim prepared", "claim", klog.KObj(claim), "claimUID", claim.UID, "devices", prepared.Devices)
		results[claim.UID] = kubeletplugin.PrepareResult{Devices: answer(claim.UID, prepared)}
	}
	return results, nil
}

// UnprepareResourceClaims takes back each claim by itself; unknown claims are fine.
func (p *plugin) UnprepareResourceClaims(
	ctx context.Context, unwanted []kubeletplugin.NamespacedObject,
) (map[types.UID]error, error) {
	results := make(map[types.UID]error, len(unwanted))
	for _, claim := range unwanted {
		err := p.claims.unprepare(string(claim.UID))
		klog.FromContext(ctx).Info("Claim unprepared", "claim", claim.String(), "error", err)
		results[claim.UID] = err
	}
	return results, nil
}

// HandleError ends the process for errors that retrying does not mend: the kubelet restarts the pod, and people see it.
func (p *plugin) HandleError(ctx context.Context, err error, message string) {
	utilruntime.HandleErrorWithContext(ctx, err, message)
	if !errors.Is(err, kubeletplugin.ErrRecoverable) {
		p.fatal(err)
	}
}

// answer names the devices of a prepared claim as the kubelet and the container runtime know them.
func answer(uid types.UID, prepared checkpoint.Claim) []kubeletplugin.Device {
	devices := make([]kubeletplugin.Device, 0, len(prepared.Devices))
	for _, device := range prepared.Devices {
		devices = append(devices, kubeletplugin.Device{
			Requests:     []string{device.Request},
			PoolName:     device.Pool,
			DeviceName:   device.Device,
			CDIDeviceIDs: []string{cdi.Qualified(cdi.ClaimKind, cdi.ClaimDevice(string(uid), device.Prepared))},
		})
	}
	return devices
}
