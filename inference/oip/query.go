package oip

import (
	"encoding/json"
	"fmt"
)

// query checks that req is what model m can answer: one input, either an image
// file or a tensor of its size, and no output but the logits.
func query(m Metadata, req Request) (Query, error) {
	q := Query{Model: m.Name, Batch: 1}
	if req.Parameters != nil {
		var p struct {
			Arm string `json:"arm"`
		}
		if err := json.Unmarshal(req.Parameters, &p); err != nil {
			return q, fmt.Errorf("parameters: %w", err)
		}
		q.Arm = p.Arm
	}
	for _, o := range req.Outputs {
		if o.Name != LogitsOutput {
			return q, fmt.Errorf("no output %q: want %s", o.Name, LogitsOutput)
		}
	}
	if len(req.Outputs) > 1 {
		return q, fmt.Errorf("output %s is asked for %d times", LogitsOutput, len(req.Outputs))
	}
	if len(req.Inputs) != 1 {
		return q, fmt.Errorf("%d inputs: want one, %s or %s", len(req.Inputs), ImageInput, TensorInput)
	}
	in := req.Inputs[0]
	var err error
	switch in.Name {
	case ImageInput:
		if q.Image, err = in.Bytes(); err == nil && len(q.Image) == 0 {
			err = fmt.Errorf("tensor %q: the image is empty", in.Name)
		}
	case TensorInput:
		q.Batch, err = batch(m, in)
		if err == nil {
			q.Input, err = in.Floats()
		}
	default:
		err = fmt.Errorf("no input %q: want %s or %s", in.Name, ImageInput, TensorInput)
	}
	return q, err
}

func batch(m Metadata, in Tensor) (int, error) {
	s, size := in.Shape, int64(m.Size)
	if in.Datatype != FP32 || len(s) != 4 || s[0] < 1 || s[1] != 3 || s[2] != size || s[3] != size {
		return 0, fmt.Errorf("tensor %q: %s %v: want FP32 [N 3 %d %d]", in.Name, in.Datatype, s, size, size)
	}
	return int(s[0]), nil
}
