// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package queue

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
)

type counts struct {
	mutex            sync.Mutex
	running, waiting int
}

func (c *counts) Running(delta int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.running += delta
}

func (c *counts) Waiting(delta int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.waiting += delta
}

func (c *counts) expect(t *testing.T, running, waiting int) {
	t.Helper()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.running != running || c.waiting != waiting {
		t.Errorf("found %d running and %d waiting, expected %d and %d", c.running, c.waiting, running, waiting)
	}
}

func TestARequestWaitsForItsTurnAndFurtherOnesAreTurnedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen counts
		queue := New(1, 1, &seen)
		leave, err := queue.Enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		second := make(chan func())
		go func() {
			leave, err := queue.Enter(context.Background())
			if err != nil {
				t.Error(err)
			}
			second <- leave
		}()
		synctest.Wait()
		seen.expect(t, 1, 1)
		if _, err := queue.Enter(t.Context()); !errors.Is(err, ErrFull) {
			t.Errorf("found %v, expected %v", err, ErrFull)
		}
		leave()
		(<-second)()
		seen.expect(t, 0, 0)
	})
}

func TestAClientThatGoesAwayFreesItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen counts
		queue := New(1, 1, &seen)
		leave, err := queue.Enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() {
			_, err := queue.Enter(ctx)
			gone <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("found %v, expected %v", err, context.Canceled)
		}
		seen.expect(t, 1, 0)
		leave()
		again, err := queue.Enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		again()
		seen.expect(t, 0, 0)
	})
}
