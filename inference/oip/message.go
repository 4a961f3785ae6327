// Package oip speaks the Open Inference Protocol, version 2, over HTTP: the
// wire form, the server that an inference node is, and a client of any server
// of the protocol.
//
// Spoken are health, metadata and inference of the protocol itself, and of its
// extensions:
//
//   - binary_tensor_data, in both directions; and the raw binary request, with
//     Inference-Header-Content-Length: 0, of which the body is an image file or
//     a tensor of the model's size. It is answered in JSON, so that a person
//     can read it, unless the request accepts application/octet-stream.
//   - classification: the best classes of an output as "logit:class:label".
//   - model_repository: index, load and unload. A load may not bring a
//     configuration of its own.
//   - statistics, but for batch_stats and memory_usage: nothing is batched.
//
// Every datatype of the protocol is read and written, in JSON as well but for
// FP16 and BF16, which the protocol has in binary form only. BYTES in JSON are
// plain strings; those of an image file, which no JSON string can hold, are its
// base64.
//
// A model of this server takes one input, either an image file or a
// preprocessed tensor, where the protocol has no word for either. It has one
// version, "1". A response's parameters are the times of its phases.
//
// Not spoken are gRPC, and the extensions for shared memory, sequences,
// scheduling, model configuration, tracing, logging and generation; bodies may
// not be compressed.
package oip

import "encoding/json"

// HeaderLength is the HTTP header that says how many bytes of a body are JSON;
// the rest is tensors. A body without it is JSON throughout; a request of
// which it is 0 has no JSON, and is the only input.
const HeaderLength = "Inference-Header-Content-Length"

// A Tensor is an input or output. Its Data is in the binary form whatever the
// form on the wire was: little-endian, row-major, and for BYTES each element
// after its length in four bytes.
type Tensor struct {
	Name     string
	Datatype string
	Shape    []int64
	Data     []byte
	Text     bool // BYTES that came as strings of JSON
}

// A Request asks for inference. The model is named by the path.
type Request struct {
	ID         string
	Parameters json.RawMessage // an object; nil: none
	Inputs     []Tensor
	Outputs    []Output // none: all
	// BinaryOutput asks for outputs in binary form where Outputs does not say.
	// It is read from Parameters.
	BinaryOutput bool
}

// An Output is one that is asked for.
type Output struct {
	Name   string
	Binary bool
	// Classes, unless it is 0, asks for the so many best classes of each image
	// instead of the tensor.
	Classes int
}

// A Response is an answer.
type Response struct {
	Model      string
	Version    string // empty: not told
	ID         string
	Parameters json.RawMessage // an object; nil: none
	Outputs    []Tensor
}

// Limits of what is read. They are far above what an image classifier needs,
// and keep the memory that a message takes within a few times its length.
const (
	// MaxBody is the most bytes of a request's body that a Server reads, and of
	// a response's that a Client does.
	MaxBody = 64 << 20
	// MaxJSON is the most bytes of JSON in a body.
	MaxJSON = 16 << 20

	maxTensors = 64      // inputs or outputs of a message
	maxRank    = 16      // dimensions of a tensor
	maxText    = 1 << 10 // bytes of a name or an ID
)

// The JSON of the protocol, to be written. A tensor has either data or
// binary_data_size.
type (
	wireRequest struct {
		ID         string          `json:"id,omitempty"`
		Parameters json.RawMessage `json:"parameters,omitempty"`
		Inputs     []wireTensor    `json:"inputs"`
		Outputs    []wireOutput    `json:"outputs,omitempty"`
	}
	wireResponse struct {
		Model      string          `json:"model_name"`
		Version    string          `json:"model_version,omitempty"`
		ID         string          `json:"id,omitempty"`
		Parameters json.RawMessage `json:"parameters,omitempty"`
		Outputs    []wireTensor    `json:"outputs"`
	}
	wireTensor struct {
		Name       string          `json:"name"`
		Shape      []int64         `json:"shape"`
		Datatype   string          `json:"datatype"`
		Parameters *wireBinary     `json:"parameters,omitempty"`
		Data       json.RawMessage `json:"data,omitempty"`
	}
	wireBinary struct {
		Size int64 `json:"binary_data_size"`
	}
	wireOutput struct {
		Name       string              `json:"name"`
		Parameters *wireOutputSettings `json:"parameters,omitempty"`
	}
	wireOutputSettings struct {
		Binary  *bool `json:"binary_data,omitempty"`
		Classes int   `json:"classification,omitempty"`
	}
	wireError struct {
		Error string `json:"error"`
	}
)
