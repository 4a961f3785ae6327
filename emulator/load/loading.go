//go:build linux

package load

import "time"

// newCPULoading gets a thread ready for each CPU.
func newCPULoading(t task, c *clock, begin <-chan struct{}) (loading, error) {
	all := t.burners(c)
	err := launch(all, begin, func() (worker, error) { return newComputing(), nil })
	return progress(all, nil), err
}

// newMemoryLoading gets one thread ready, anywhere on the CPUs.
func newMemoryLoading(t task, c *clock, begin <-chan struct{}) (loading, error) {
	var s *streaming
	b := []*burner{t.burner(c)}
	err := launch(b, begin, func() (_ worker, err error) {
		s, err = newStreaming(t.CPUs)
		return s, err
	})
	return progress(b, func(r *Status) { r.Alone, r.Bps = s.alone, r.Achieved*s.alone }), err
}

// burner is a thread that follows the task's level, anywhere on its CPUs.
func (t task) burner(c *clock) *burner {
	return &burner{cpus: t.CPUs, clock: c, sleep: sleepUntil, rule: regulator{level: t.Level, period: period}}
}

// burners are the threads of a load of CPUs.
func (t task) burners(c *clock) []*burner {
	all := make([]*burner, len(t.CPUs))
	for i, cpu := range t.CPUs {
		all[i] = t.burner(c)
		if t.Whole {
			// Wherever the scheduler puts it, and in turn, so that as many
			// CPUs as the level asks for are busy at a time.
			all[i].rule.phase = period * time.Duration(i) / time.Duration(len(t.CPUs))
		} else {
			all[i].cpus = []int{cpu}
		}
	}
	return all
}

// launch starts burners, and returns when all are ready to begin.
func launch(all []*burner, begin <-chan struct{}, hire func() (worker, error)) error {
	ready := make(chan error, len(all))
	for _, b := range all {
		go b.run(hire, ready, begin)
	}
	for range all {
		if err := <-ready; err != nil {
			return err
		}
	}
	return nil
}

// progress reports on burners. add fills in what is known of their resource.
func progress(all []*burner, add func(*Status)) loading {
	return func(every time.Duration, report func(Status) error) error {
		recent := window{span: achievedSpan}
		recent.add(reading{})
		readings := make([]reading, len(all))
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			for i, b := range all {
				if r := b.progress.Load(); r != nil {
					readings[i] = *r
				}
			}
			s := recent.status(mean(readings))
			if add != nil {
				add(&s)
			}
			if err := report(s); err != nil {
				return err
			}
			<-tick.C
		}
	}
}

// newResidentLoading takes the memory.
func newResidentLoading(t task) (loading, error) {
	h, err := hold(t.Bytes)
	if err != nil {
		return nil, err
	}
	return h.keep, nil
}

// keep uses the memory over and over.
func (h *holding) keep(every time.Duration, report func(Status) error) error {
	begun, last := time.Now(), time.Duration(0)
	var sum float64 // bytes times nanoseconds
	for {
		held, err := h.held()
		if err != nil {
			return err
		}
		now := time.Since(begun)
		sum += float64(held) * float64(now-last)
		size := float64(len(h.all))
		s := Status{Asked: size, AskedTotal: size, Achieved: float64(held), Total: float64(held), Elapsed: now}
		if now > 0 {
			s.Total = sum / float64(now)
		}
		if err := report(s); err != nil {
			return err
		}
		last = now
		time.Sleep(every)
		h.touch(every)
	}
}
