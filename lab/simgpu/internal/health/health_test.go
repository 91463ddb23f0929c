// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package health

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestHandlerSaysWhatIsMissing(t *testing.T) {
	var registered error = errors.New("not asked yet")
	handler := Handler(
		Condition{Name: "published", Check: func(context.Context) error { return nil }},
		Condition{Name: "registered", Check: func(context.Context) error { return registered }},
	)
	ask := func() (int, string) {
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		return response.Code, response.Body.String()
	}
	if code, body := ask(); code != http.StatusServiceUnavailable || body != "registered: not asked yet\n" {
		t.Errorf("found %d %q", code, body)
	}
	registered = nil
	if code, body := ask(); code != http.StatusOK || body != "ready\n" {
		t.Errorf("found %d %q", code, body)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, listener, Handler()) }()
	response, err := http.Get("http://" + listener.Addr().String() + "/readyz")
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("found %v, %v", response, err)
	}
	response.Body.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
