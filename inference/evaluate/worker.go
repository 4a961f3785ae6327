package evaluate

import (
	"context"
	"errors"
	"fmt"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
)

// A worker has the inputs of a batch.
type worker struct {
	*run
	inputs []input // one for each recipe that there is
	ids    []string
}

// An input is a batch prepared by a recipe.
type input struct {
	recipe model.Recipe
	pixels int       // numbers of an image
	batch  []float32 // of batchImages
}

// at is where image i of the batch goes.
func (in input) at(i int) []float32 { return in.batch[i*in.pixels : (i+1)*in.pixels : (i+1)*in.pixels] }

// work takes batches until there are none.
func (r *run) work(ctx context.Context) error {
	w := worker{run: r, ids: make([]string, batchImages)}
	for _, s := range r.subjects {
		if w.input(s.Recipe) == nil {
			pixels := 3 * s.Recipe.Size * s.Recipe.Size
			w.inputs = append(w.inputs, input{s.Recipe, pixels, make([]float32, batchImages*pixels)})
		}
	}
	for ctx.Err() == nil {
		from, to := r.take()
		if from == to {
			return nil
		}
		if err := w.batch(ctx, from, to); err != nil {
			return err
		}
		r.finish(to - from)
	}
	return ctx.Err()
}

func (w *worker) input(r model.Recipe) *input {
	for i := range w.inputs {
		if w.inputs[i].recipe == r {
			return &w.inputs[i]
		}
	}
	return nil
}

// batch fills in the rows of images from to before to.
func (w *worker) batch(ctx context.Context, from, to int) error {
	for i := range to - from {
		s, err := w.dataset.Sample(from + i)
		if err != nil {
			return err
		}
		w.ids[i] = s.ID
		for _, rows := range w.rows {
			rows[from+i] = Row{Image: s.ID, Label: s.Label}
		}
		if err := w.prepare(i, s.Image); err != nil {
			return fmt.Errorf("image %s: %w", s.ID, err)
		}
	}
	for i, s := range w.subjects {
		if err := w.classify(s, w.rows[i][from:to]); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// prepare makes a file the inputs of image i of the batch.
func (w *worker) prepare(i int, file []byte) error {
	if len(w.inputs) == 1 {
		_, err := dataset.Preprocess(file, w.inputs[0].recipe, w.inputs[0].at(i))
		return err
	}
	img, err := dataset.Decode(file)
	if err != nil {
		return err
	}
	for _, in := range w.inputs {
		if _, err := dataset.Tensor(img, in.recipe, in.at(i)); err != nil {
			return err
		}
	}
	return nil
}

// classify runs a model on the first images of the batch, and judges.
func (w *worker) classify(s Subject, rows []Row) error {
	in, n := w.input(s.Recipe), len(rows)
	logits, err := s.Session.RunBatch(in.batch[:n*in.pixels], n)
	if err != nil {
		return fmt.Errorf("images %s to %s: %w", w.ids[0], w.ids[n-1], err)
	}
	if len(logits) == 0 || len(logits)%n != 0 {
		return errors.New("the model gives no logits")
	}
	if len(logits) != n*w.classes {
		return fmt.Errorf("dataset %s has %d classes, the model %d: want as many", w.dataset.Name(), w.classes, len(logits)/n)
	}
	for i := range rows {
		if err := rows[i].judge(logits[i*w.classes : (i+1)*w.classes]); err != nil {
			return fmt.Errorf("image %s: %w", w.ids[i], err)
		}
	}
	return nil
}
