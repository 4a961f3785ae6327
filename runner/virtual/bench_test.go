package virtual

import (
	"testing"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/scenarios"
)

// BenchmarkRequest is whole requests, warm, with what an arm sees before each.
func BenchmarkRequest(b *testing.B) {
	w := open(b, one(scenarios.Links{Down: narrow, Up: narrow}))
	if err := w.Prepare(b.Context(), "edge", "a", []string{"small"}); err != nil {
		b.Fatal(err)
	}
	r := request("small")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Observe(b.Context(), []string{"edge"}, "a"); err != nil {
			b.Fatal(err)
		}
		do(b, w, r)
		if len(w.lines) > 1000 {
			w.lines = nil
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

// BenchmarkCold is requests that each fetch and open their model.
func BenchmarkCold(b *testing.B) {
	w := open(b, one(scenarios.Links{Down: narrow, Up: emulator.Link{}}))
	r := request("small")
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Prepare(b.Context(), "edge", "a", nil); err != nil {
			b.Fatal(err)
		}
		do(b, w, r)
		if len(w.lines) > 1000 {
			w.lines = nil
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

// BenchmarkRun is whole runs: selectors, decisions, and what is written of them.
func BenchmarkRun(b *testing.B) {
	const text = `
world: sim
nodes: [{name: edge, device: slowly}]
links: {edge: {down: {rate: 20Mbps, delay: 5ms, queue: unlimited}, up: {rate: 20Mbps, delay: 5ms, queue: unlimited}}}
dataset: {name: blank, size: 3000B, labels: 10, images: 200}
models: [resnet18, resnet152]
selectors: [greedy, advanced]
record: {decisions: 100}
load: {requests: 10000, repetitions: 2, warmup: 0}
`
	for b.Loop() {
		carry(b, text, 1)
	}
	b.ReportMetric(float64(b.N)*2*2*10_000/b.Elapsed().Seconds(), "requests/s")
}
