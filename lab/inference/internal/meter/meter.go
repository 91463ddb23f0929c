// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package meter counts what the stub does, under the names, types and labels of vLLM's metrics.
//
// Source: vLLM documentation, production metrics (V1 engine); the names before its version 0.11 where an endpoint picker reads them
// (Gateway API Inference Extension v1.0.0, model server protocol: vllm:num_requests_waiting, vllm:gpu_cache_usage_perc,
// vllm:lora_requests_info). Times are in seconds.
package meter

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ailab.conformance/inference/internal/mark"
)

var (
	short  = []float64{0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
	long   = []float64{0.01, 0.05, 0.1, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60}
	counts = []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000}
)

// Meter holds the time series of one model.
type Meter struct {
	registry         *prometheus.Registry
	running, waiting prometheus.Gauge
	usage, oldUsage  prometheus.Gauge
	capacity         float64
	prompt, produced prometheus.Counter
	success          *prometheus.CounterVec
	refused          *prometheus.CounterVec
	queued, first    prometheus.Observer
	between, whole   prometheus.Observer
	promptTokens     prometheus.Observer
	producedTokens   prometheus.Observer
	held             chan float64
}

// New makes the time series of a model, all of them there from the start.
//
// cache is the number of tokens that the simulated key-value cache holds.
func New(model string, cache int) *Meter {
	m := &Meter{registry: prometheus.NewRegistry(), capacity: float64(cache), held: make(chan float64, 1)}
	m.held <- 0
	labels := prometheus.Labels{"model_name": model, mark.MetricLabel: mark.MetricValue}
	gauge := func(name, help string) prometheus.Gauge {
		made := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels})
		m.registry.MustRegister(made)
		return made
	}
	counter := func(name, help string) prometheus.Counter {
		made := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels})
		m.registry.MustRegister(made)
		return made
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		made := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, ConstLabels: labels, Buckets: buckets})
		m.registry.MustRegister(made)
		return made
	}
	vector := func(name, help, label string, values ...string) *prometheus.CounterVec {
		made := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels}, []string{label})
		m.registry.MustRegister(made)
		for _, value := range values {
			made.WithLabelValues(value)
		}
		return made
	}
	m.running = gauge("vllm:num_requests_running", "Requests that are at work.")
	m.waiting = gauge("vllm:num_requests_waiting", "Requests that wait for their turn.")
	m.usage = gauge("vllm:kv_cache_usage_perc", "Share of the simulated key-value cache in use, 1 is all of it.")
	m.oldUsage = gauge("vllm:gpu_cache_usage_perc", "The same under its name before vLLM 0.11.")
	m.prompt = counter("vllm:prompt_tokens_total", "Tokens of prompts.")
	m.produced = counter("vllm:generation_tokens_total", "Tokens generated.")
	m.success = vector("vllm:request_success_total", "Requests that came to their end.", "finished_reason", "stop", "length", "abort")
	m.refused = vector("ailab:requests_refused_total", "Requests that were turned away.", "status", "400", "404", "429")
	m.queued = histogram("vllm:request_queue_time_seconds", "Time until a request's turn.", long)
	m.first = histogram("vllm:time_to_first_token_seconds", "Time until the first token, with the queue.", short)
	m.between = histogram("vllm:inter_token_latency_seconds", "Time between two tokens.", short)
	m.whole = histogram("vllm:e2e_request_latency_seconds", "Time until the last token, with the queue.", long)
	m.promptTokens = histogram("vllm:request_prompt_tokens", "Tokens in the prompt of a request.", counts)
	m.producedTokens = histogram("vllm:request_generation_tokens", "Tokens generated for a request.", counts)
	adapters := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "vllm:lora_requests_info",
		Help: "Time of the last change of LoRA adapters; the stub has none.",
		ConstLabels: prometheus.Labels{
			mark.MetricLabel: mark.MetricValue, "max_lora": "0", "running_lora_adapters": "", "waiting_lora_adapters": "",
		},
	})
	adapters.SetToCurrentTime()
	m.registry.MustRegister(adapters)
	return m
}

// Handler serves the time series as text (Prometheus exposition format).
func (m *Meter) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Running changes the number of requests at work.
func (m *Meter) Running(delta int) { m.running.Add(float64(delta)) }

// Waiting changes the number of requests that wait.
func (m *Meter) Waiting(delta int) { m.waiting.Add(float64(delta)) }

// Refused counts a request that was turned away with an HTTP status.
func (m *Meter) Refused(status string) { m.refused.WithLabelValues(status).Inc() }

// hold changes the number of tokens in the simulated cache.
func (m *Meter) hold(tokens int) {
	held := <-m.held + float64(tokens)
	share := min(held/m.capacity, 1)
	m.usage.Set(share)
	m.oldUsage.Set(share)
	m.held <- held
}

// Request counts one request from its arrival to its end. It is used by one goroutine.
type Request struct {
	meter          *Meter
	arrived, last  time.Time
	prompt, tokens int
}

// Begin counts a request whose turn has come.
//
// arrived is when it came; prompt the number of tokens in it.
func (m *Meter) Begin(arrived time.Time, prompt int) *Request {
	m.queued.Observe(time.Since(arrived).Seconds())
	m.prompt.Add(float64(prompt))
	m.hold(prompt)
	return &Request{meter: m, arrived: arrived, prompt: prompt}
}

// Token counts a token that is generated now.
func (r *Request) Token() {
	now := time.Now()
	if r.tokens == 0 {
		r.meter.first.Observe(now.Sub(r.arrived).Seconds())
	} else {
		r.meter.between.Observe(now.Sub(r.last).Seconds())
	}
	r.last = now
	r.tokens++
	r.meter.produced.Inc()
	r.meter.hold(1)
}

// End counts the end of the request; reason is stop, length or, where the client went away, abort.
func (r *Request) End(reason string) {
	r.meter.hold(-r.prompt - r.tokens)
	r.meter.success.WithLabelValues(reason).Inc()
	r.meter.whole.Observe(time.Since(r.arrived).Seconds())
	r.meter.promptTokens.Observe(float64(r.prompt))
	r.meter.producedTokens.Observe(float64(r.tokens))
}
