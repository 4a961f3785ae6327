//go:build cgo && unix

package onnx

import (
	"errors"
	"fmt"
	"slices"

	ort "github.com/yalue/onnxruntime_go"
)

// A workspace is the tensors of an inference: those of the last shape, kept so
// that a request makes no garbage.
type workspace struct {
	shape   [4]int64
	in, out *ort.Tensor[float32]
}

// run runs the graph on in, which has this shape. The result is valid up to
// the next run in the same workspace.
func (r *runner) run(w *workspace, in []float32, shape [4]int64) (out []float32, outShape []int64, err error) {
	if err := w.reshape(shape); err != nil {
		return nil, nil, err
	}
	copy(w.in.GetData(), in)
	values := []ort.Value{nil}
	if w.out != nil {
		values[0] = w.out
	}
	if err := r.session.Run([]ort.Value{w.in}, values); err != nil {
		return nil, nil, err
	}
	if w.out == nil {
		t, ok := values[0].(*ort.Tensor[float32])
		if !ok {
			return nil, nil, errors.Join(fmt.Errorf("output of type %T: want float32", values[0]), values[0].Destroy())
		}
		w.out = t
	}
	return w.out.GetData(), slices.Clone(w.out.GetShape()), nil
}

// reshape makes the input fit; the runtime makes an output that does.
func (w *workspace) reshape(shape [4]int64) error {
	if shape == w.shape {
		return nil
	}
	if err := w.free(); err != nil {
		return err
	}
	in, err := ort.NewEmptyTensor[float32](ort.NewShape(shape[:]...))
	if err != nil {
		return fmt.Errorf("input tensor: %w", err)
	}
	w.shape, w.in = shape, in
	return nil
}

func (w *workspace) free() error {
	var errs []error
	for _, t := range []*ort.Tensor[float32]{w.in, w.out} {
		if t != nil {
			errs = append(errs, t.Destroy())
		}
	}
	*w = workspace{}
	return errors.Join(errs...)
}
