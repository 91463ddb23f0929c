// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package openai serves the part of the OpenAI API that gateways and checks of AI inference touch: models, chat completions and
// completions, whole or streamed. There is no model behind it.
//
// Source: OpenAI API reference (models, chat, completions, streaming events), and vLLM's OpenAI-compatible server for errors, /health
// and /metrics.
package openai

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"ailab.conformance/inference/internal/mark"
	"ailab.conformance/inference/internal/meter"
	"ailab.conformance/inference/internal/pace"
	"ailab.conformance/inference/internal/queue"
)

// Server answers for one model.
type Server struct {
	// Model is the only model that it knows.
	Model string
	// Backend is the name of this stub among its likes.
	Backend string
	Pace    pace.Pace
	// Bound is the longest time that a request may ask for, by token.
	Bound time.Duration
	Queue *queue.Queue
	Meter *meter.Meter

	draining atomic.Bool
	started  time.Time
}

// Drain makes the health endpoint say that no further requests should come. Those that come are answered.
func (s *Server) Drain() { s.draining.Store(true) }

// Handler serves all endpoints.
func (s *Server) Handler() http.Handler {
	s.started = time.Now()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", s.health)
	mux.HandleFunc("GET /v1/models", s.models)
	mux.Handle("GET /metrics", s.Meter.Handler())
	mux.HandleFunc("POST /v1/chat/completions", func(w http.ResponseWriter, r *http.Request) { s.complete(w, r, chat) })
	mux.HandleFunc("POST /v1/completions", func(w http.ResponseWriter, r *http.Request) { s.complete(w, r, text) })
	return mark.Handler(s.Backend, mux)
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	if s.draining.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

func (s *Server) models(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, map[string]any{
		"object": "list",
		"data": []map[string]any{{
			"id": s.Model, "object": "model", "created": s.started.Unix(), "owned_by": mark.Owner, "root": s.Model, "parent": nil,
		}},
	})
}

// complete answers a request for a completion when its turn has come.
func (s *Server) complete(w http.ResponseWriter, r *http.Request, as form) {
	arrived := time.Now()
	wanted, refused := s.read(r, as)
	if refused != nil {
		s.refuse(w, refused)
		return
	}
	speed, err := pace.Of(r.Header, s.Pace, s.Bound)
	if err != nil {
		s.refuse(w, invalid("", "%v", err))
		return
	}
	leave, err := s.Queue.Enter(r.Context())
	if err != nil {
		// Who went away before its turn reads no answer.
		if errors.Is(err, queue.ErrFull) {
			s.refuse(w, &refusal{http.StatusTooManyRequests, "TooManyRequestsError", "", "the stub's queue is full"})
		}
		return
	}
	defer leave()

	reply := &writer{
		response: w,
		form:     as,
		order:    wanted,
		prompt:   len(Tokens(wanted.prompt)),
		head: completion{
			ID: as.prefix + strings.ToLower(rand.Text()), Created: arrived.Unix(), Model: s.Model, Fingerprint: mark.Fingerprint,
		},
	}
	counted := s.Meter.Begin(arrived, reply.prompt)
	counted.End(s.generate(r, speed, reply, counted))
}

// generate produces the tokens of an answer at its pace and returns the reason why it ended.
func (s *Server) generate(r *http.Request, speed pace.Pace, reply *writer, counted *meter.Request) string {
	tokens, reason := answer(s.Model, s.Backend), "stop"
	if len(tokens) > reply.order.limit {
		tokens, reason = tokens[:reply.order.limit], "length"
	}
	for number, token := range tokens {
		if speed.Token(r.Context(), number) != nil {
			return "abort"
		}
		counted.Token()
		if reply.token(token) != nil {
			return "abort"
		}
	}
	if reply.end(reason) != nil {
		return "abort"
	}
	return reason
}

func (s *Server) refuse(w http.ResponseWriter, why *refusal) {
	s.Meter.Refused(strconv.Itoa(why.status))
	write(w, why.status, map[string]any{
		"error": map[string]any{"message": why.message, "type": why.kind, "param": nullable(why.param), "code": why.status},
	})
}

func nullable(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// write sends an object. Its own types always have a JSON form; a client that has gone away reads no error either.
func write(w http.ResponseWriter, status int, object any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(object)
}
