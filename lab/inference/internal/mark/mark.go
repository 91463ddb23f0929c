// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package mark holds the names by which answers of the stub are told from those of a model.
//
// Every answer carries one in a header, every model a word in its owner, every time series a label, so that no measurement on the
// stub can be taken for one on a model server.
package mark

import "net/http"

const (
	// Owner is who the list of models says they belong to (OpenAI API, models, owned_by).
	Owner = "ailab.conformance-stub"
	// Fingerprint is the backend that completions name (OpenAI API, system_fingerprint).
	Fingerprint = "ailab-conformance-inference-stub"
	// Word occurs in every text that the stub generates.
	Word = "SIMULATED"
	// MetricLabel and MetricValue are a label of every time series.
	MetricLabel = "simulated"
	MetricValue = "true"
	// Header says "simulated" in every answer.
	Header = "Ailab-Simulated"
	// BackendHeader is the name of the stub that answered.
	BackendHeader = "Ailab-Backend"
	// DestinationHeader repeats the endpoint that a picker in front of the stub chose for the request.
	DestinationHeader = "Ailab-Destination"
	// PickedHeader is the request header in which an endpoint picker names its choice (Gateway API Inference Extension, endpoint picker
	// protocol).
	PickedHeader = "X-Gateway-Destination-Endpoint"
)

// Handler marks every answer of another handler.
func Handler(backend string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set(Header, "true")
		header.Set(BackendHeader, backend)
		if picked := r.Header.Get(PickedHeader); picked != "" {
			header.Set(DestinationHeader, picked)
		}
		next.ServeHTTP(w, r)
	})
}
