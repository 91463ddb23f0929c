// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package kube

import (
	"context"

	resourceapi "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	resourceclient "k8s.io/client-go/kubernetes/typed/resource/v1"

	"ailab.conformance/simgpu/internal/mark"
)

// Marked returns a client that labels each ResourceSlice which it writes as simulated, and is otherwise the given one.
//
// The publisher of k8s.io/dynamic-resource-allocation has no option for labels on its slices; it does take an interface
// as its client, and this is the narrowest place between it and the API.
func Marked(client kubernetes.Interface) kubernetes.Interface {
	return markedClient{client}
}

type markedClient struct {
	kubernetes.Interface
}

func (c markedClient) ResourceV1() resourceclient.ResourceV1Interface {
	return markedGroup{c.Interface.ResourceV1()}
}

type markedGroup struct {
	resourceclient.ResourceV1Interface
}

func (g markedGroup) ResourceSlices() resourceclient.ResourceSliceInterface {
	return markedSlices{g.ResourceV1Interface.ResourceSlices()}
}

type markedSlices struct {
	resourceclient.ResourceSliceInterface
}

func (s markedSlices) Create(
	ctx context.Context, slice *resourceapi.ResourceSlice, options metav1.CreateOptions,
) (*resourceapi.ResourceSlice, error) {
	return s.ResourceSliceInterface.Create(ctx, withMark(slice), options)
}

func (s markedSlices) Update(
	ctx context.Context, slice *resourceapi.ResourceSlice, options metav1.UpdateOptions,
) (*resourceapi.ResourceSlice, error) {
	return s.ResourceSliceInterface.Update(ctx, withMark(slice), options)
}

// withMark returns a labelled copy: the caller's object may be in a cache.
func withMark(slice *resourceapi.ResourceSlice) *resourceapi.ResourceSlice {
	marked := slice.DeepCopy()
	marked.Labels = mark.Add(marked.Labels)
	return marked
}
