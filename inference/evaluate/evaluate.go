// Package evaluate runs a classifier over a dataset and says how often it is
// right.
package evaluate

import (
	"context"
	"fmt"
	"sync"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/host"
	"github.com/testbed/testbed/inference/model"
)

// A Classifier is a session of a model: see onnx.Session.
type Classifier interface {
	// RunBatch returns the logits of n images, one after the other. It may
	// be called several times at once.
	RunBatch(in []float32, n int) ([]float32, error)
}

// A Subject is a model that is evaluated.
type Subject struct {
	Session Classifier
	Recipe  model.Recipe
}

// Options are what is evaluated, and how.
type Options struct {
	Session Classifier // one of one thread is best: see Workers
	Recipe  model.Recipe
	Dataset dataset.Dataset

	// Workers is how many images are decoded and run side by side, each by a
	// thread of its own beside those of the session; 0: one for each CPU that
	// this process may use.
	Workers int

	// Progress is told after each batch how many of how many images are
	// done; one call at a time, from any goroutine. nil: nobody is.
	Progress func(done, total int)
}

// batchImages is how many images are run at once: enough to make small images
// cheap, and at 224 pixels 5 MB of tensors.
const batchImages = 8

// Run classifies all images of the dataset, several at a time. The result has
// them in the dataset's order, whatever order they were run in. The first image
// that cannot be read, or whose logits are not numbers, ends it with an error
// that names the image; the end of ctx ends it with ctx's.
func Run(ctx context.Context, o Options) (Result, error) {
	results, err := RunAll(ctx, []Subject{{o.Session, o.Recipe}}, o)
	if err != nil {
		return Result{}, err
	}
	return results[0], nil
}

// RunAll is Run of several models on the same images, each of which is decoded
// once. The results are in the order of subjects, which stand for o.Session and
// o.Recipe.
func RunAll(ctx context.Context, subjects []Subject, o Options) ([]Result, error) {
	r, err := newRun(subjects, o)
	if err != nil {
		return nil, fmt.Errorf("evaluate: %w", err)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	workers := o.Workers
	if workers <= 0 {
		workers = host.CPUs()
	}
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			if err := r.work(ctx); err != nil {
				stop(err)
			}
		})
	}
	group.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("evaluate: %w", err)
	}
	results := make([]Result, len(subjects))
	for i, rows := range r.rows {
		results[i] = newResult(o.Dataset.Name(), rows)
	}
	return results, nil
}

// A run is an evaluation under way.
type run struct {
	subjects []Subject
	dataset  dataset.Dataset
	progress func(done, total int)
	classes  int
	images   int
	rows     [][]Row // of each subject and image; the image's worker's alone to write

	mu   sync.Mutex
	next int // first image that no worker has
	done int
}

func newRun(subjects []Subject, o Options) (*run, error) {
	for _, s := range subjects {
		if err := s.Recipe.Check(); err != nil {
			return nil, fmt.Errorf("recipe: %w", err)
		}
	}
	r := &run{
		subjects: subjects, dataset: o.Dataset, progress: o.Progress,
		classes: len(o.Dataset.Classes()), images: o.Dataset.Len(),
	}
	if r.images == 0 {
		return nil, fmt.Errorf("dataset %s: no images: want at least 1", o.Dataset.Name())
	}
	for range subjects {
		r.rows = append(r.rows, make([]Row, r.images))
	}
	return r, nil
}

func (r *run) take() (from, to int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from = r.next
	r.next = min(from+batchImages, r.images)
	return from, r.next
}

func (r *run) finish(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done += n
	if r.progress != nil {
		r.progress(r.done, r.images)
	}
}
