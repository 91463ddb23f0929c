// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package kube

import (
	"context"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// network is the way to an API server: nobody is reached at first, then somebody answers.
type network struct {
	unreachable int
	code        int
	body        string
	asked       int
}

func (n *network) RoundTrip(*http.Request) (*http.Response, error) {
	n.asked++
	if n.asked <= n.unreachable {
		return nil, syscall.ENETUNREACH
	}
	header := http.Header{"Content-Type": {"application/json"}}
	return &http.Response{StatusCode: n.code, Header: header, Body: io.NopCloser(strings.NewReader(n.body))}, nil
}

func (n *network) client(t *testing.T) kubernetes.Interface {
	t.Helper()
	client, err := kubernetes.NewForConfig(&rest.Config{Host: "http://192.0.2.1", Transport: n})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestANodeIsReadAsSoonAsSomebodyAnswers(t *testing.T) {
	way := &network{unreachable: 2, code: http.StatusOK, body: `{"kind":"Node","apiVersion":"v1","metadata":{"name":"gpu-1"}}`}
	node, err := Node(t.Context(), way.client(t), "gpu-1")
	if err != nil || node.Name != "gpu-1" || way.asked != 3 {
		t.Errorf("found %v, %v after %d requests: expected gpu-1 after 3", node, err, way.asked)
	}
}

func TestAnAnswerThatSaysNoIsNotAskedForAgain(t *testing.T) {
	way := &network{code: http.StatusNotFound, body: `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}`}
	_, err := Node(t.Context(), way.client(t), "gpu-1")
	if !apierrors.IsNotFound(err) || way.asked != 1 {
		t.Errorf("found %v after %d requests: expected not found after 1", err, way.asked)
	}
}

func TestWhoEndsWaitsForNoAnswer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	way := &network{unreachable: 1 << 30}
	if _, err := Node(ctx, way.client(t), "gpu-1"); err == nil {
		t.Errorf("found %v: expected an error", err)
	}
}
