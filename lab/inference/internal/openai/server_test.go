// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package openai

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"ailab.conformance/inference/internal/mark"
	"ailab.conformance/inference/internal/meter"
	"ailab.conformance/inference/internal/pace"
	"ailab.conformance/inference/internal/queue"
)

const (
	chatPath = "/v1/chat/completions"
	textPath = "/v1/completions"
	hello    = `{"model": "m", "messages": [{"role": "user", "content": "how many words"}]}`
)

func start(t *testing.T) (*Server, *httptest.Server) {
	t.Helper()
	counts := meter.New("m", 1000)
	stub := &Server{Model: "m", Backend: "one", Bound: time.Second, Queue: queue.New(1, 0, counts), Meter: counts}
	server := httptest.NewServer(stub.Handler())
	t.Cleanup(server.Close)
	return stub, server
}

func post(t *testing.T, server *httptest.Server, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for index := 0; index < len(header); index += 2 {
		request.Header.Set(header[index], header[index+1])
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(data)
}

func decode(t *testing.T, text string) completion {
	t.Helper()
	var found completion
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return found
}

// scrape reads the time series: name with the labels that tell series of a name apart, to value (of a histogram: its sum).
func scrape(t *testing.T, server *httptest.Server) map[string]float64 {
	t.Helper()
	response, err := server.Client().Get(server.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for name, family := range families {
		for _, series := range family.GetMetric() {
			marked := false
			key := name
			for _, label := range series.GetLabel() {
				switch label.GetName() {
				case mark.MetricLabel:
					marked = label.GetValue() == mark.MetricValue
				case "finished_reason", "status":
					key += "/" + label.GetValue()
				}
			}
			if !marked {
				t.Errorf("series %s does not say that it is of a stub", key)
			}
			values[key] = series.GetGauge().GetValue() + series.GetCounter().GetValue() + series.GetHistogram().GetSampleSum()
			if series.Histogram != nil {
				values[key+"_count"] = float64(series.GetHistogram().GetSampleCount())
			}
		}
	}
	return values
}

func TestAnAnswerSaysThatItIsAStubs(t *testing.T) {
	_, server := start(t)
	response, text := post(t, server, chatPath, hello, mark.PickedHeader, "10.0.0.1:8000")
	reply := decode(t, text)
	if response.StatusCode != http.StatusOK || reply.Model != "m" || reply.Object != "chat.completion" || reply.Fingerprint != mark.Fingerprint {
		t.Errorf("found %d %+v", response.StatusCode, reply)
	}
	if said := reply.Choices[0].Message; said.Role != "assistant" || !strings.Contains(said.Content, mark.Word) {
		t.Errorf("found %+v, expected the word %s", said, mark.Word)
	}
	for name, want := range map[string]string{mark.Header: "true", mark.BackendHeader: "one", mark.DestinationHeader: "10.0.0.1:8000"} {
		if found := response.Header.Get(name); found != want {
			t.Errorf("header %s: found %q, expected %q", name, found, want)
		}
	}
}

func TestTheListOfModelsSaysWhoseTheyAre(t *testing.T) {
	_, server := start(t)
	response, err := server.Client().Get(server.URL + "/v1/models")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var found struct {
		Data []struct {
			ID    string `json:"id"`
			Owner string `json:"owned_by"`
		} `json:"data"`
	}
	if err := json.NewDecoder(response.Body).Decode(&found); err != nil {
		t.Fatal(err)
	}
	if len(found.Data) != 1 || found.Data[0].ID != "m" || found.Data[0].Owner != mark.Owner {
		t.Errorf("found %+v", found)
	}
}

func TestUsageIsWhatTheMetricsCount(t *testing.T) {
	_, server := start(t)
	prompts, produced := 0, 0
	bodies := []struct{ path, body string }{
		{chatPath, hello},
		{chatPath, `{"model": "m", "max_tokens": 3, "messages": [{"role": "user", "content": [{"type": "text", "text": "one two"}]}]}`},
		{textPath, `{"model": "m", "prompt": "one two three four five"}`},
	}
	reasons := []string{}
	for _, each := range bodies {
		_, text := post(t, server, each.path, each.body)
		reply := decode(t, text)
		if reply.Usage.Total != reply.Usage.Prompt+reply.Usage.Completion {
			t.Errorf("found %+v", reply.Usage)
		}
		said := reply.Choices[0]
		words := said.Text
		if words == nil {
			words = &said.Message.Content
		}
		if found := len(strings.Fields(*words)); found != reply.Usage.Completion {
			t.Errorf("found %d words, expected the %d of the usage", found, reply.Usage.Completion)
		}
		prompts, produced = prompts+reply.Usage.Prompt, produced+reply.Usage.Completion
		reasons = append(reasons, *said.Finish)
	}
	if want := []string{"stop", "length", "length"}; !slices.Equal(reasons, want) {
		t.Errorf("found %v, expected %v", reasons, want)
	}
	if prompts != 3+2+5 {
		t.Errorf("found %d tokens in prompts, expected 10", prompts)
	}
	values := scrape(t, server)
	for name, want := range map[string]int{
		"vllm:prompt_tokens_total":               prompts,
		"vllm:generation_tokens_total":           produced,
		"vllm:request_prompt_tokens":             prompts,
		"vllm:request_generation_tokens":         produced,
		"vllm:request_success_total/stop":        1,
		"vllm:request_success_total/length":      2,
		"vllm:time_to_first_token_seconds_count": 3,
		"vllm:e2e_request_latency_seconds_count": 3,
		"vllm:inter_token_latency_seconds_count": produced - 3,
		"vllm:request_queue_time_seconds_count":  3,
		"vllm:num_requests_running":              0,
		"vllm:num_requests_waiting":              0,
		"vllm:gpu_cache_usage_perc":              0,
		"vllm:kv_cache_usage_perc":               0,
		"vllm:request_success_total/abort":       0,
		"ailab:requests_refused_total/429":       0,
	} {
		if found, there := values[name]; !there || found != float64(want) {
			t.Errorf("%s: found %v (there: %v), expected %d; all: %v", name, found, there, want, slices.Sorted(maps.Keys(values)))
		}
	}
	if values["vllm:lora_requests_info"] == 0 {
		t.Error("vllm:lora_requests_info: found no time")
	}
}

func TestAutoscalersSeeHowManyWaitAndEndpointsWhoWorks(t *testing.T) {
	counts := meter.New("m", 1000)
	stub := &Server{Model: "m", Backend: "one", Bound: time.Minute, Queue: queue.New(1, 8, counts), Meter: counts}
	server := httptest.NewServer(stub.Handler())
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+chatPath, strings.NewReader(hello))
			if err != nil {
				t.Error(err)
				return
			}
			request.Header.Set(pace.FirstHeader, "1m")
			if response, err := server.Client().Do(request); err == nil {
				response.Body.Close()
			}
		})
	}
	until(t, server, map[string]float64{"vllm:num_requests_running": 1, "vllm:num_requests_waiting": 3})
	cancel()
	clients.Wait()
	until(t, server, map[string]float64{"vllm:num_requests_running": 0, "vllm:num_requests_waiting": 0})
}

