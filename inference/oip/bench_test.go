package oip_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/oip"
)

// pixels are those of one preprocessed image of 224 by 224: 602112 bytes.
func pixels() []float32 {
	r := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, 3*224*224)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

func imageNet(tb testing.TB, binary bool) (body []byte, header string) {
	tb.Helper()
	in := oip.FloatTensor("input", []int64{1, 3, 224, 224}, pixels())
	body, n, err := oip.AppendRequest(nil, oip.Request{ID: "r-17", Inputs: []oip.Tensor{in}, Outputs: []oip.Output{{Name: "logits", Binary: true}}}, binary)
	if err != nil {
		tb.Fatal(err)
	}
	if binary {
		header = strconv.Itoa(n)
	}
	return body, header
}

func parse(tb testing.TB, body []byte, header string) time.Duration {
	start := time.Now()
	r, err := oip.ParseRequest(body, header)
	if err != nil {
		tb.Fatal(err)
	}
	if x, err := r.Inputs[0].Floats(); err != nil || len(x) != 3*224*224 {
		tb.Fatal(len(x), err)
	}
	return time.Since(start)
}

// BenchmarkParseRequest reads the tensor of one image, to its float32 values.
// The parses of the binary form and of JSON take turns, so that their ratio is
// of the same moment; there are more of the former, since the first one after
// JSON pays for collecting what that left behind.
func BenchmarkParseRequest(b *testing.B) {
	body, header := imageNet(b, true)
	text, _ := imageNet(b, false)
	var binary, inJSON, standard []time.Duration
	for b.Loop() {
		for range 8 {
			binary = append(binary, parse(b, body, header))
		}
		inJSON = append(inJSON, parse(b, text, ""))
		start := time.Now()
		var w struct{ Inputs []struct{ Data []float32 } }
		if err := json.Unmarshal(text, &w); err != nil {
			b.Fatal(err)
		}
		standard = append(standard, time.Since(start))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms(binary), "binary-ms")
	b.ReportMetric(ms(inJSON), "json-ms")
	b.ReportMetric(ms(standard), "encoding/json-ms")
	b.ReportMetric(ms(inJSON)/ms(binary), "json/binary")
}

// ms is the median in milliseconds.
func ms(all []time.Duration) float64 {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2].Seconds() * 1e3
}

// BenchmarkRequest is what a request costs beside its inference: client,
// loopback and server, with a backend that answers at once.
func BenchmarkRequest(b *testing.B) {
	native := oip.Native()
	for _, bb := range []struct {
		name string
		call oip.Call
	}{
		{"image of 3 kB", oip.Call{Image: bytes.Repeat([]byte("x"), 3_000)}},
		{"image of 31 kB", oip.Call{Image: bytes.Repeat([]byte("x"), 31_000)}},
		{"tensor of 602 kB", oip.Call{Tensor: pixels(), Shape: []int64{1, 3, 224, 224}}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			s := httptest.NewServer(oip.NewServer(&instant{logits: make([]float32, 1000)}))
			defer s.Close()
			c, err := oip.NewClient(oip.Target{URL: s.URL})
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			bb.call.Model, bb.call.Signature = "m", &native
			var took []time.Duration
			for b.Loop() {
				r, err := c.Classify(b.Context(), bb.call)
				if err != nil {
					b.Fatal(err)
				}
				took = append(took, r.Done-r.Sent)
			}
			b.ReportMetric(ms(took), "p50-ms")
		})
	}
}

// instant answers at once.
type instant struct {
	fake
	logits []float32
}

func (i *instant) Metadata(string) (oip.Metadata, error) {
	return oip.Metadata{Name: "m", Size: 224, Classes: 1000, Ready: true}, nil
}

func (i *instant) Infer(context.Context, oip.Query, *oip.Times) ([]float32, error) {
	return i.logits, nil
}
