// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package load

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sort"
	"strings"
	"time"

	"ailab.conformance/inference/internal/mark"
)

// headers are those that every request has; a flag.Value.
type headers map[string]string

func (h headers) String() string {
	pairs := make([]string, 0, len(h))
	for name, value := range h {
		pairs = append(pairs, name+"="+value)
	}
	sort.Strings(pairs)
	return strings.Join(pairs, ",")
}

// Set takes one name=value.
func (h headers) Set(text string) error {
	name, value, found := strings.Cut(text, "=")
	if !found || name == "" {
		return fmt.Errorf("found %q, expected name=value", text)
	}
	h[name] = value
	return nil
}

// result is what came of one request.
type result struct {
	err                          error
	status                       int
	backend, model, destination  string
	simulated                    bool
	streamed, complete, buffered bool
}

// ask makes one request and reads its whole answer.
func ask(ctx context.Context, client *http.Client, wanted settings, number int) result {
	request, err := wanted.request(ctx, number)
	if err != nil {
		return result{err: err}
	}
	started := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return result{err: err}
	}
	defer response.Body.Close()
	found := result{
		status:      response.StatusCode,
		backend:     response.Header.Get(mark.BackendHeader),
		destination: response.Header.Get(mark.DestinationHeader),
		simulated:   response.Header.Get(mark.Header) != "",
	}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		found.err = found.events(response.Body, started)
		return found
	}
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return result{err: err}
	}
	// What is no completion, such as a gateway's own words, names no model.
	var said struct{ Model string }
	if json.Unmarshal(data, &said) == nil {
		found.model = said.Model
	}
	return found
}

// request makes the request with that number. Prompts differ from their beginning, so that nobody knows one from a cache.
func (s settings) request(ctx context.Context, number int) (*http.Request, error) {
	method, body := http.MethodGet, ""
	if s.model != "" {
		data, err := json.Marshal(map[string]any{
			"model":    s.model,
			"stream":   s.stream,
			"messages": []map[string]string{{"role": "user", "content": fmt.Sprintf("%d: who answers?", number)}},
		})
		if err != nil {
			return nil, err
		}
		method, body = http.MethodPost, string(data)
	}
	request, err := http.NewRequestWithContext(ctx, method, s.url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if s.model != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range s.headers {
		request.Header.Set(name, value)
	}
	if s.host != "" {
		request.Host = s.host
	}
	return request, nil
}

// events reads a stream of server-sent events. It was held back on the way where its first event came after half of its time.
func (r *result) events(body io.Reader, started time.Time) error {
	r.streamed = true
	var first time.Duration
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		data, found := strings.CutPrefix(lines.Text(), "data: ")
		if !found {
			continue
		}
		if first == 0 {
			first = time.Since(started)
		}
		if data == "[DONE]" {
			r.complete = true
			continue
		}
		var said struct{ Model string }
		if err := json.Unmarshal([]byte(data), &said); err != nil {
			return fmt.Errorf("event %q: %w", data, err)
		}
		r.model = said.Model
	}
	r.buffered = first > time.Since(started)/2
	return lines.Err()
}
