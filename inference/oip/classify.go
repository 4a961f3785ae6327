package oip

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/testbed/testbed/inference/clock"
)

// A Call is one image for one model; or, in Tensor, several.
type Call struct {
	Model string
	Arm   string // empty: it is not sent

	// Image is a PNG or JPEG file. It is sent where the model takes one.
	Image []byte
	// Tensor is the preprocessed image, of Shape [N 3 S S]. It is sent where
	// the model takes no file, or where Image is nil.
	Tensor []float32
	Shape  []int64

	// Signature is how the model takes it; nil: the server is asked at the
	// first Call for the model, before Sent.
	Signature *Signature
}

// A Result is what came of a Call. The times are on the CLOCK_MONOTONIC of the
// client: Sent, before the first byte was written, and Done, after the last
// one was read, are there whatever the error; Wrote, when the last byte of the
// request had been handed to the system, and FirstByte, when the first one of
// the answer came, are 0 if that did not happen.
type Result struct {
	Sent, Wrote, FirstByte, Done time.Duration

	Times      Times // of the server, on its clock; all 0 if it does not tell
	Logits     []float32
	Confidence float64 // of the answer: see Confidence; 0 of a Call of several images
	Up, Down   int64   // bytes of the bodies
}

// Trip is how long the first packet of the request and the answer were on their
// way, together: a round trip of the network, with packets of this size, whatever
// the two clocks say. 0: the server does not tell.
func (r Result) Trip() time.Duration {
	if r.Times.Arrived == 0 || r.Times.Inferred == 0 {
		return 0
	}
	return max(0, (r.Done-r.Sent)-(r.Times.Inferred-r.Times.Arrived))
}

// Tail is how long after the first packet of the request the last one came. 0:
// the server does not tell, or it was one packet.
func (r Result) Tail() time.Duration {
	if r.Times.Arrived == 0 {
		return 0
	}
	return max(0, r.Times.Received-r.Times.Arrived)
}

// Classify has call answered. Of a server that takes no image file it is an
// error if call has no Tensor.
func (c *Client) Classify(ctx context.Context, call Call) (Result, error) {
	s, err := c.signature(ctx, call)
	if err != nil {
		now := clock.Now()
		return Result{Sent: now, Done: now}, err
	}
	req, err := s.request(call)
	if err != nil {
		now := clock.Now()
		return Result{Sent: now, Done: now}, err
	}
	resp, r, err := c.infer(ctx, call.Model, req, s.Binary)
	if err != nil {
		return r, err
	}
	return r, r.read(resp, s.Output)
}

func (c *Client) signature(ctx context.Context, call Call) (Signature, error) {
	if call.Signature != nil {
		return *call.Signature, nil
	}
	return c.Signature(ctx, call.Model)
}

// request makes the request for a model of this signature.
func (s Signature) request(call Call) (Request, error) {
	var r Request
	if call.Arm != "" {
		var err error
		if r.Parameters, err = json.Marshal(map[string]string{"arm": call.Arm}); err != nil {
			return r, err
		}
	}
	if s.Output != "" {
		r.Outputs = []Output{{Name: s.Output, Binary: s.Binary}}
	}
	in, err := s.input(call)
	r.Inputs = []Tensor{in}
	return r, err
}

func (s Signature) input(call Call) (Tensor, error) {
	switch {
	case call.Image == nil && call.Tensor == nil:
		return Tensor{}, fmt.Errorf("model %s: neither an image nor a tensor", call.Model)
	case s.Image != "" && call.Image != nil:
		return s.file(s.Image, s.ImageShape, call.Image), nil
	case s.Tensor == "":
		return Tensor{}, fmt.Errorf("model %s takes an image file: there is none", call.Model)
	case call.Tensor == nil && s.Decodes:
		return s.file(s.Tensor, []int64{1}, call.Image), nil
	case call.Tensor == nil:
		return Tensor{}, fmt.Errorf("model %s takes no image file: want a tensor", call.Model)
	}
	t := FloatTensor(s.Tensor, s.shape(call.Shape), call.Tensor)
	return t, t.check()
}

// file is an image file as a tensor. JSON cannot hold its bytes: there it is
// in base64.
func (s Signature) file(name string, shape []int64, image []byte) Tensor {
	if !s.Binary {
		image = base64.StdEncoding.AppendEncode(nil, image)
	}
	t := BytesTensor(name, image)
	t.Shape = shape
	return t
}

// shape leaves out the batch where the server's own shape has none.
func (s Signature) shape(have []int64) []int64 {
	if len(s.Shape) == 3 && len(have) == 4 && have[0] == 1 {
		return have[1:]
	}
	return have
}

// Infer makes a request of any tensors, in binary form or in JSON.
func (c *Client) Infer(ctx context.Context, model string, r Request, binary bool) (Response, error) {
	resp, _, err := c.infer(ctx, model, r, binary)
	return resp, err
}

// infer makes a request and fills in all of the Result but what is in the
// answer.
func (c *Client) infer(ctx context.Context, model string, in Request, binary bool) (Response, Result, error) {
	now := clock.Now()
	r := Result{Sent: now, Done: now}
	path, err := modelPath("/v2", model)
	if err != nil {
		return Response{}, r, err
	}
	body, header, err := AppendRequest(nil, in, binary)
	if err != nil {
		return Response{}, r, err
	}
	var wrote, first atomic.Int64 // the transport may tell late, from goroutines of its own
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest:         func(httptrace.WroteRequestInfo) { wrote.Store(int64(clock.Now())) },
		GotFirstResponseByte: func() { first.Store(int64(clock.Now())) },
	})
	req, err := c.request(ctx, http.MethodPost, path+"/infer", body)
	if err != nil {
		return Response{}, r, err
	}
	req.Header.Set("Content-Type", "application/json")
	if binary {
		req.Header.Set("Content-Type", "application/octet-stream")
		req.Header.Set(HeaderLength, strconv.Itoa(header))
	}
	r.Up = int64(len(body))

	r.Sent = clock.Now()
	resp, answer, err := c.do(req)
	r.Done = clock.Now()
	r.Wrote, r.FirstByte = time.Duration(wrote.Load()), time.Duration(first.Load())
	r.Down = int64(len(answer))
	if err != nil {
		return Response{}, r, err
	}
	if err := serverError(resp, answer); err != nil {
		return Response{}, r, err
	}
	out, err := ParseResponse(answer, resp.Header.Get(HeaderLength))
	if err != nil {
		err = fmt.Errorf("answer: %w", err)
	}
	return out, r, err
}

// read takes the logits, and the times if there are any, from an answer.
func (r *Result) read(resp Response, output string) error {
	i := slices.IndexFunc(resp.Outputs, func(t Tensor) bool { return t.Name == output })
	if output == "" && len(resp.Outputs) == 1 {
		i = 0
	}
	if output == "" && i < 0 {
		i = slices.IndexFunc(resp.Outputs, func(t Tensor) bool { return t.Name == LogitsOutput })
	}
	if i < 0 {
		return fmt.Errorf("answer: %d outputs: want %s", len(resp.Outputs), or(output, "one"))
	}
	var err error
	if r.Logits, err = resp.Outputs[i].Floats(); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if len(r.Logits) == 0 {
		return errors.New("answer: no logits")
	}
	if shape := resp.Outputs[i].Shape; len(shape) < 2 || shape[0] == 1 {
		r.Confidence = Confidence(r.Logits)
	}
	if resp.Parameters == nil {
		return nil
	}
	if err := json.Unmarshal(resp.Parameters, &r.Times); err != nil {
		return fmt.Errorf("answer: parameters: %w", err)
	}
	return nil
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
