package runner

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/selector"
)

// A job is the images of one request, to be answered by an option:
//
//	alone    by one model, one after the other
//	cascade  by the first model and, where it is unsure or fails, by the second
//	hedged   by both at once, where the first answer that is acceptable counts:
//	         a sure one of the first model, any of the second
//	split    each by one of the two, which work at the same time
//
// Where nothing acceptable came, an unsure answer is better than none. What was
// begun is awaited, also where its answer does not count any more, so that it
// does not disturb the next request.
type job struct {
	world   World
	arm     string
	samples []dataset.Sample
	until   time.Duration // the world's time at which it has timed out

	mu      sync.Mutex
	replies []reply
}

// A reply is how one image fared with one part of the option.
type reply struct {
	Result
	image int
	part  int
	sure  bool // enough to count
}

// do has an option answer the job.
func (j *job) do(ctx context.Context, o selector.Option) (answer, error) {
	p, n := parts(o), len(j.samples)
	err := error(nil)
	switch o.Placement {
	case selector.Cascade:
		err = j.cascade(ctx, o, p)
	case selector.Hedged:
		err = j.both(ctx, func(ctx context.Context, part int) error { return j.hedge(ctx, o, p, part) })
	case selector.Split:
		at, _ := o.Shares(n)
		bounds := [][2]int{{0, at}, {at, n}}
		err = j.both(ctx, func(ctx context.Context, part int) error {
			return j.each(ctx, p[part], part, bounds[part][0], bounds[part][1])
		})
	default:
		err = j.each(ctx, p[0], 0, 0, n)
	}
	return answered(o, p, n, j.replies), err
}

// both runs both parts at once, and waits for both. Where the world is broken
// for one, the other is cut short.
func (j *job) both(ctx context.Context, part func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var errs [2]error
	var parts [2]func()
	for i := range errs {
		parts[i] = func() {
			if errs[i] = part(ctx, i); errs[i] != nil {
				cancel()
			}
		}
	}
	together(j.world, parts[:]...)
	return errors.Join(errs[:]...)
}

// together runs parts at the same time, and returns when all have.
func together(w World, parts ...func()) {
	if v, ok := w.(Virtual); ok {
		v.Together(parts...)
		return
	}
	var wait sync.WaitGroup
	for _, part := range parts {
		wait.Go(part)
	}
	wait.Wait()
}

// each asks a part for the images from one to another, until one fails: the
// request fails with it.
func (j *job) each(ctx context.Context, o selector.Option, part, from, to int) error {
	for i := from; i < to; i++ {
		r, err := j.ask(ctx, o, part, i)
		if err != nil || r.Err != "" {
			return err
		}
	}
	return nil
}

// cascade asks the parts image by image.
func (j *job) cascade(ctx context.Context, o selector.Option, parts []selector.Option) error {
	for i := range j.samples {
		first, err := j.ask(ctx, parts[0], 0, i, o.Threshold)
		if err != nil {
			return err
		}
		if first.sure {
			continue
		}
		second, err := j.ask(ctx, parts[1], 1, i)
		if err != nil {
			return err
		}
		if first.Err != "" && second.Err != "" {
			return nil // the request has failed
		}
	}
	return nil
}

// hedge asks one part for every image that is not answered yet.
func (j *job) hedge(ctx context.Context, o selector.Option, parts []selector.Option, part int) error {
	var threshold []float64
	if part == 0 {
		threshold = []float64{o.Threshold}
	}
	for i := range j.samples {
		if j.settled(i) {
			continue
		}
		if _, err := j.ask(ctx, parts[part], part, i, threshold...); err != nil {
			return err
		}
	}
	return nil
}

// settled says whether an image has an answer that counts.
func (j *job) settled(image int) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range j.replies {
		if r.image == image && r.sure {
			return true
		}
	}
	return false
}

// ask asks a part for one image. The answer is sure if it came and, of a
// threshold, has that confidence at least.
func (j *job) ask(ctx context.Context, o selector.Option, part, image int, threshold ...float64) (r reply, err error) {
	r = reply{image: image, part: part}
	if left := j.until - j.world.Now(); left > 0 {
		r.Result, err = j.world.Do(ctx, Request{Node: o.Node, Arm: j.arm, Model: o.Model, Image: j.samples[image].Image, Sample: j.samples[image].ID, Label: j.samples[image].Label, Timeout: left})
	} else {
		now := j.world.Now()
		r.Result = Result{Sent: now, Done: now, Prediction: -1, Err: fmt.Sprintf("image %d of %d: no time was left for it", image+1, len(j.samples))}
	}
	if err != nil {
		return r, err
	}
	r.sure = r.Err == ""
	for _, least := range threshold {
		r.sure = r.sure && r.Confidence >= least
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.replies = append(j.replies, r)
	return r, nil
}
