package worldtest

import (
	"math"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
)

// loss: the share of packets that are lost is in the 99 % interval, and those
// that are not are carried as without.
func loss(r *run) {
	const p = 0.1
	n := r.many(4000)
	s := r.send(emulator.Link{Loss: p}, paced(n, small, 0, r.Every)).inOrder()
	r.share("lost", len(s.lost()), n, p, 1)
	s.at("packets that are not lost", s.sent)
}

// allLost: a loss of 1 leaves nothing.
func allLost(r *run) {
	if s := r.send(emulator.Link{Loss: 1}, paced(200, small, 0, r.Every)); len(s.arrivals) > 0 {
		r.Errorf("%d of 200 packets came", len(s.arrivals))
	}
}

// burstLoss: losses come in runs of LossBurst on average, and their share is
// as without. Runs lengthen the interval of the share: states of Gilbert's
// model have the autocorrelation ρ = 1 − P(good→bad) − P(bad→good), and the
// variance is (1+ρ)/(1−ρ) times that of independent ones.
func burstLoss(r *run) {
	const p, mean = 0.1, 5.0
	n := r.many(8000)
	s := r.send(emulator.Link{Loss: p, LossBurst: mean}, paced(n, small, 0, r.Every)).inOrder()
	rho := 1 - p/(mean*(1-p)) - 1/mean
	lost := s.lost()
	r.share("lost", len(lost), n, p, (1+rho)/(1-rho))
	runs := 0
	for k, i := range lost {
		if k == 0 || lost[k-1] != i-1 {
			runs++
		}
	}
	// Lengths are geometric: variance mean² − mean.
	got := float64(len(lost)) / float64(max(runs, 1))
	if half := z99 * math.Sqrt((mean*mean-mean)/float64(max(runs, 1))); math.Abs(got-mean) > half {
		r.Errorf("%d losses in %d runs: %.2f on average, want %.0f ± %.2f", len(lost), runs, got, mean, half)
	}
}

// losses: the loss follows a Series.
func losses(r *run) {
	series := &trace.Series{Name: "losses", At: []time.Duration{0, 100 * ms, 200 * ms}, Value: []float64{0, 1, 0}, Period: 10 * time.Second}
	s := r.send(emulator.Link{Losses: series}, paced(280, small, 0, ms))
	wrong := 0
	for i, at := range s.sent {
		p, _ := series.Step(at)
		before, _ := series.Step(at - r.Early - r.Late)
		after, _ := series.Step(at + r.Early + r.Late)
		if before != after {
			continue // at a step, either is right
		}
		if lost := s.first[i] == never; lost != (p == 1) {
			wrong++
		}
	}
	if wrong > 0 && (r.Late == 0 || wrong > len(s.sent)/20) {
		r.Errorf("%d of %d packets were lost or not though they should not or should", wrong, len(s.sent))
	}
}

// duplicate: some packets come twice, at the same time, and the second is as
// whole as the first.
func duplicate(r *run) {
	const p = 0.1
	n := r.many(3000)
	s := r.send(emulator.Link{Duplicate: p}, paced(n, small, 0, r.Every))
	if len(s.came()) != n {
		r.Errorf("%d of %d packets came", len(s.came()), n)
	}
	twice, late := 0, 0
	for _, a := range s.arrivals {
		switch {
		case a.Corrupt:
			r.Fatalf("packet %d came corrupt", a.Index)
		case a.Copy == 1:
			twice++
			if a.At-s.first[a.Index] > r.Late {
				late++
			}
		case a.Copy > 1:
			r.Fatalf("packet %d came three times", a.Index)
		}
	}
	r.share("twice", twice, n, p, 1)
	if late > 0 && (r.Late == 0 || late > twice/2) {
		r.Errorf("%d of %d duplicates came later than the packet", late, twice)
	}
	s.at("packets of which some come twice", s.sent)
}

// corrupt: some packets come with a bit flipped, at their time.
func corrupt(r *run) {
	const p = 0.1
	n := r.many(3000)
	s := r.send(emulator.Link{Corrupt: p}, paced(n, full, 0, r.Every)).inOrder()
	if len(s.came()) != n {
		r.Errorf("%d of %d packets came", len(s.came()), n)
	}
	bad := 0
	for _, a := range s.arrivals {
		if a.Corrupt {
			bad++
		}
	}
	r.share("corrupt", bad, n, p, 1)
	s.at("packets of which some are corrupt", s.sent)
}

// lossy has a box of each kind that draws. Its jitter is less than what is
// between packets.
var lossy = emulator.Link{Loss: 0.05, LossBurst: 3, Delay: ms, Jitter: 40 * time.Microsecond, Duplicate: 0.05, Corrupt: 0.05}

// seed: the same seed gives every packet the same fate, another one others;
// and the same delay, which is seen where a path is exact.
func seed(r *run) {
	packets := paced(2000, small, 0, r.Every)
	link := lossy
	if r.Unseeded {
		link.Corrupt = 0
	}
	one, same, other := r.sendSeeded(link, seedOfThese, packets), r.sendSeeded(link, seedOfThese, packets), r.sendSeeded(link, anotherSeed, packets)
	if diff := cmp.Diff(one.fates(), same.fates()); diff != "" {
		r.Errorf("two runs of one seed differ:\n%s", diff)
	}
	if cmp.Equal(one.fates(), other.fates()) {
		r.Errorf("another seed gives the same fates")
	}
	if r.Late > 0 {
		return
	}
	if diff := cmp.Diff(one.arrivals, same.arrivals); diff != "" {
		r.Errorf("two runs of one seed differ:\n%s", diff)
	}
	differ := 0
	for i := range packets {
		if one.first[i] != never && other.first[i] != never && one.first[i] != other.first[i] {
			differ++
		}
	}
	if differ < len(packets)/2 {
		r.Errorf("another seed delays only %d packets otherwise", differ)
	}
}

// boxesApart: which packets are lost does not depend on other boxes, and how
// those are delayed that are not lost does not depend on the losses.
func boxesApart(r *run) {
	packets := paced(400, small, 0, 2*ms)
	other := emulator.Link{Rate: 100 * fullEachMs, Delay: 10 * ms, Jitter: ms, Queue: 100 * full}
	both := other
	both.Loss = 0.1
	plain := r.send(emulator.Link{Loss: 0.1}, packets)
	with := r.send(both, packets)
	without := r.send(other, packets).all()
	if !slices.Equal(plain.lost(), with.lost()) {
		r.Errorf("lost %v alone, %v with other boxes", plain.lost(), with.lost())
	}
	// Packets are so far apart that none waits for another.
	var off []time.Duration
	for _, i := range with.came() {
		a, b := with.first[i]-with.sent[i], without.first[i]-without.sent[i]
		off = append(off, max(a-b, b-a))
	}
	slices.Sort(off)
	// Half of them; all, where a path is exact.
	worst := off[len(off)/2]
	if r.Late == 0 {
		worst = off[len(off)-1]
	}
	if worst > r.Late/10+rounding {
		r.Errorf("delays differ by %v with and without losses", worst)
	}
}
