// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ailab.conformance/inference/internal/flags"
	"ailab.conformance/inference/internal/mark"
)

func report(t *testing.T, arguments ...string) *Report {
	t.Helper()
	var out bytes.Buffer
	if err := Main(arguments, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	found := newReport()
	if err := json.Unmarshal(out.Bytes(), found); err != nil {
		t.Fatal(err)
	}
	return found
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestAnswersAreCountedByWhoGaveThem(t *testing.T) {
	var number atomic.Int64
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "models.example" || r.Header.Get("X-Version") != "2" || r.Method != http.MethodPost {
			http.Error(w, "another request", http.StatusTeapot)
			return
		}
		if number.Add(1)%5 == 0 {
			w.Header().Set(mark.BackendHeader, "two")
			fmt.Fprint(w, `{"model": "m"}`)
			return
		}
		w.Header().Set(mark.Header, "true")
		w.Header().Set(mark.BackendHeader, "one")
		w.Header().Set(mark.DestinationHeader, "10.0.0.1:8000")
		w.WriteHeader(http.StatusAccepted)
	})
	found := report(t, "--url", url, "--host", "models.example", "--header", "X-Version=2", "--model", "m", "--requests", "50")
	want := map[string]map[string]int{"statuses": {"202": 40, "200": 10}, "backends": {"one": 40, "two": 10}, "models": {"m": 10}}
	for name, counts := range map[string]map[string]int{"statuses": found.Statuses, "backends": found.Backends, "models": found.Models} {
		if fmt.Sprint(counts) != fmt.Sprint(want[name]) {
			t.Errorf("%s: found %v, expected %v", name, counts, want[name])
		}
	}
	if found.Requests != 50 || found.Simulated != 40 || found.Destinations["10.0.0.1:8000"] != 40 || len(found.Errors) != 0 {
		t.Errorf("found %+v", found)
	}
}

func TestAStreamThatWasHeldBackIsTold(t *testing.T) {
	for _, held := range []bool{false, true} {
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			if held {
				time.Sleep(50 * time.Millisecond)
			}
			fmt.Fprint(w, "data: {\"model\": \"m\"}\n\n")
			w.(http.Flusher).Flush()
			if !held {
				time.Sleep(50 * time.Millisecond)
			}
			fmt.Fprint(w, "data: [DONE]\n\n")
		})
		found := report(t, "--url", url, "--model", "m", "--stream").Streams
		want := Streams{All: 1, Complete: 1}
		if held {
			want.Buffered = 1
		}
		if found != want {
			t.Errorf("held back %v: found %+v, expected %+v", held, found, want)
		}
	}
}

func TestAStreamThatBreaksOffIsNotComplete(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: {\"model\": \"m\"}\n\n")
	})
	if found := report(t, "--url", url, "--model", "m", "--stream").Streams; found.Complete != 0 || found.All != 1 {
		t.Errorf("found %+v", found)
	}
}

func TestNoAnswerIsAnErrorOfTheRequest(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	found := report(t, "--url", server.URL, "--requests", "3")
	if total := len(found.Statuses); total != 0 || len(found.Errors) == 0 {
		t.Errorf("found %+v", found)
	}
}

func TestWrongFlagsAreRefused(t *testing.T) {
	for _, arguments := range [][]string{
		{},
		{"--url", "no-host"},
		{"--url", "http://a", "--stream"},
		{"--url", "http://a", "--requests", "0"},
		{"--url", "http://a", "--concurrency", "0"},
		{"--url", "http://a", "--header", "no-value"},
		{"--url", "http://a", "more"},
	} {
		var misused flags.UsageError
		if err := Main(arguments, io.Discard, io.Discard); !errors.As(err, &misused) {
			t.Errorf("%s: found %v, expected a UsageError", strings.Join(arguments, " "), err)
		}
	}
}