// until scrapes until gauges have some values.
func until(t *testing.T, server *httptest.Server, want map[string]float64) {
	t.Helper()
	found := map[string]float64{}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		values := scrape(t, server)
		for name := range want {
			found[name] = values[name]
		}
		if maps.Equal(found, want) {
			return
		}
	}
	t.Fatalf("found %v, expected %v", found, want)
}

func TestAStreamBringsTheSameWordsTokenByToken(t *testing.T) {
	_, server := start(t)
	_, whole := post(t, server, chatPath, hello)
	streamed := strings.Replace(hello, "{", `{"stream": true, "stream_options": {"include_usage": true}, `, 1)
	response, text := post(t, server, chatPath, streamed)
	if found := response.Header.Get("Content-Type"); found != "text/event-stream" {
		t.Errorf("found content type %q", found)
	}
	var said, reason string
	var counted *usage
	events := 0
	lines := bufio.NewScanner(strings.NewReader(text))
	done := false
	for lines.Scan() {
		data, found := strings.CutPrefix(lines.Text(), "data: ")
		if !found {
			continue
		}
		if data == "[DONE]" {
			done = true
			continue
		}
		event := decode(t, data)
		if event.Usage != nil {
			counted = event.Usage
			continue
		}
		events++
		said += event.Choices[0].Delta.Content
		if event.Choices[0].Finish != nil {
			reason = *event.Choices[0].Finish
		}
	}
	want := decode(t, whole)
	if said != want.Choices[0].Message.Content || reason != "stop" || !done {
		t.Errorf("found %q, %q, done %v; expected %q", said, reason, done, want.Choices[0].Message.Content)
	}
	if counted == nil || *counted != *want.Usage || events != counted.Completion+1 {
		t.Errorf("found usage %+v and %d events, expected %+v", counted, events, want.Usage)
	}
}

