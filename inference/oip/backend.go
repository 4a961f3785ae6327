package oip

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Names of the tensors that a model of this server takes and gives.
const (
	ImageInput   = "image"  // BYTES [1]: a PNG or JPEG file
	TensorInput  = "input"  // FP32 [N, 3, S, S]: preprocessed already
	LogitsOutput = "logits" // FP32 [N, classes]
	LabelOutput  = "label"  // BYTES [N]: the name of the best class, or its number where names are not known
)

// A Backend is what a Server puts on the wire. Its methods are called from
// many goroutines.
type Backend interface {
	// Name is that of the server.
	Name() string

	// Metadata describes a model; the error of one that the backend does not
	// have is a StatusError of 404.
	Metadata(model string) (Metadata, error)

	// Infer answers q. It waits its turn, and fills in t but for Arrived and Received.
	// It returns one row of logits for each image. The error of one that
	// finds too many waiting is a StatusError of 503. What q holds is the
	// server's again when Infer has returned.
	Infer(ctx context.Context, q Query, t *Times) ([]float32, error)

	// Ready reports whether requests are taken: not before the backend is
	// whole, and not while it stops.
	Ready() bool

	// Index lists the models that the backend has, loaded or not, by name.
	Index() []IndexEntry

	// Load opens and warms a model, so that the next request does not wait
	// for it; of several calls at a time for one model one does so. To load
	// what is loaded does nothing.
	Load(ctx context.Context, model string) error

	// Unload frees a model after the requests under way have been answered.
	// To unload what is not loaded does nothing.
	Unload(ctx context.Context, model string) error
}

// An IndexEntry is a model in the repository index.
type IndexEntry struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	State   State  `json:"state"`
	Reason  string `json:"reason"` // for the state; empty if there is nothing to say
}

// A State is what the repository extension calls that of a model.
type State string

// The states of a model.
const (
	StateReady       State = "READY"
	StateUnavailable State = "UNAVAILABLE" // held or not, but not loaded
	StateLoading     State = "LOADING"
	StateUnloading   State = "UNLOADING"
)

// Metadata describes a model.
type Metadata struct {
	Name    string
	Size    int      // width and height in pixels of its input; 0: any
	Classes int      // 0 or -1: not known before the model was loaded
	Labels  []string // names of the classes; the index is the label; nil: not known
	Ready   bool
}

// A Query is a checked request for inference. Exactly one of Image and Input
// is there.
type Query struct {
	Model string
	Arm   string // whose files and sessions are used; "" is one, too
	Image []byte // an image file
	Input []float32
	Batch int // images in Input; 1 with Image
}

// Times are when the phases of a request ended, on the CLOCK_MONOTONIC of the
// server, and what was fetched for it. They are the parameters of a response.
type Times struct {
	Arrived      time.Duration `json:"head_ns"`         // its head was read: the first packet was there
	Received     time.Duration `json:"recv_ns"`         // the last byte of the body was read
	Started      time.Duration `json:"start_ns"`        // its turn came
	Fetched      time.Duration `json:"fetched_ns"`      // the model's file was there
	Loaded       time.Duration `json:"loaded_ns"`       // a session was open
	Preprocessed time.Duration `json:"preprocessed_ns"` // the input was ready
	Inferred     time.Duration `json:"inferred_ns"`     // the logits were; the answer starts
	FetchBytes   int64         `json:"fetch_bytes"`
}

// A StatusError is an error with the HTTP status that it is answered with.
type StatusError struct {
	Status int
	Err    error
}

func (e *StatusError) Error() string { return e.Err.Error() }
func (e *StatusError) Unwrap() error { return e.Err }

// Errorf makes a StatusError.
func Errorf(status int, format string, args ...any) error {
	return &StatusError{Status: status, Err: fmt.Errorf(format, args...)}
}

// status is the HTTP status of err: 500 where nothing else is said, 504 where
// the time ran out.
func status(err error) int {
	var s *StatusError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &s):
		return s.Status
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout
	}
	return http.StatusInternalServerError
}
