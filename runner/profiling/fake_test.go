package profiling

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
)

// A fake is a device of a known speed: an inference of a model of b bytes takes
// b milliseconds with one thread, half as long with two, and 1/(1 − min(u,
// 0.5)) times that beside a load of u. Time passes as it measures.
type fake struct {
	load    float64
	visits  []setting // in order, those of openings left away
	loads   []float64 // that were set, in order
	notCold string
	fail    func(setting) error

	// disturbed says of the nth visit, from 0, whether others take half of the
	// CPUs, by which it takes three times as long.
	disturbed func(n int, s setting) bool
}

func (f *fake) Describe() node.Description {
	return node.Description{Name: "edge", CPUs: []int{2, 3}, Warnings: []string{"it is a fake"},
		Runtime: map[string]string{"runtime": "abacus", "version": "2", "provider": "cpu", "spinning": "off", "library": "/lib/abacus"},
		Machine: node.Machine{Host: "box", OS: "linux", Arch: "amd64", CPU: "beads", CPUs: 8, Memory: 1 << 30}}
}

func (f *fake) SetLoad(ctx context.Context, share float64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.load = share
	f.loads = append(f.loads, share)
	return nil
}

// work is how long an inference takes.
func (f *fake) work(m int64, threads int) time.Duration {
	return time.Duration(float64(m) / float64(threads) / (1 - min(f.load, 0.5)) * float64(time.Millisecond))
}

func (f *fake) Measure(ctx context.Context, a node.MeasureArgs) (got node.Measured, err error) {
	if a.Loads > 0 {
		return f.open(a)
	}
	s := setting{a.Threads, f.load}
	if f.fail != nil {
		if err := f.fail(s); err != nil {
			return got, err
		}
	}
	if !a.Keep || a.Cold || a.Cached || string(a.Image) != "image of "+a.Model {
		return got, fmt.Errorf("a strange visit: %+v", a)
	}
	n := len(f.visits)
	f.visits = append(f.visits, s)
	infer := f.work(bytesOf(a.Model), a.Threads)
	got.Others = min(f.load, 0.5)
	if f.disturbed != nil && f.disturbed(n, s) {
		infer *= 3
		got.Others += 0.5
	}
	for took := time.Duration(0); len(got.Infer) < a.Runs || took < a.Least; took += infer {
		got.Infer, got.Preprocess = append(got.Infer, infer), append(got.Preprocess, 2*time.Millisecond)
	}
	time.Sleep(a.Warm + time.Duration(len(got.Infer))*infer)
	return got, ctx.Err()
}

// open takes 100 ms cold and 60 warm, and half of that of the optimised model.
func (f *fake) open(a node.MeasureArgs) (got node.Measured, err error) {
	if f.load != 0 || a.Threads != 2 || a.Keep {
		return got, fmt.Errorf("a strange opening beside a load of %v: %+v", f.load, a)
	}
	took := 60 * time.Millisecond
	if a.Cold {
		took, got.NotCold = 100*time.Millisecond, f.notCold
	}
	if a.Cached {
		took /= 2
	}
	time.Sleep(took)
	got.Load = []time.Duration{took}
	got.RSSBefore, got.RSSLoaded, got.RSSAfter = 10_000_000, 50_000_000, 11_000_000
	return got, nil
}

// bytesOf is the size of the model of that name.
func bytesOf(name string) (n int64) {
	_, err := fmt.Sscanf(name, "m%d", &n)
	if err != nil {
		panic(err)
	}
	return n
}

func named(bytes ...int64) (models []model.Model) {
	for _, n := range bytes {
		models = append(models, model.Model{Name: fmt.Sprint("m", n), SHA256: "ab", Bytes: n, Accuracy: 0.5, Dataset: "beads"})
	}
	return models
}

func imageOf(m model.Model) ([]byte, error) {
	if m.Bytes == 0 {
		return nil, errors.New("no image")
	}
	return []byte("image of " + m.Name), nil
}
