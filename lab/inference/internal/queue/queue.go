// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package queue lets so many requests run at a time, so many wait, and turns the others away.
package queue

import (
	"context"
	"errors"
)

// ErrFull says that as many requests wait as may.
var ErrFull = errors.New("the queue is full")

// Gauges is told how many requests run and wait, whenever that changes.
type Gauges interface {
	Running(delta int)
	Waiting(delta int)
}

// Queue admits requests in the order in which they came.
type Queue struct {
	slots  chan struct{}
	places chan struct{}
	gauges Gauges
}

// New makes a queue.
//
// running is the number of requests at work at a time, 1 or more; waiting the number of those that wait for their turn, 0 or more.
func New(running, waiting int, gauges Gauges) *Queue {
	return &Queue{
		slots:  make(chan struct{}, running),
		places: make(chan struct{}, running+waiting),
		gauges: gauges,
	}
}

// Enter waits for the request's turn. Who was let in calls leave when done, exactly once.
//
// The error is ErrFull, or the context's where the client went away before its turn.
func (q *Queue) Enter(ctx context.Context) (leave func(), err error) {
	select {
	case q.places <- struct{}{}:
	default:
		return nil, ErrFull
	}
	select {
	case q.slots <- struct{}{}:
	default:
		if err := q.wait(ctx); err != nil {
			<-q.places
			return nil, err
		}
	}
	q.gauges.Running(1)
	return func() {
		q.gauges.Running(-1)
		<-q.slots
		<-q.places
	}, nil
}

func (q *Queue) wait(ctx context.Context) error {
	q.gauges.Waiting(1)
	defer q.gauges.Waiting(-1)
	select {
	case q.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
