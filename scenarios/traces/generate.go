//go:build ignore

// Generate writes the made-up links beside it: lte.down and lte.up, and 3g.csv,
// 4g.csv, 5g.csv and wifi.csv. Run it in this directory: go run generate.go
package main

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"time"

	"github.com/testbed/testbed/emulator/trace"
)

const (
	seed   = 20
	period = 60_000 // ms
	step   = 100    // ms that a rate lasts
)

// A cell is how the rate of one direction behaves. The rate is the median
// times e^x, where x wanders around 0 (AR(1)), within bounds; now and then it
// falls to a tenth for a few steps.
type cell struct {
	median, least, most float64 // Mbit/s
	spread              float64 // standard deviation of x
	memory              float64 // of x from step to step
	fade                float64 // probability that one begins in a step
}

func main() {
	write("lte.down", cell{median: 7, least: 1, most: 20, spread: 0.55, memory: 0.96, fade: 0.012}, 1)
	write("lte.up", cell{median: 2.6, least: 0.5, most: 8, spread: 0.45, memory: 0.96, fade: 0.012}, 2)
	for i, r := range radios {
		r.write(uint64(31 + i))
	}
}

func write(name string, c cell, stream uint64) {
	rates := c.rates(rand.New(rand.NewPCG(seed, stream)))
	t := trace.Trace{Name: name, Period: period * time.Millisecond, Quantum: trace.MahimahiQuantum}
	var bits float64
	for ms := 1; ms <= period; ms++ {
		bits += rates[(ms-1)/step] * 1e6 / 1000
		for packet := float64(8 * trace.MahimahiQuantum); bits >= packet; bits -= packet {
			t.At = append(t.At, time.Duration(ms)*time.Millisecond)
		}
	}
	t.At = append(t.At, t.Period) // the last line is the period
	f, err := os.Create(name)
	if err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(trace.WriteMahimahi(f, &t), f.Close()); err != nil {
		log.Fatal(err)
	}
}

// rates are in Mbit/s, one for each step.
func (c cell) rates(rng *rand.Rand) (rates []float64) {
	x, fading := 0.0, 0
	for range period / step {
		x = c.memory*x + c.spread*math.Sqrt(1-c.memory*c.memory)*rng.NormFloat64()
		rate := min(max(c.median*math.Exp(x), c.least), c.most)
		if fading == 0 && rng.Float64() < c.fade {
			fading = 3 + rng.IntN(6)
		}
		if fading > 0 {
			fading--
			rate /= 10
		}
		rates = append(rates, rate)
	}
	return rates
}

// A radio is a class of access networks. The median rates of both directions
// are times e^x, each with an x of its own that wanders around 0, within bounds;
// a fade and a gap fall on both.
type radio struct {
	name      string
	down, up  float64       // medians, Mbit/s
	most      float64       // of both, times the median; the least is one most-th of it
	spread    float64       // standard deviation of x
	memory    time.Duration // after which e^-1 of x is left
	fade, gap spell
	fades     float64 // what is left of the rate in a fade
	delay     float64 // median of one direction, ms
	wavering  float64 // standard deviation of its logarithm
}

// A spell comes and goes, each by lot at any time: means.
type spell struct{ every, lasting time.Duration }

const (
	length = 180 * time.Second
	tick   = 200 * time.Millisecond
)

var radios = []radio{
	{name: "3g", down: 2, up: 0.6, most: 4, spread: 0.6, memory: 5 * time.Second, delay: 60, wavering: 0.25,
		fade: spell{20 * time.Second, 4 * time.Second}, fades: 0.3, gap: spell{60 * time.Second, 2 * time.Second}},
	{name: "4g", down: 12, up: 5, most: 5, spread: 0.5, memory: 4 * time.Second, delay: 22, wavering: 0.2,
		fade: spell{20 * time.Second, 3 * time.Second}, fades: 0.25, gap: spell{90 * time.Second, 600 * time.Millisecond}},
	{name: "5g", down: 120, up: 25, most: 3, spread: 0.6, memory: 2 * time.Second, delay: 8, wavering: 0.25,
		fade: spell{12 * time.Second, 1500 * time.Millisecond}, fades: 0.05, gap: spell{60 * time.Second, time.Second}},
	{name: "wifi", down: 40, up: 35, most: 2, spread: 0.35, memory: time.Second, delay: 2, wavering: 0.4,
		fade: spell{10 * time.Second, 800 * time.Millisecond}, fades: 0.3, gap: spell{60 * time.Second, 400 * time.Millisecond}},
}

func (r radio) write(stream uint64) {
	rng := rand.New(rand.NewPCG(seed, stream))
	var out bytes.Buffer
	fmt.Fprintf(&out, "# source: made up by generate.go\n# length_s: %g\nt_s,down_kbps,up_kbps,delay_ms\n", length.Seconds())
	down, up, delay := r.wander(rng), r.wander(rng), r.wander(rng)
	fading, gone := r.fade.wait(rng), r.gap.wait(rng)
	for at := time.Duration(0); at < length; at += tick {
		rate := 1.0
		if fading() {
			rate = r.fades
		}
		if gone() {
			rate = 0
		}
		scaled := func(median, x float64) float64 {
			return math.Round(1000 * rate * median * min(max(math.Exp(r.spread*x), 1/r.most), r.most))
		}
		fmt.Fprintf(&out, "%.1f,%.0f,%.0f,%.1f\n", at.Seconds(), scaled(r.down, down()), scaled(r.up, up()), r.delay*math.Exp(r.wavering*delay()))
	}
	if err := os.WriteFile(r.name+".csv", out.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}

// wander is a standard normal process with r's memory, a value each tick.
func (r radio) wander(rng *rand.Rand) func() float64 {
	keep := math.Exp(-tick.Seconds() / r.memory.Seconds())
	x := rng.NormFloat64()
	return func() float64 {
		x = keep*x + math.Sqrt(1-keep*keep)*rng.NormFloat64()
		return x
	}
}

// wait says each tick whether the spell is on.
func (s spell) wait(rng *rand.Rand) func() bool {
	on := false
	return func() bool {
		mean := s.every - s.lasting
		if on {
			mean = s.lasting
		}
		if rng.Float64() < tick.Seconds()/mean.Seconds() {
			on = !on
		}
		return on
	}
}
