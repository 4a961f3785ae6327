package onnx_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnx"
	"golang.org/x/sys/unix"
)

// open opens the engine, or skips t where there is none (see needs).
func open(t testing.TB) *onnx.Engine {
	t.Helper()
	e, err := onnx.Open(needs.ONNX(t, onnx.Find))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func load(t testing.TB, m model.Model, threads int) *onnx.Session {
	t.Helper()
	data, err := m.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	s, err := open(t).Load(data, onnx.Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// tensors returns the first n test images as one batch, by way of their files.
func tensors(t testing.TB, r model.Recipe, n int) (in []float32, labels []int) {
	t.Helper()
	signs := dataset.NewSigns(dataset.Test, n)
	for i := range n {
		s, err := signs.Sample(i)
		if err != nil {
			t.Fatal(err)
		}
		img, err := dataset.Decode(s.Image)
		if err != nil {
			t.Fatal(err)
		}
		x, err := dataset.Tensor(img, r, nil)
		if err != nil {
			t.Fatal(err)
		}
		in, labels = append(in, x...), append(labels, s.Label)
	}
	return in, labels
}

// TestAccuracy holds every built-in model to its manifest: of the first n test
// images it gets as many right as a draw of n from all of them would, within
// four standard deviations sqrt(n p (1-p)) and a half.
func TestAccuracy(t *testing.T) {
	open(t)
	n := 400
	if testing.Short() {
		n = 80
	}
	models := model.Builtin()
	in, labels := tensors(t, models[0].Recipe, n)
	for _, m := range models {
		t.Run(m.Name, func(t *testing.T) {
			if m.Recipe != models[0].Recipe {
				in, labels = tensors(t, m.Recipe, n)
			}
			s := load(t, m, 1)
			if s.Size() != m.Recipe.Size || s.Classes() != len(dataset.NewSigns(dataset.Test, 1).Classes()) {
				t.Errorf("size %d, %d classes; want %d, one for each sign", s.Size(), s.Classes(), m.Recipe.Size)
			}
			logits, err := s.Run(in)
			if err != nil {
				t.Fatal(err)
			}
			right := 0
			for i, label := range labels {
				if onnx.Best(logits[i*s.Classes():(i+1)*s.Classes()]) == label {
					right++
				}
			}
			mean := float64(n) * m.Accuracy
			slack := 4*math.Sqrt(mean*(1-m.Accuracy)) + 0.5
			if math.Abs(float64(right)-mean) > slack {
				t.Errorf("%d of %d right; want %.1f, give or take %.1f", right, n, mean, slack)
			}
		})
	}
}

// TestBatch: an image gets the same logits alone and among others.
func TestBatch(t *testing.T) {
	m := model.Builtin()[0]
	s := load(t, m, 1)
	const n = 5
	in, _ := tensors(t, m.Recipe, n)
	all, err := s.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		one, err := s.Run(in[i*len(in)/n : (i+1)*len(in)/n])
		if err != nil {
			t.Fatal(err)
		}
		for j, x := range one {
			if d := math.Abs(float64(x - all[i*s.Classes()+j])); d > 1e-4 {
				t.Errorf("image %d, class %d: %v alone, %v in a batch", i, j, x, all[i*s.Classes()+j])
			}
		}
	}
}

func TestRunRefuses(t *testing.T) {
	s := load(t, model.Builtin()[0], 1)
	for _, n := range []int{0, 1, 3*32*32 - 1, 3*32*32 + 1} {
		if _, err := s.Run(make([]float32, n)); err == nil {
			t.Errorf("Run of %d numbers: no error; want a multiple of 3072", n)
		}
	}
}

func TestClose(t *testing.T) {
	s := load(t, model.Builtin()[0], 1)
	x := make([]float32, 3*32*32)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if _, err := s.Run(x); err != nil && !errors.Is(err, onnx.ErrClosed) {
					t.Error(err)
				}
			}
		})
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if _, err := s.Run(x); !errors.Is(err, onnx.ErrClosed) {
		t.Errorf("Run after Close: %v; want ErrClosed", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func TestLoadRefusesWhatIsNoModel(t *testing.T) {
	e := open(t)
	whole, err := model.Builtin()[0].ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string][]byte{
		"nothing": nil,
		"a page":  []byte("<!DOCTYPE html><html><body>404</body></html>"),
		"zeros":   make([]byte, 4096),
	}
	for cut := 1; cut < len(whole); cut += len(whole) / 23 {
		bad[fmt.Sprintf("cut at byte %d", cut)] = whole[:cut]
	}
	for name, data := range bad {
		if s, err := e.Load(data, onnx.Options{}); err == nil {
			t.Errorf("%s: no error", name)
			s.Close()
		}
	}
}

// TestIdleThreadsSleep: after a run, a pool that spins burns some 40 ms of
// CPU, one that does not next to nothing.
func TestIdleThreadsSleep(t *testing.T) {
	m := model.Builtin()[2]
	s := load(t, m, 2)
	x := make([]float32, 3*32*32)
	least := time.Hour
	for range 3 {
		if _, err := s.Run(x); err != nil {
			t.Fatal(err)
		}
		before := cpu(t)
		time.Sleep(100 * time.Millisecond)
		least = min(least, cpu(t)-before)
	}
	if least > 10*time.Millisecond {
		t.Errorf("%v of CPU within 100 ms of a run; want at most 10 ms", least)
	}
}

func cpu(t *testing.T) time.Duration {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func TestOneEngine(t *testing.T) {
	e := open(t)
	lib, _ := onnx.Find()
	if again, err := onnx.Open(lib); again != e || err != nil {
		t.Errorf("Open again = %p, %v; want %p", again, err, e)
	}
	if _, err := onnx.Open("/other.so"); err == nil || !strings.Contains(err.Error(), "/other.so") {
		t.Errorf("Open of another: %v; want an error that names it", err)
	}
	d := e.Describe(onnx.Options{Threads: 3})
	if d["intra_threads"] != "3" || d["inter_threads"] != "1" || d["spinning"] != "off" || !strings.HasPrefix(d["version"], "1.") {
		t.Errorf("Describe = %v", d)
	}
}

func TestBest(t *testing.T) {
	nan := float32(math.NaN())
	for _, tt := range []struct {
		logits []float32
		want   int
	}{
		{nil, -1},
		{[]float32{-3}, 0},
		{[]float32{1, 4, 2}, 1},
		{[]float32{4, 4}, 0}, // the first of equals
		{[]float32{nan, -1, nan}, 1},
		{[]float32{nan}, -1},
	} {
		if got := onnx.Best(tt.logits); got != tt.want {
			t.Errorf("Best(%v) = %d, want %d", tt.logits, got, tt.want)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	for _, m := range model.Builtin() {
		b.Run(m.Name, func(b *testing.B) {
			s := load(b, m, 1)
			x := make([]float32, 3*m.Recipe.Size*m.Recipe.Size)
			if _, err := s.Run(x); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := s.Run(x); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
