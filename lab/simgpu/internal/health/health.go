// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package health tells the kubelet's probes whether the program serves its node.
package health

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// Condition is one thing that must hold for the program to be ready.
type Condition struct {
	Name string
	// Check returns nil when the condition holds, else what is missing. It is called for each probe.
	Check func(context.Context) error
}

// Handler answers GET /readyz: 200 when all conditions hold, else 503 with one line per condition that does not.
func Handler(conditions ...Condition) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(response http.ResponseWriter, request *http.Request) {
		var missing []string
		for _, condition := range conditions {
			if err := condition.Check(request.Context()); err != nil {
				missing = append(missing, fmt.Sprintf("%s: %v\n", condition.Name, err))
			}
		}
		if len(missing) > 0 {
			response.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(response, strings.Join(missing, ""))
			return
		}
		fmt.Fprintln(response, "ready")
	})
	return mux
}

// Serve answers on listener until ctx ends, and closes it. The error is nil when it ended because of ctx.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("health endpoint: %w", err)
	}
	return nil
}
