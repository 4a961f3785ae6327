package virtual

import (
	"bytes"
	"context"
	"net"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/oip"
)

// A counted connection counts its bytes.
type counted struct {
	net.Conn
	up, down *atomic.Int64
}

func (c counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.up.Add(int64(n))
	return n, err
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.down.Add(int64(n))
	return n, err
}

// A backend answers zeros.
type backend struct {
	oip.Backend
	classes int
}

func (b backend) Metadata(name string) (oip.Metadata, error) {
	return oip.Metadata{Name: name, Size: 32, Classes: b.classes}, nil
}

func (b backend) Infer(_ context.Context, _ oip.Query, t *oip.Times) ([]float32, error) {
	t.Started = clock.Now()
	t.Fetched, t.Loaded, t.Preprocessed, t.Inferred = t.Started+1e5, t.Started+2e6, t.Started+3e6, t.Started+4e7
	return make([]float32, b.classes), nil
}

// TestWire holds the weights of requests and answers to what client and server
// exchange, within 5 % of what there is beside image and logits: names and times
// are longer or shorter.
func TestWire(t *testing.T) {
	near := func(what string, got int64, want unit.Bytes, beside unit.Bytes) {
		t.Helper()
		if off := unit.Bytes(got) - want; max(off, -off) > beside/20 {
			t.Errorf("%s: %d bytes, simulated as %d", what, got, want)
		}
	}
	for _, tt := range []struct {
		model          string
		classes, image int
	}{{"signs-resnet20", 43, 3000}, {"resnet18", 1000, 100_000}} {
		s := httptest.NewServer(oip.NewServer(backend{classes: tt.classes}))
		defer s.Close()
		var up, down atomic.Int64
		c, err := oip.NewClient(oip.Target{URL: s.URL, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			return counted{conn, &up, &down}, err
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Live(t.Context()); err != nil {
			t.Fatal(err)
		}
		near("question whether it is alive", up.Swap(0), liveRequest, liveRequest)
		near("and the answer", down.Swap(0), liveAnswer, liveAnswer)
		native := oip.Native()
		image := bytes.Repeat([]byte{1}, tt.image)
		r, err := c.Classify(t.Context(), oip.Call{Model: tt.model, Arm: "advanced", Signature: &native, Image: image})
		if err != nil {
			t.Fatal(err)
		}
		near("body of a request", r.Up, unit.Bytes(tt.image)+requestBody, requestBody)
		near("request", up.Load(), unit.Bytes(tt.image)+requestBody+requestHead, requestBody+requestHead)
		near("body of an answer", r.Down, logit*unit.Bytes(tt.classes)+answerBody, answerBody)
		near("answer", down.Load(), logit*unit.Bytes(tt.classes)+answerBody+answerHead, answerBody+answerHead)
	}
}
