// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package load

import (
	"strconv"
	"sync"
)

// Report counts answers by what they say.
type Report struct {
	Requests int `json:"requests"`
	// Seconds is how long all of them took together.
	Seconds float64 `json:"seconds"`
	// Statuses are HTTP status codes; Errors are requests without an answer, by the error.
	Statuses map[string]int `json:"statuses"`
	Errors   map[string]int `json:"errors"`
	// Backends are the names of the stubs that answered, Models what they answered for, Destinations the endpoints that a picker chose.
	Backends     map[string]int `json:"backends"`
	Models       map[string]int `json:"models"`
	Destinations map[string]int `json:"destinations"`
	// Simulated is the number of answers that say that they are a stub's.
	Simulated int     `json:"simulated"`
	Streams   Streams `json:"streams"`

	mutex sync.Mutex
}

// Streams counts streamed answers.
type Streams struct {
	All int `json:"all"`
	// Complete are those that came to their end, Buffered those whose first event came after half of their time.
	Complete int `json:"complete"`
	Buffered int `json:"buffered"`
}

func newReport() *Report {
	return &Report{
		Statuses: map[string]int{}, Errors: map[string]int{}, Backends: map[string]int{}, Models: map[string]int{}, Destinations: map[string]int{},
	}
}

// add counts one result; it may be called by several goroutines.
func (r *Report) add(found result) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.Requests++
	if found.err != nil {
		r.Errors[found.err.Error()]++
		return
	}
	r.Statuses[strconv.Itoa(found.status)]++
	count(r.Backends, found.backend)
	count(r.Models, found.model)
	count(r.Destinations, found.destination)
	if found.simulated {
		r.Simulated++
	}
	if found.streamed {
		r.Streams.All++
	}
	if found.complete {
		r.Streams.Complete++
	}
	if found.buffered {
		r.Streams.Buffered++
	}
}

func count(counts map[string]int, name string) {
	if name != "" {
		counts[name]++
	}
}
