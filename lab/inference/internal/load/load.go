// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package load sends requests to a gateway and counts who answered them: traffic for checks of routes and weights, from inside a
// cluster.
package load

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"ailab.conformance/inference/internal/flags"
)

// settings are the flags of load.
type settings struct {
	url, host, model, ca string
	connect              string
	headers              headers
	requests, workers    int
	stream               bool
	timeout              time.Duration
}

// Main runs the command and prints its report as one line of JSON. Answers of any status are results; the error says that no
// requests could be made at all.
func Main(arguments []string, out, errs io.Writer) error {
	wanted, err := parse(arguments, errs)
	if err != nil {
		return err
	}
	client, err := wanted.client()
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(send(context.Background(), client, wanted))
}

func parse(arguments []string, errs io.Writer) (settings, error) {
	s := settings{headers: headers{}}
	set := flags.Set("load", errs)
	set.StringVar(&s.url, "url", "", "where to send requests, for example `http://10.0.0.1/v1/chat/completions`")
	set.StringVar(&s.connect, "connect", "", "`host:port` to connect to in place of the URL's")
	set.StringVar(&s.host, "host", "", "`name` in the Host header, in place of the URL's")
	set.StringVar(&s.model, "model", "", "`name` of the model to ask; none: GET without a body")
	set.StringVar(&s.ca, "ca-file", "", "PEM `file` of the authorities to trust, for https")
	set.Var(s.headers, "header", "`name=value` of a header; may be given several times")
	set.IntVar(&s.requests, "requests", 1, "how many to send")
	set.IntVar(&s.workers, "concurrency", 4, "how many at a time, each over a connection of its own")
	set.BoolVar(&s.stream, "stream", false, "ask for streamed answers")
	set.DurationVar(&s.timeout, "timeout", 30*time.Second, "for one answer")
	if err := flags.Parse(set, arguments); err != nil {
		return s, err
	}
	if parsed, err := url.Parse(s.url); err != nil || parsed.Host == "" {
		return s, flags.Misused("--url: found %q, expected one such as http://10.0.0.1/v1/chat/completions", s.url)
	}
	if s.stream && s.model == "" {
		return s, flags.Misused("--stream: found no --model, expected one: only completions are streamed")
	}
	if err := flags.AtLeast("requests", s.requests, 1); err != nil {
		return s, err
	}
	return s, flags.AtLeast("concurrency", s.workers, 1)
}

// client keeps no connections: a gateway may tie all requests of one to a backend.
func (s settings) client() (*http.Client, error) {
	transport := &http.Transport{DisableKeepAlives: true}
	if s.connect != "" {
		transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, s.connect)
		}
	}
	if s.ca != "" {
		pem, err := os.ReadFile(s.ca)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, flags.Misused("--ca-file %s: found no certificate, expected PEM", s.ca)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	return &http.Client{
		Transport:     transport,
		Timeout:       s.timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// send makes all requests and returns the report.
func send(ctx context.Context, client *http.Client, wanted settings) *Report {
	report := newReport()
	todo := make(chan int, wanted.requests)
	for number := range wanted.requests {
		todo <- number
	}
	close(todo)
	started := time.Now()
	var workers sync.WaitGroup
	for range min(wanted.workers, wanted.requests) {
		workers.Go(func() {
			for number := range todo {
				report.add(ask(ctx, client, wanted, number))
			}
		})
	}
	workers.Wait()
	report.Seconds = time.Since(started).Seconds()
	return report
}
