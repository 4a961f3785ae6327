package onnx

import (
	"errors"
	"fmt"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// A Session is a classifier, loaded. It is safe for concurrent use; one Run
// waits for another.
type Session struct {
	mu      sync.Mutex
	session *ort.DynamicAdvancedSession // nil: closed
	graph   graph

	// Tensors of the last batch size, kept so that a request makes no garbage.
	batch   int
	in, out *ort.Tensor[float32]
}

// ErrClosed is what Run returns after Close.
var ErrClosed = errors.New("session is closed")

// Load opens a session of an ONNX file's bytes, which must be a classifier
// with one float32 input [N, 3, S, S] and one output [N, classes]. It keeps
// nothing of model.
func (e *Engine) Load(model []byte, o Options) (*Session, error) {
	g, err := inspect(model)
	if err != nil {
		return nil, err
	}
	so, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("session options: %w", err)
	}
	defer so.Destroy()
	if err := o.configure(so); err != nil {
		return nil, fmt.Errorf("session options: %w", err)
	}
	s, err := ort.NewDynamicAdvancedSessionWithONNXData(model, []string{g.input}, []string{g.output}, so)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	return &Session{session: s, graph: g}, nil
}

// Size is the width and height in pixels of the images that the model takes.
func (s *Session) Size() int { return s.graph.size }

// Classes is the number of logits that the model gives for an image.
func (s *Session) Classes() int { return s.graph.classes }

// Run classifies a batch: in holds N ≥ 1 images of [3, Size, Size], one after
// the other. It returns N times Classes logits, which are the caller's.
func (s *Session) Run(in []float32) ([]float32, error) {
	image := 3 * s.graph.size * s.graph.size
	if len(in) == 0 || len(in)%image != 0 {
		return nil, fmt.Errorf("input of %d numbers: want a multiple of 3*%d*%d = %d", len(in), s.graph.size, s.graph.size, image)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session == nil {
		return nil, ErrClosed
	}
	if err := s.resize(len(in) / image); err != nil {
		return nil, err
	}
	copy(s.in.GetData(), in)
	if err := s.session.Run([]ort.Value{s.in}, []ort.Value{s.out}); err != nil {
		return nil, fmt.Errorf("run: %w", err)
	}
	return append([]float32(nil), s.out.GetData()...), nil
}

// resize makes the tensors fit a batch of n.
func (s *Session) resize(n int) error {
	if n == s.batch {
		return nil
	}
	in, err := ort.NewEmptyTensor[float32](ort.NewShape(int64(n), 3, int64(s.graph.size), int64(s.graph.size)))
	if err != nil {
		return fmt.Errorf("input tensor: %w", err)
	}
	out, err := ort.NewEmptyTensor[float32](ort.NewShape(int64(n), int64(s.graph.classes)))
	if err != nil {
		return errors.Join(fmt.Errorf("output tensor: %w", err), in.Destroy())
	}
	err = s.freeTensors()
	s.batch, s.in, s.out = n, in, out
	return err
}

func (s *Session) freeTensors() error {
	if s.batch == 0 {
		return nil
	}
	s.batch = 0
	return errors.Join(s.in.Destroy(), s.out.Destroy())
}

// Close waits for a Run that is under way and frees what the session holds. To
// close twice does nothing.
func (s *Session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session == nil {
		return nil
	}
	err := errors.Join(s.freeTensors(), s.session.Destroy())
	s.session = nil
	return err
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
