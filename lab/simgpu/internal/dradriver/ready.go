// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package dradriver

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"google.golang.org/grpc"
	resourceapi "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/kubernetes"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

// registrationWatch remembers what the kubelet last said about this driver's registration. The helper's own record of
// it (RegistrationStatus) is not safe to read while the kubelet writes.
type registrationWatch struct {
	latest atomic.Pointer[registration.RegistrationStatus]
}

// intercept is a gRPC interceptor that lets every call through.
func (w *registrationWatch) intercept(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	if status, ok := request.(*registration.RegistrationStatus); ok {
		w.latest.Store(status)
	}
	return handle(ctx, request)
}

func (w *registrationWatch) check(context.Context) error {
	switch status := w.latest.Load(); {
	case status == nil:
		return errors.New("the kubelet has not asked yet; see the kubelet's log for the plugin registration directory")
	case !status.PluginRegistered:
		return fmt.Errorf("the kubelet refused: %s", status.Error)
	}
	return nil
}

// publication says whether the node's devices are to be seen in the API. It asks the API until they once were, so that
// an outage of the API server later does not make a driver unready that serves its node well.
type publication struct {
	client kubernetes.Interface
	node   string
	count  int
	seen   atomic.Bool
}

func (p *publication) check(ctx context.Context) error {
	if p.seen.Load() {
		return nil
	}
	selector := fields.Set{resourceapi.ResourceSliceSelectorDriver: Name, resourceapi.ResourceSliceSelectorNodeName: p.node}
	slices, err := p.client.ResourceV1().ResourceSlices().List(ctx, metav1.ListOptions{FieldSelector: selector.String()})
	if err != nil {
		return err
	}
	found := 0
	for _, slice := range slices.Items {
		found += len(slice.Spec.Devices)
	}
	if found != p.count {
		return fmt.Errorf("found %d devices in %d ResourceSlices of node %q, expected %d", found, len(slices.Items), p.node, p.count)
	}
	p.seen.Store(true)
	return nil
}
