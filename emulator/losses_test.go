package emulator_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
)

// fates pushes n packets a millisecond apart and says which are lost.
func fates(l emulator.Link, n int, seed uint64) []bool {
	s := emulator.NewShaper(l, rand.New(rand.NewPCG(seed, 4)))
	lost := make([]bool, n)
	for i := range lost {
		_, fate := s.Push(time.Duration(i)*ms, 1500)
		lost[i] = fate == emulator.Lost
	}
	return lost
}

// bursts returns how many packets are lost, and in how many runs.
func bursts(lost []bool) (packets, runs int) {
	for i, l := range lost {
		if l {
			packets++
			if i == 0 || !lost[i-1] {
				runs++
			}
		}
	}
	return packets, runs
}

// TestBursts holds mean loss and mean burst to 5 standard deviations.
//
// Losses of a chain with P(good→bad) = p and P(bad→good) = r are correlated:
// from one packet to the next by ρ = 1 − p − r. The variance of their share in
// n packets is so that of a binomial, L(1−L)/n, times (1+ρ)/(1−ρ). Bursts are
// geometric: of mean B and variance B(B−1).
func TestBursts(t *testing.T) {
	const n = 200_000
	for _, tt := range []struct{ loss, burst float64 }{
		{0.01, 1}, {0.01, 3}, {0.1, 5}, {0.3, 1.5}, {0.5, 20}, {0.5, 1}, {0.75, 3}, {0.9, 50},
	} {
		p, r := tt.loss/(tt.burst*(1-tt.loss)), 1/tt.burst
		rho := 1 - p - r
		sigma := math.Sqrt(tt.loss * (1 - tt.loss) / n * (1 + rho) / (1 - rho))
		packets, runs := bursts(fates(emulator.Link{Loss: tt.loss, LossBurst: tt.burst}, n, 7))
		if got := float64(packets) / n; math.Abs(got-tt.loss) > 5*sigma+1.0/n {
			t.Errorf("loss %v in bursts of %v: %.5f lost, want %v ± %.5f", tt.loss, tt.burst, got, tt.loss, 5*sigma)
		}
		wide := 5 * math.Sqrt(tt.burst*(tt.burst-1)/float64(runs))
		if got := float64(packets) / float64(runs); math.Abs(got-tt.burst) > wide+1e-3 {
			t.Errorf("loss %v in bursts of %v: %.3f on average, want ± %.3f", tt.loss, tt.burst, got, wide)
		}
	}
}

// TestBurstsScatter: the variance of the loss over many short runs is the one
// of the chain, eight times that of independent losses here: r = 0.2, p =
// 0.1/(5·0.9) = 0.0222, ρ = 0.7778, (1+ρ)/(1−ρ) = 8.
func TestBurstsScatter(t *testing.T) {
	const runs, n = 2000, 1000
	variance := 0.1 * 0.9 / n * 8
	var sum, square float64
	firsts := 0
	for seed := range uint64(runs) {
		lost := fates(emulator.Link{Loss: 0.1, LossBurst: 5}, n, seed)
		packets, _ := bursts(lost)
		d := float64(packets)/n - 0.1
		sum += d
		square += d * d
		if lost[0] {
			firsts++
		}
	}
	if got := square / runs / variance; math.Abs(got-1) > 5*math.Sqrt(2.0/runs)+0.02 { // 0.02: of the ends
		t.Errorf("variance %.3f of what it should be", got)
	}
	if mean := sum / runs; math.Abs(mean) > 5*math.Sqrt(variance/runs) {
		t.Errorf("mean loss off by %v", mean)
	}
	// The first packet is lost as often as any: σ = √(2000 · 0.1 · 0.9) = 13.4.
	if firsts < 200-67 || firsts > 200+67 {
		t.Errorf("the first packet is lost in %d of %d, want 200 ± 67", firsts, runs)
	}
}

// TestBurstsAreNested: more loss loses what less loss does, in bursts, too, and
// bursts as long as independent losses make them are those losses.
func TestBurstsAreNested(t *testing.T) {
	const n = 20_000
	less, more := fates(emulator.Link{Loss: 0.05, LossBurst: 4}, n, 1), fates(emulator.Link{Loss: 0.1, LossBurst: 4}, n, 1)
	for i := range n {
		if less[i] && !more[i] {
			t.Fatalf("packet %d is lost at 5 %% and not at 10 %%", i)
		}
	}
	alone, bursty := fates(emulator.Link{Loss: 0.2}, n, 1), fates(emulator.Link{Loss: 0.2, LossBurst: 1.25}, n, 1)
	for i := range n {
		if alone[i] != bursty[i] {
			t.Fatalf("packet %d: %v alone, %v in bursts of 1/(1 − 0.2)", i, alone[i], bursty[i])
		}
	}
}

// TestLossesOverTime: at each time the losses are those of the link with that
// loss, and none where it is 0.
func TestLossesOverTime(t *testing.T) {
	const n = 4000
	steps := []float64{0, 0.3, 1, 0.1}
	varied := fates(emulator.Link{Losses: series(trace.Loop, time.Second, steps...)}, n, 9)
	for step, loss := range steps {
		constant := fates(emulator.Link{Loss: loss}, n, 9)
		for i := step * 1000; i < (step+1)*1000; i++ {
			if varied[i] != constant[i] {
				t.Fatalf("packet %d: lost %v, at a constant loss of %v %v", i, varied[i], loss, constant[i])
			}
		}
	}
	bursty := fates(emulator.Link{Losses: series(trace.Stop, time.Second, 0.5, 0, 0.5), LossBurst: 10}, n, 9)
	for i, lost := range bursty {
		if none := i >= 1000 && i < 2000 || i >= 3000; none && lost {
			t.Fatalf("packet %d is lost where the loss is 0", i)
		}
	}
	for _, from := range []int{0, 2000} {
		packets, runs := bursts(bursty[from : from+1000])
		// r = 0.1, p = 0.1, ρ = 0.8: σ = √(0.25/1000 · 9) = 0.047; bursts of 10 ± 5·√(90/50).
		if packets < 500-237 || packets > 500+237 || packets/runs < 4 || packets/runs > 17 {
			t.Errorf("from %d: %d lost in %d bursts, want 500 ± 237 in bursts of about 10", from, packets, runs)
		}
	}
}
