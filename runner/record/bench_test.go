package record_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// BenchmarkRequests is what a line of requests.jsonl costs, one at a time and by
// the block.
func BenchmarkRequests(b *testing.B) {
	r := record.Request{Condition: "5Mbps/busy/cold", Arm: "advanced", Repetition: 1, Pair: 123, First: true, Sample: "signs/000123",
		Option: "signs-resnet-20@edge", Model: "signs-resnet-20", Node: "edge", Due: 123456789012, Sent: 123456789012, Done: 123495061146,
		Phases:   selector.Phases{Upload: 12345678, Queue: 123, Preprocess: 1234567, Infer: 23456789, Download: 1234567},
		Measured: 38271601, Up: 3000, Down: 210, Label: 7, Prediction: 7, Confidence: 0.8731264587}
	writer := func(b *testing.B) *record.Writer {
		w, err := record.Create(filepath.Join(b.TempDir(), "run"), record.Header{}, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { w.Close() })
		b.ReportAllocs()
		return w
	}
	next := func(r *record.Request) {
		r.Pair++
		r.Due += time.Millisecond
		r.Sent += time.Millisecond
		r.Done += time.Millisecond
	}
	b.Run("one", func(b *testing.B) {
		w := writer(b)
		for b.Loop() {
			next(&r)
			if err := w.Request(r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("block", func(b *testing.B) {
		w, block := writer(b), record.Block{}
		for b.Loop() {
			next(&r)
			if err := block.Request(r); err != nil {
				b.Fatal(err)
			}
			if block.Size() > 1<<20 {
				if err := w.Append(&block); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
