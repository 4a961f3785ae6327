// Package oip speaks the Open Inference Protocol, version 2, over HTTP, with
// its binary tensor data extension: the wire form, the server that an
// inference node is, and the client.
package oip

import "encoding/json"

// HeaderLength is the HTTP header that says how many bytes of a body are JSON;
// the rest is tensors. A body without it is JSON throughout.
const HeaderLength = "Inference-Header-Content-Length"

// A Tensor is an input or output. Its Data is in the binary form whatever the
// form on the wire was: little-endian, row-major, and for BYTES each element
// after its length in four bytes.
type Tensor struct {
	Name     string
	Datatype string
	Shape    []int64
	Data     []byte
}

// A Request asks for inference. The model is named by the path.
type Request struct {
	ID         string
	Parameters json.RawMessage // an object; nil: none
	Inputs     []Tensor
	Outputs    []Output // none: all
	// BinaryOutput asks for outputs in binary form where Outputs does not say.
	BinaryOutput bool
}

// An Output is one that is asked for.
type Output struct {
	Name   string
	Binary bool
}

// A Response is an answer.
type Response struct {
	Model      string
	ID         string
	Parameters json.RawMessage // an object; nil: none
	Outputs    []Tensor
}

// Datatypes that this package gives a meaning to. The others of the protocol
// are refused.
const (
	FP32  = "FP32"
	BYTES = "BYTES"
)

// The JSON of the protocol. A tensor has either data or binary_data_size.
type (
	wireRequest struct {
		ID         string          `json:"id,omitempty"`
		Parameters json.RawMessage `json:"parameters,omitempty"`
		Inputs     []wireTensor    `json:"inputs"`
		Outputs    []wireOutput    `json:"outputs,omitempty"`
	}
	wireResponse struct {
		Model      string          `json:"model_name"`
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
		Size *int64 `json:"binary_data_size,omitempty"`
	}
	wireOutput struct {
		Name       string `json:"name"`
		Parameters struct {
			Binary *bool `json:"binary_data,omitempty"`
		} `json:"parameters"`
	}
	wireParameters struct {
		BinaryOutput bool `json:"binary_data_output"`
	}
	wireError struct {
		Error string `json:"error"`
	}
)
