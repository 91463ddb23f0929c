// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package exporter

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"ailab.conformance/simgpu/internal/dcgm"
	"ailab.conformance/simgpu/internal/holders"
	"ailab.conformance/simgpu/internal/inventory"
)

// lister tells who holds which device.
type lister interface {
	List(context.Context, []inventory.Device) (map[string][]holders.Holder, error)
}

// sampler keeps the figures of a node's devices up to date.
type sampler struct {
	devices  []inventory.Device
	kubelet  lister
	loads    loads
	interval time.Duration

	mutex  sync.Mutex
	latest []dcgm.Figures
	at     time.Time // of latest
	err    error     // of the last sample; nil when it is latest
}

// sample takes figures once. A sample that fails leaves the figures of the one before, which grow old: see figures.
func (s *sampler) sample(ctx context.Context, now time.Time) {
	taken, err := s.take(ctx, now)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.err = err
	if err == nil {
		s.latest, s.at = taken, now
	}
}

func (s *sampler) take(ctx context.Context, now time.Time) ([]dcgm.Figures, error) {
	held, err := s.kubelet.List(ctx, s.devices)
	if err != nil {
		return nil, err
	}
	measured, err := s.loads.measure(ctx, held, now)
	if err != nil {
		return nil, err
	}
	count := map[container]int{} // of devices that share the container's use
	for _, list := range held {
		for _, holder := range list {
			count[container{holder.Namespace, holder.Pod, holder.Container}]++
		}
	}
	energy, since := s.before(now)
	taken := make([]dcgm.Figures, 0, len(s.devices))
	for _, device := range s.devices {
		figures := dcgm.Figures{Device: device, Holders: held[device.UUID]}
		var resident int64
		for _, holder := range figures.Holders {
			key := container{holder.Namespace, holder.Pod, holder.Container}
			figures.Utilisation += 100 * measured[key].share()
			resident += measured[key].use.Resident / int64(count[key])
		}
		figures.Utilisation = min(100, figures.Utilisation)
		figures.UsedMiB = min(inventory.Simulated.MemoryMiB, resident>>20)
		figures.EnergyMJ = energy[device.UUID] + dcgm.Power(figures.Utilisation)*since.Seconds()*1000
		taken = append(taken, figures)
	}
	return taken, nil
}

// before returns the energy counters of the last good sample and the time since then.
func (s *sampler) before(now time.Time) (map[string]float64, time.Duration) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	energy := map[string]float64{}
	for _, figures := range s.latest {
		energy[figures.Device.UUID] = figures.EnergyMJ
	}
	if s.at.IsZero() {
		return energy, 0
	}
	return energy, now.Sub(s.at)
}

// figures returns the latest figures, or an error where there are no fresh ones: old figures would pass for new ones.
func (s *sampler) figures(now time.Time) ([]dcgm.Figures, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	age := now.Sub(s.at)
	if !s.at.IsZero() && age <= s.interval+grace {
		return s.latest, nil
	}
	what := "no figures yet"
	if !s.at.IsZero() {
		what = fmt.Sprintf("the last figures are %s old", age.Round(time.Second))
	}
	if s.err != nil {
		return nil, fmt.Errorf("%s: %w", what, s.err)
	}
	return nil, errors.New(what)
}
