// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package pace says how slow an answer is: as the flags have it, or as a request asks within the bound.
package pace

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

const (
	// FirstHeader asks for a time to the first token, for example 250ms (Go duration).
	FirstHeader = "Ailab-Time-To-First-Token"
	// EachHeader asks for a time to each further token.
	EachHeader = "Ailab-Time-Per-Token"
)

// Pace is how long the tokens of an answer take.
type Pace struct {
	First time.Duration
	Each  time.Duration
}

// Of returns the pace of one request.
//
// usual is the pace where it asks for none; bound is the longest time that it may ask for. The error says what was asked for and
// what may be.
func Of(header http.Header, usual Pace, bound time.Duration) (Pace, error) {
	first, err := asked(header, FirstHeader, usual.First, bound)
	if err != nil {
		return Pace{}, err
	}
	each, err := asked(header, EachHeader, usual.Each, bound)
	if err != nil {
		return Pace{}, err
	}
	return Pace{First: first, Each: each}, nil
}

func asked(header http.Header, name string, usual, bound time.Duration) (time.Duration, error) {
	text := header.Get(name)
	if text == "" {
		return usual, nil
	}
	found, err := time.ParseDuration(text)
	if err != nil || found < 0 || found > bound {
		return 0, fmt.Errorf("header %s: found %q, expected a time from 0s to %s, such as 250ms", name, text, bound)
	}
	return found, nil
}

// Token waits until the token with that number, from 0, is due. The error is the context's.
func (p Pace) Token(ctx context.Context, number int) error {
	due := p.Each
	if number == 0 {
		due = p.First
	}
	timer := time.NewTimer(due)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
