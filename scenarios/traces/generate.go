//go:build ignore

// Generate writes lte.down and lte.up: a made-up cellular link. Run it in this
// directory: go run generate.go
package main

import (
	"errors"
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
