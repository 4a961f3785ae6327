package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnxfile"
)

// Add copies the ONNX file at path into the store, or the one that an archive
// there holds (tar, tar.gz or zip), and returns m with what the file says:
// File, SHA256, Bytes, Parameters unless m has them (a file whose batch
// normalisation is folded into the convolutions has fewer than are published),
// and Weights where they are random by the file's own account.
// The caller says the rest: the name, the recipe, which is needed, and where
// known the accuracy and its source. A hash in m is one that the file must have.
//
// A file that cannot be run as m says is refused with the reason, and nothing
// is left of it. Adding a file that the store has under that name only updates
// what is said of it; another file under a name that is taken is an error that
// wraps ErrTaken.
func (s *Store) Add(ctx context.Context, path string, m model.Model) (model.Model, error) {
	added, err := s.add(ctx, m, func(in *incoming) (string, int64, error) {
		return copyModel(ctx, in, path)
	})
	if err != nil {
		return model.Model{}, fmt.Errorf("%s: %w", path, err)
	}
	return added, nil
}

// Put adds the file that write writes, as Add does. An error of write is
// returned, and nothing is left.
func (s *Store) Put(ctx context.Context, m model.Model, write func(io.Writer) error) (model.Model, error) {
	added, err := s.add(ctx, m, func(in *incoming) (string, int64, error) {
		w := in.hashing(ctx)
		buffered := bufio.NewWriterSize(w, 1<<20)
		if err := write(buffered); err != nil {
			return "", 0, err
		}
		if err := buffered.Flush(); err != nil {
			return "", 0, err
		}
		return w.sum(), w.n, nil
	})
	if err != nil {
		return model.Model{}, fmt.Errorf("model %s: %w", m.Name, err)
	}
	return added, nil
}

func (s *Store) add(ctx context.Context, m model.Model, fill func(*incoming) (string, int64, error)) (model.Model, error) {
	if err := check(m); err != nil {
		return model.Model{}, err
	}
	in, err := s.receive(ctx, "")
	if err != nil {
		return model.Model{}, err
	}
	defer in.discard()
	sum, n, err := fill(in)
	if err != nil {
		return model.Model{}, err
	}
	if m.SHA256 != "" && m.SHA256 != sum {
		return model.Model{}, fmt.Errorf("SHA-256 is %s: want %s", sum, m.SHA256)
	}
	m.SHA256, m.Bytes = sum, n
	if m, err = in.inspect(m); err != nil {
		return model.Model{}, err
	}
	return in.place(ctx, m)
}

// check is of what the caller says, before anything is read.
func check(m model.Model) error {
	if err := model.CheckName(m.Name); err != nil {
		return fmt.Errorf("name: %w", err)
	}
	if m.Recipe == (model.Recipe{}) {
		return errors.New("no recipe: want how an image becomes the model's input")
	}
	if err := m.Recipe.Check(); err != nil {
		return fmt.Errorf("recipe: %w", err)
	}
	if !(m.Accuracy >= 0 && m.Accuracy <= 1) {
		return fmt.Errorf("accuracy is %v: want 0 to 1", m.Accuracy)
	}
	return nil
}

// inspect refuses a file that cannot be run as m says.
func (in *incoming) inspect(m model.Model) (model.Model, error) {
	info, err := onnxfile.Read(in.File, m.Bytes)
	if err != nil {
		return model.Model{}, err
	}
	c, err := info.Classifier()
	if err != nil {
		return model.Model{}, err
	}
	if c.Size != 0 && c.Size != m.Recipe.Size {
		return model.Model{}, fmt.Errorf("input %s takes %d pixels, the recipe cuts out %d: want the same", c.Input, c.Size, m.Recipe.Size)
	}
	if c.Classes != 0 && m.Labels != nil && len(m.Labels) != c.Classes {
		return model.Model{}, fmt.Errorf("output %s has %d classes, there are %d labels: want the same", c.Output, c.Classes, len(m.Labels))
	}
	if m.Parameters == 0 {
		m.Parameters = info.Parameters
	}
	if c.Seeded {
		m.Weights = model.Seeded
	}
	return m, nil
}

// openRegular opens a file that is one: a device or a pipe might never end.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, errors.Unwrap(err) // the caller names the path
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%v: want a file", info.Mode())
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	return f, nil
}