func TestWhatIsNotUnderstoodIsRefusedAndCounted(t *testing.T) {
	_, server := start(t)
	cases := []struct {
		name, path, body string
		header           []string
		status           int
		words            string
	}{
		{"another model", chatPath, `{"model": "x", "messages": [{"content": "a"}]}`, nil, 404, "`x` does not exist"},
		{"no model", chatPath, `{"messages": [{"content": "a"}]}`, nil, 400, "model: found none"},
		{"no JSON", chatPath, `hello`, nil, 400, "no JSON"},
		{"no messages", chatPath, `{"model": "m"}`, nil, 400, "messages: found none"},
		{"content of no kind", chatPath, `{"model": "m", "messages": [{"content": 7}]}`, nil, 400, "messages.content"},
		{"several answers", chatPath, strings.Replace(hello, "{", `{"n": 2, `, 1), nil, 400, "n: found 2"},
		{"no tokens", chatPath, strings.Replace(hello, "{", `{"max_completion_tokens": 0, `, 1), nil, 400, "found 0"},
		{"no prompt", textPath, `{"model": "m"}`, nil, 400, "prompt"},
		{"a list of prompts", textPath, `{"model": "m", "prompt": ["a"]}`, nil, 400, "prompt"},
		{"too slow", chatPath, hello, []string{pace.FirstHeader, "1h"}, 400, "1h"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			before := scrape(t, server)
			response, text := post(t, server, test.path, test.body, test.header...)
			var found struct {
				Error struct {
					Message string `json:"message"`
					Code    int    `json:"code"`
				} `json:"error"`
			}
			if err := json.Unmarshal([]byte(text), &found); err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != test.status || found.Error.Code != test.status || !strings.Contains(found.Error.Message, test.words) {
				t.Errorf("found %d %+v, expected %d %q", response.StatusCode, found, test.status, test.words)
			}
			name := "ailab:requests_refused_total/" + strconv.Itoa(test.status)
			if after := scrape(t, server); after[name] != before[name]+1 {
				t.Errorf("%s: found %v after %v, expected one more", name, after[name], before[name])
			}
		})
	}
}

func TestAFullQueueTurnsAway(t *testing.T) {
	stub, server := start(t)
	leave, err := stub.Queue.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	if found := scrape(t, server)["vllm:num_requests_running"]; found != 1 {
		t.Errorf("found %v running, expected 1", found)
	}
	if response, text := post(t, server, chatPath, hello); response.StatusCode != http.StatusTooManyRequests {
		t.Errorf("found %d %s, expected 429", response.StatusCode, text)
	}
}

func TestADrainingStubSaysSoAndStillAnswers(t *testing.T) {
	stub, server := start(t)
	stub.Drain()
	response, err := server.Client().Get(server.URL + "/health")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("found %d, expected 503", response.StatusCode)
	}
	if response, text := post(t, server, chatPath, hello); response.StatusCode != http.StatusOK {
		t.Errorf("found %d %s, expected 200", response.StatusCode, text)
	}
}
