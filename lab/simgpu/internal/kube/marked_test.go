// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package kube

import (
	"context"
	"testing"

	resourceapi "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"ailab.conformance/simgpu/internal/fakeapi"
)

func TestMarkedLabelsSlicesAsItWritesThem(t *testing.T) {
	ctx := context.Background()
	slices := Marked(fakeapi.New(t).Client).ResourceV1().ResourceSlices()
	mine := &resourceapi.ResourceSlice{ObjectMeta: metav1.ObjectMeta{GenerateName: "worker-"}}
	created, err := slices.Create(ctx, mine, metav1.CreateOptions{})
	if err != nil || created.Labels["ailab.conformance/simulated"] != "true" {
		t.Fatalf("created: found labels %v, %v", created.Labels, err)
	}
	if mine.Labels != nil {
		t.Error("the caller's object was changed")
	}
	created.Labels = map[string]string{"other": "label"}
	updated, err := slices.Update(ctx, created, metav1.UpdateOptions{})
	if err != nil || updated.Labels["ailab.conformance/simulated"] != "true" || updated.Labels["other"] != "label" {
		t.Errorf("updated: found labels %v, %v", updated.Labels, err)
	}
}
