package onnx

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/testbed/testbed/inference/onnxfile"
)

// A Session is a classifier, loaded. It is safe for concurrent use; several
// Runs at a time share the processor.
type Session struct {
	graph    onnxfile.Classifier
	cached   bool
	fallback bool

	open sync.RWMutex // held for reading by a Run, for writing by Close
	run  *runner      // nil: closed

	mu      sync.Mutex
	classes int          // 0: not known before the first run
	free    []*workspace // of no Run; as many as there were Runs at a time
}

// ErrClosed is what Run returns after Close.
var ErrClosed = errors.New("session is closed")

// Size is the width and height in pixels of the images that the model takes;
// 0: any.
func (s *Session) Size() int { return s.graph.Size }

// Classes is the number of logits that the model gives for an image; 0 where
// the file leaves it open and nothing was run yet.
func (s *Session) Classes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.classes
}

// Cached reports whether the session was opened from the cache of optimised
// models.
func (s *Session) Cached() bool { return s.cached }

// Fallback reports whether the CPU runs a part of the graph, or all of it,
// which the provider that was asked for cannot. It is false of the CPU itself.
func (s *Session) Fallback() bool { return s.fallback }

// Run classifies a batch: in holds N ≥ 1 images of [3, Size, Size], one after
// the other; where the model takes any size, it holds one image. It returns N
// times Classes logits, which are the caller's.
func (s *Session) Run(in []float32) ([]float32, error) {
	n := 1
	if size := s.graph.Size; size > 0 {
		image := 3 * size * size
		if len(in) == 0 || len(in)%image != 0 {
			return nil, fmt.Errorf("input of %d numbers: want a multiple of 3*%d*%d = %d", len(in), size, size, image)
		}
		n = len(in) / image
	}
	return s.RunBatch(in, n)
}

// RunBatch is Run of n images, of any size that the model takes.
func (s *Session) RunBatch(in []float32, n int) ([]float32, error) {
	size, err := s.side(len(in), n)
	if err != nil {
		return nil, err
	}
	s.open.RLock()
	defer s.open.RUnlock()
	if s.run == nil {
		return nil, ErrClosed
	}
	w := s.take()
	defer s.give(w)
	if s.graph.Batch {
		return s.once(w, nil, in, n, size)
	}
	// A graph for one image at a time.
	var all []float32
	for one := len(in) / n; len(in) > 0; in = in[one:] {
		if all, err = s.once(w, all, in[:one], 1, size); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// take returns a workspace that no Run has.
func (s *Session) take() *workspace {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.free) - 1
	if last < 0 {
		return new(workspace)
	}
	w := s.free[last]
	s.free = s.free[:last]
	return w
}

func (s *Session) give(w *workspace) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, w)
}

// maxSize is the most pixels of a side of an image.
const maxSize = 4096

// side is the width and height of n images of numbers in all.
func (s *Session) side(numbers, n int) (int, error) {
	if n < 1 || numbers == 0 || numbers%n != 0 {
		return 0, fmt.Errorf("input of %d numbers: want %d images of equal size, at least 1", numbers, n)
	}
	size := s.graph.Size
	if size == 0 {
		size = int(math.Round(math.Sqrt(float64(numbers/n) / 3)))
	}
	if 3*size*size != numbers/n || size > maxSize {
		return 0, fmt.Errorf("input of %d numbers for %d images: want 3*%d*%d for each", numbers, n, size, size)
	}
	return size, nil
}

// once runs the graph once and appends the logits to all.
func (s *Session) once(w *workspace, all, in []float32, n, size int) ([]float32, error) {
	out, shape, err := s.run.run(w, in, [4]int64{int64(n), 3, int64(size), int64(size)})
	if err != nil {
		return nil, fmt.Errorf("run: %w", err)
	}
	classes, err := classesOf(shape, n)
	if err == nil {
		err = s.learn(classes)
	}
	if err != nil {
		return nil, fmt.Errorf("run: output %q: %w", s.graph.Output, err)
	}
	return append(all, out...), nil
}

// learn keeps the number of classes that a run gave, which has to stay.
func (s *Session) learn(classes int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.classes != 0 && classes != s.classes {
		return fmt.Errorf("%d classes, and %d before", classes, s.classes)
	}
	s.classes = classes
	return nil
}

// classesOf is the number of logits for each of n images in an output of this
// shape: [n, classes], whatever ones follow or are in between.
func classesOf(shape []int64, n int) (int, error) {
	if len(shape) > 0 && shape[0] == int64(n) {
		classes, wide := int64(1), 0
		for _, d := range shape[1:] {
			classes *= d
			if d != 1 {
				wide++
			}
		}
		if wide <= 1 && classes > 0 && len(shape) > 1 {
			return int(classes), nil
		}
	}
	return 0, fmt.Errorf("shape %d: want [%d, classes]", shape, n)
}

// Close waits for the Runs that are under way, frees what the session holds and
// gives the memory back to the system. To close twice does nothing.
func (s *Session) Close() error {
	s.open.Lock()
	defer s.open.Unlock()
	if s.run == nil {
		return nil
	}
	var errs []error
	for _, w := range s.free {
		errs = append(errs, w.free())
	}
	errs = append(errs, s.run.close())
	s.run, s.free = nil, nil
	return errors.Join(errs...)
}

// Best is the index of the largest logit, the first of equals; -1 if there is
// none that is a number.
func Best(logits []float32) int {
	best := -1
	for i, x := range logits {
		if x == x && (best < 0 || x > logits[best]) {
			best = i
		}
	}
	return best
}
