package arch_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/inference/arch"
	"github.com/testbed/testbed/inference/onnx"
)

// engine is ONNX Runtime, or t is skipped (see needs).
func engine(t testing.TB) *onnx.Engine {
	t.Helper()
	e, err := onnx.Open(needs.ONNX(t, onnx.Find))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// load opens a session of one thread of a seeded network.
func load(t testing.TB, e *onnx.Engine, name string) *onnx.Session {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".onnx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := arch.Write(f, name, 1); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := e.LoadFile(path, "", onnx.Options{Threads: 1})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// image is numbers about as an image's after its mean is taken away.
func image(size int, phase float64) []float32 {
	x := make([]float32, 3*size*size)
	for i := range x {
		x[i] = float32(1.4 * math.Sin(phase+float64(i)*(0.01+phase/7)))
	}
	return x
}

// TestRuns: ONNX Runtime takes the networks, and activations keep their size
// through all the layers: answers are neither lost in rounding nor near
// overflow, and they depend on the image.
func TestRuns(t *testing.T) {
	e := engine(t)
	for _, name := range small(t) {
		t.Run(name, func(t *testing.T) {
			s := load(t, e, name)
			size, err := arch.Describe(name)
			if err != nil || s.Size() != size.Input || s.Classes() != 1000 {
				t.Fatalf("%d pixels, %d classes, %v; want %d, 1000", s.Size(), s.Classes(), err, size.Input)
			}
			a, err := s.Run(image(size.Input, 0))
			if err != nil {
				t.Fatal(err)
			}
			b, err := s.Run(image(size.Input, 1))
			if err != nil {
				t.Fatal(err)
			}
			sound(t, a, b)
		})
	}
}

// sound holds the logits of two images to a middling size, and to be of two
// images.
func sound(t *testing.T, a, b []float32) {
	t.Helper()
	var square, apart float64
	for i := range a {
		square += float64(a[i]) * float64(a[i]) / 1000
		apart += math.Abs(float64(a[i]-b[i])) / 1000
	}
	if rms := math.Sqrt(square); !(rms > 0.01 && rms < 1e5) || !(apart > 1e-3) {
		t.Errorf("logits of %v rms, %v apart for another image; want 0.01 to 1e5, and apart", rms, apart)
	}
}

// TestLatencyOrder: the five ResNets take as long as was published of them, one
// beside the other: each more than the one before. Runs are interleaved, so that
// what else the machine does meets all of them; a machine that changes its pace
// within a round gets another try.
func TestLatencyOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("runs 45 inferences of up to a second")
	}
	e := engine(t)
	names := []string{"resnet18", "resnet34", "resnet50", "resnet101", "resnet152"}
	var sessions []*onnx.Session
	for _, name := range names {
		sessions = append(sessions, load(t, e, name))
	}
	x, other := image(224, 0), image(224, 1)
	for _, s := range sessions {
		a, err := s.Run(x)
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Run(other)
		if err != nil {
			t.Fatal(err)
		}
		sound(t, a, b)
	}
	const tries = 4
	for try := 1; ; try++ {
		medians := interleaved(t, sessions, x, 7)
		if slices.IsSorted(medians) {
			t.Logf("%v: %v", names, medians)
			return
		}
		if try == tries {
			t.Fatalf("%v: medians %v after %d tries; want them rising", names, medians, tries)
		}
		t.Logf("medians %v: again", medians)
	}
}

// interleaved runs each session n times, in turns, and returns their median
// times.
func interleaved(t *testing.T, sessions []*onnx.Session, x []float32, n int) (medians []time.Duration) {
	times := make([][]time.Duration, len(sessions))
	for range n {
		for i, s := range sessions {
			start := time.Now()
			if _, err := s.Run(x); err != nil {
				t.Fatal(err)
			}
			times[i] = append(times[i], time.Since(start))
		}
	}
	for _, ts := range times {
		slices.Sort(ts)
		medians = append(medians, ts[len(ts)/2])
	}
	return medians
}
