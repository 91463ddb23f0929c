// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package pace

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestARequestMayAskForItsPaceWithinTheBound(t *testing.T) {
	usual := Pace{First: time.Second, Each: time.Millisecond}
	cases := []struct {
		name, first, each string
		want              Pace
		refused           bool
	}{
		{name: "nothing asked", want: usual},
		{name: "both", first: "2s", each: "0s", want: Pace{First: 2 * time.Second}},
		{name: "the bound itself", first: "10s", want: Pace{First: 10 * time.Second, Each: usual.Each}},
		{name: "more than the bound", first: "10.1s", refused: true},
		{name: "less than nothing", each: "-1ms", refused: true},
		{name: "no time", each: "soon", refused: true},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			header := http.Header{}
			header.Set(FirstHeader, test.first)
			header.Set(EachHeader, test.each)
			found, err := Of(header, usual, 10*time.Second)
			if (err != nil) != test.refused || found != test.want {
				t.Errorf("found %v and error %v, expected %v and refused %v", found, err, test.want, test.refused)
			}
		})
	}
}

func TestTokensTakeTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		pace := Pace{First: time.Second, Each: 100 * time.Millisecond}
		for number := range 3 {
			if err := pace.Token(t.Context(), number); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(started); took != 1200*time.Millisecond {
			t.Errorf("found %s, expected 1.2s", took)
		}
	})
}

func TestAClientThatGoesAwayEndsTheWait(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (Pace{First: time.Hour}).Token(ctx, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("found %v, expected %v", err, context.Canceled)
	}
}
