package onnx

import (
	"bytes"
	"fmt"

	"github.com/testbed/testbed/inference/onnxfile"
)

// A source is what a session is opened from.
type source struct {
	path string // of the file; empty: data
	data []byte

	optimized mapping // what the cache has of it; nil: nothing
	save      string  // where to write the optimised model; empty: nowhere
}

func inspect(model []byte) (onnxfile.Classifier, error) {
	info, err := onnxfile.Read(bytes.NewReader(model), int64(len(model)))
	if err != nil {
		return onnxfile.Classifier{}, err
	}
	return info.Classifier()
}

// Load opens a session of an ONNX file's bytes, which must be a classifier: see
// onnxfile.Info. It keeps nothing of model. It does not use the cache, which is
// LoadFile's.
func (e *Engine) Load(model []byte, o Options) (*Session, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	g, err := inspect(model)
	if err != nil {
		return nil, err
	}
	if err := enough(int64(len(model)), opening); err != nil {
		return nil, err
	}
	return open(source{data: model}, g, o)
}

// LoadFile is Load of the file at path, which this program does not read into
// its memory. sha256 is that of the file, in hex, which the caller has
// verified.
//
// With o.Cache, the optimised model is kept there and opened the next time, by
// a key of sha256 and all that the optimisation depends on. That takes a tenth
// of the time, and its weights are the pages of the file, which processes
// share. It holds a layout made for this CPU: a cache is not to be taken to
// another machine. What is damaged there is made again; a cache that cannot be
// written is an error. It is kept below 16 GiB by dropping what was not used
// for longest; to empty it is safe at any time.
func (e *Engine) LoadFile(path, sha256 string, o Options) (*Session, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	info, err := onnxfile.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	g, err := info.Classifier()
	if err != nil {
		return nil, fmt.Errorf("model: %s: %w", path, err)
	}
	if o.Cache != "" && o.cacheable() {
		return e.loadCached(path, sha256, g, o)
	}
	if err := enoughFor(path, opening); err != nil {
		return nil, err
	}
	return open(source{path: path}, g, o)
}

func open(src source, g onnxfile.Classifier, o Options) (*Session, error) {
	r, err := newRunner(src, g, o)
	if err != nil {
		return nil, err
	}
	return &Session{run: r, graph: g, classes: g.Classes, cached: src.optimized != nil, fallback: r.usesCPU()}, nil
}
