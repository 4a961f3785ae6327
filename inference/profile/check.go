package profile

import (
	"fmt"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// A FieldError says which field of a profile cannot be, and what was wanted.
type FieldError struct {
	Path string // such as models[2].threads[0].p50
	Want string
}

func (e *FieldError) Error() string { return e.Path + ": " + e.Want }

// What is beyond these is a slip of units.
const (
	longest = time.Hour
	slowest = 1000.0
)

// A checker keeps the first mistake.
type checker struct{ err error }

func (c *checker) want(ok bool, path, want string, args ...any) {
	if !ok && c.err == nil {
		c.err = &FieldError{Path: path, Want: fmt.Sprintf(want, args...)}
	}
}

func (c *checker) share(v float64, path string) {
	c.want(v >= 0 && v <= 1, path, "%v: want a share from 0 to 1", v)
}

func (c *checker) times(path string, named ...any) {
	for i := 0; i < len(named); i += 2 {
		d := named[i+1].(time.Duration)
		c.want(d >= 0 && d <= longest, path+named[i].(string), "%v: want 0 to %v", d, longest)
	}
}

// Check returns the first field that cannot be, a *FieldError, or nil.
func (p Profile) Check() error {
	c := &checker{}
	c.want(p.Schema == Schema, "schema", "%d: want %d", p.Schema, Schema)
	c.want(p.Name != "", "name", "want a name")
	c.want(p.Device.CPUs >= 0, "device.cpus", "%d: want a number that is not negative", p.Device.CPUs)
	c.want(p.Device.Memory >= 0, "device.memory", "%v: want a size that is not negative", p.Device.Memory)
	c.want(len(p.Models) > 0, "models", "want at least one")
	seen := map[string]bool{}
	for i, m := range p.Models {
		path := fmt.Sprintf("models[%d].", i)
		c.want(m.Name != "" && !seen[m.Name], path+"name", "%q: want a name that no other model has", m.Name)
		seen[m.Name] = true
		c.model(m, path)
	}
	for i, curve := range p.Slowdown {
		path := fmt.Sprintf("slowdown[%d].", i)
		c.want(i == 0 || curve.Threads > p.Slowdown[i-1].Threads, path+"threads", "%d: want more than the curve before", curve.Threads)
		c.curve(curve, path)
	}
	return c.err
}

func (c *checker) model(m Model, path string) {
	c.share(m.Accuracy, path+"accuracy")
	for _, b := range []struct {
		name string
		n    unit.Bytes
	}{{"size", m.Size}, {"memory.before", m.Memory.Before}, {"memory.loaded", m.Memory.Loaded}, {"memory.unloaded", m.Memory.Unloaded}} {
		c.want(b.n >= 0, path+b.name, "%v: want a size that is not negative", b.n)
	}
	c.times(path+"load.", "cold", m.Load.Cold, "warm", m.Load.Warm, "cached_cold", m.Load.CachedCold, "cached", m.Load.Cached)
	c.want(len(m.Threads) > 0, path+"threads", "want at least one timing")
	for i, t := range m.Threads {
		path := fmt.Sprintf("%sthreads[%d].", path, i)
		c.want(t.Threads >= 0, path+"threads", "%d: want a number that is not negative", t.Threads)
		c.want(t.Threads > 0 || len(m.Threads) == 1, path+"threads", "want a number: there are several timings")
		c.want(i == 0 || t.Threads > m.Threads[i-1].Threads, path+"threads", "%d: want more than the timing before", t.Threads)
		c.times(path, "preprocess", t.Preprocess)
		c.sample(t.Sample, path)
		for k, l := range t.Loaded {
			path := fmt.Sprintf("%sloaded[%d].", path, k)
			c.want(l.Utilization > 0 && l.Utilization <= 1, path+"utilization", "%v: want a share above 0 and up to 1", l.Utilization)
			c.want(k == 0 || l.Utilization > t.Loaded[k-1].Utilization, path+"utilization", "%v: want more than the one before", l.Utilization)
			c.sample(l.Sample, path)
		}
	}
}

func (c *checker) sample(s Sample, path string) {
	c.times(path, "mean", s.Mean, "p50", s.P50, "p95", s.P95)
	c.want(s.Expected() > 0, path+"p50", "want mean or p50, of which there is neither")
	c.want(s.P95 == 0 || s.P95 >= s.P50, path+"p95", "%v: want at least p50, %v", s.P95, s.P50)
	c.want(s.Runs >= 0, path+"runs", "%d: want a number that is not negative", s.Runs)
}

func (c *checker) curve(curve Curve, path string) {
	c.want(len(curve.Points) > 0, path+"points", "want at least one")
	for i, p := range curve.Points {
		path := fmt.Sprintf("%spoints[%d].", path, i)
		c.share(p.Utilization, path+"utilization")
		c.want(p.Slowdown >= 1 && p.Slowdown <= slowest, path+"slowdown", "%v: want 1 to %v", p.Slowdown, slowest)
		if i == 0 {
			c.want(p.Utilization == 0 && p.Slowdown == 1, path+"slowdown", "%v at %v: want the first point to be 1 at 0", p.Slowdown, p.Utilization)
			continue
		}
		last := curve.Points[i-1]
		c.want(p.Utilization > last.Utilization, path+"utilization", "%v: want more than the point before", p.Utilization)
		c.want(p.Slowdown >= last.Slowdown, path+"slowdown", "%v: want at least that of the point before, %v", p.Slowdown, last.Slowdown)
	}
	c.want(curve.Alpha >= 0 && curve.Alpha < 1, path+"alpha", "%v: want 0 up to, and less than, 1", curve.Alpha)
	c.share(curve.Knee, path+"knee")
}
