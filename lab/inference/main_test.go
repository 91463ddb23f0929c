// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestExitCodes(t *testing.T) {
	cases := []struct {
		arguments string
		want      int
	}{
		{"", 2},
		{"version", 0},
		{"preach", 2},
		{"load --help", 0},
		{"load", 2},
		{"load --url http://localhost --ca-file /nonexistent", 1},
		{"serve --max-running 0", 2},
		{"serve --max-waiting -1", 2},
		{"serve --cache-tokens 0", 2},
		{"serve --drain -1s", 2},
		{"serve --model=", 2},
		{"serve --address 256.0.0.1:http", 1},
	}
	for _, test := range cases {
		var out, errs bytes.Buffer
		if found := run(strings.Fields(test.arguments), &out, &errs); found != test.want {
			t.Errorf("%q: found exit code %d, expected %d: %s", test.arguments, found, test.want, errs.String())
		}
	}
}

func TestRequestsThatWereBegunAreAnsweredAfterSIGTERM(t *testing.T) {
	wanted, err := parse([]string{"--model", "m", "--time-to-first-token", "200ms", "--drain", "10ms"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, terminate := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- answer(ctx, listener, wanted) }()
	time.AfterFunc(50*time.Millisecond, terminate)
	body := strings.NewReader(`{"model": "m", "messages": [{"role": "user", "content": "a"}]}`)
	response, err := http.Post("http://"+listener.Addr().String()+"/v1/chat/completions", "application/json", body)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("found %d and %v, expected 200", response.StatusCode, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
