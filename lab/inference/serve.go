// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"ailab.conformance/inference/internal/flags"
	"ailab.conformance/inference/internal/meter"
	"ailab.conformance/inference/internal/openai"
	"ailab.conformance/inference/internal/pace"
	"ailab.conformance/inference/internal/queue"
)

// settings are the flags of serve.
type settings struct {
	address, model, backend string
	running, waiting, cache int
	pace                    pace.Pace
	bound, drain            time.Duration
}

func parse(arguments []string, errs io.Writer) (settings, error) {
	var s settings
	hostname, err := os.Hostname() // a pod's is its name
	if err != nil {
		return s, err
	}
	set := flags.Set("serve", errs)
	set.StringVar(&s.address, "address", ":8000", "`host:port` to listen at")
	set.StringVar(&s.model, "model", "ailab-stub", "`name` of the model to answer for")
	set.StringVar(&s.backend, "backend", hostname, "`name` of this stub, in answers")
	set.IntVar(&s.running, "max-running", 4, "requests at work at a time")
	set.IntVar(&s.waiting, "max-waiting", 64, "requests that wait; further ones get status 429")
	set.IntVar(&s.cache, "cache-tokens", 8192, "tokens that the simulated key-value cache holds")
	set.DurationVar(&s.pace.First, "time-to-first-token", 20*time.Millisecond, "time to the first token, without the queue")
	set.DurationVar(&s.pace.Each, "time-per-token", 2*time.Millisecond, "time to each further token")
	set.DurationVar(&s.bound, "max-delay", 30*time.Second, "longest time that a request may ask for, by token")
	set.DurationVar(&s.drain, "drain", 5*time.Second, "how long to take requests after SIGTERM, until clients have learnt of it")
	if err := flags.Parse(set, arguments); err != nil {
		return s, err
	}
	if s.model == "" || s.backend == "" {
		return s, flags.Misused("found the model %q and the backend %q, expected a name for both", s.model, s.backend)
	}
	for _, duration := range []time.Duration{s.pace.First, s.pace.Each, s.bound, s.drain} {
		if duration < 0 {
			return s, flags.Misused("found the time %s, expected none below 0s", duration)
		}
	}
	return s, errors.Join(
		flags.AtLeast("max-running", s.running, 1), flags.AtLeast("max-waiting", s.waiting, 0), flags.AtLeast("cache-tokens", s.cache, 1),
	)
}

// serve answers requests until SIGTERM or SIGINT, and then those that were begun.
func serve(arguments []string, errs io.Writer) error {
	wanted, err := parse(arguments, errs)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", wanted.address)
	if err != nil {
		return err
	}
	fmt.Fprintf(errs, "inference-stub %s: SIMULATED model %q at %s\n", version, wanted.model, listener.Addr())
	return answer(ctx, listener, wanted)
}

// answer serves on a listener until the context ends.
func answer(ctx context.Context, listener net.Listener, wanted settings) error {
	counts := meter.New(wanted.model, wanted.cache)
	stub := &openai.Server{
		Model: wanted.model, Backend: wanted.backend, Pace: wanted.pace, Bound: wanted.bound,
		Queue: queue.New(wanted.running, wanted.waiting, counts), Meter: counts,
	}
	server := &http.Server{Handler: stub.Handler(), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stub.Drain()
	time.Sleep(wanted.drain)
	ended, cancel := context.WithTimeout(context.Background(), 2*wanted.bound)
	defer cancel()
	return server.Shutdown(ended)
}
