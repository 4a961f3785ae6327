package scenarios_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/scenarios"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestPlanKeepsItsPromises plans random scenarios and checks what the comments
// of Trial and Seeds promise, whatever the scenario.
func TestPlanKeepsItsPromises(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 0))
		images, reps := 20+rng.IntN(100), 1+rng.IntN(6)
		yaml := fmt.Sprintf(`
seed: %d
dataset: {images: %d}
load: {repetitions: %d}
vary:
  - name: a
    values:
      - {name: x, set: {load.requests: %d, load.warmup: %d}}
      - {name: y, set: {load.requests: %d, load.warmup: %d}}
  - {name: b, paths: [background.edge.cpu], values: [0%%, 10%%, 20%%]}
`, rng.Uint64(), images, reps, 1+rng.IntN(40), rng.IntN(5), 1+rng.IntN(40), rng.IntN(5))
		p, err := scenarios.Read(files(yaml), "s/x.yaml", nil)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		check := checker{t, seed, p, images, reps}
		check.everyConditionOnce()
		check.paired()
		check.balanced()
		check.samples()
	}
}

type checker struct {
	*testing.T
	seed         uint64
	p            *scenarios.Plan
	images, reps int
}

// of are the trials of a repetition.
func (c checker) of(rep int) []scenarios.Trial {
	n := len(c.p.Conditions)
	return c.p.Trials[rep*n : (rep+1)*n]
}

// everyConditionOnce: each repetition has each condition once, with a sample
// and an order for each pair.
func (c checker) everyConditionOnce() {
	if len(c.p.Trials) != c.reps*len(c.p.Conditions) {
		c.Fatalf("seed %d: %d trials", c.seed, len(c.p.Trials))
	}
	for rep := range c.reps {
		seen := map[int]bool{}
		for _, tr := range c.of(rep) {
			cond := c.p.Conditions[tr.Condition]
			if n := cond.Warmup + cond.Requests; tr.Repetition != rep || seen[tr.Condition] || len(tr.Samples) != n || len(tr.First) != n {
				c.Fatalf("seed %d: repetition %d has %+v for %+v", c.seed, rep, tr, cond)
			}
			seen[tr.Condition] = true
		}
	}
}

// paired: seeds, samples and orders are those of the repetition; a shorter
// trial has the beginning of a longer one.
func (c checker) paired() {
	for rep := range c.reps {
		trials := c.of(rep)
		for _, tr := range trials[1:] {
			if tr.Seeds != trials[0].Seeds {
				c.Fatalf("seed %d: repetition %d has two sets of seeds", c.seed, rep)
			}
			w0, w := c.p.Conditions[trials[0].Condition].Warmup, c.p.Conditions[tr.Condition].Warmup
			for _, diff := range []string{
				prefix(trials[0].Samples[w0:], tr.Samples[w:]), prefix(trials[0].First[w0:], tr.First[w:]),
				prefix(trials[0].Samples[:w0], tr.Samples[:w]), prefix(trials[0].First[:w0], tr.First[:w]),
			} {
				if diff != "" {
					c.Fatalf("seed %d: repetition %d: conditions are not paired:\n%s", c.seed, rep, diff)
				}
			}
		}
	}
}

func prefix[T any](a, b []T) string {
	n := min(len(a), len(b))
	return cmp.Diff(a[:n], b[:n])
}

// balanced: each arm goes first in as many pairs, of every as many as there are
// arms, and in the first pairs of every as many repetitions.
func (c checker) balanced() {
	n := len(c.p.Scenario.Selectors)
	begins := map[int]map[int]bool{} // turn of repetitions → arms that began
	for rep := range c.reps {
		for _, tr := range c.of(rep) {
			first := tr.First[c.p.Conditions[tr.Condition].Warmup:]
			for i := 0; i+n <= len(first); i += n {
				block := slices.Sorted(slices.Values(first[i : i+n]))
				if len(slices.Compact(block)) != n || block[0] != 0 || block[n-1] != n-1 {
					c.Fatalf("seed %d: of %d pairs not one begins by each arm: %v", c.seed, n, first)
				}
			}
		}
		first := c.of(rep)[0]
		if begins[rep/n] == nil {
			begins[rep/n] = map[int]bool{}
		}
		begins[rep/n][first.First[c.p.Conditions[first.Condition].Warmup]] = true
		if rep%n == n-1 && len(begins[rep/n]) != n {
			c.Fatalf("seed %d: the %d repetitions to %d begin by arms %v", c.seed, n, rep, begins[rep/n])
		}
	}
}

// samples: all are images of the dataset, none twice in a trial, and none in
// two repetitions where there are enough.
func (c checker) samples() {
	warmups, pairs := 0, 0
	for _, cond := range c.p.Conditions {
		warmups, pairs = max(warmups, cond.Warmup), max(pairs, cond.Requests)
	}
	if warmups+pairs > c.images {
		return
	}
	in := map[int]int{} // image → repetition
	for _, tr := range c.p.Trials {
		once := slices.Clone(tr.Samples)
		slices.Sort(once)
		if len(slices.Compact(once)) != len(tr.Samples) {
			c.Fatalf("seed %d: an image twice in a trial: %v", c.seed, tr.Samples)
		}
		for _, s := range tr.Samples {
			if s < 0 || s >= c.images {
				c.Fatalf("seed %d: image %d of %d", c.seed, s, c.images)
			}
			if before, ok := in[s]; ok && before != tr.Repetition && (warmups+pairs)*c.reps <= c.images {
				c.Fatalf("seed %d: image %d in repetitions %d and %d", c.seed, s, before, tr.Repetition)
			}
			in[s] = tr.Repetition
		}
	}
}

// TestMoreRepetitionsKeepTheFirst: a run that is made longer begins as before.
func TestMoreRepetitionsKeepTheFirst(t *testing.T) {
	short := read(t, good)
	long := read(t, good, scenarios.Setting{Path: "load.repetitions", Value: "6"})
	if diff := cmp.Diff(short.Trials, long.Trials[:len(short.Trials)]); diff != "" {
		t.Errorf("the first trials differ:\n%s", diff)
	}
}

// TestSeedMatters: another seed gives other samples, orders and link seeds.
func TestSeedMatters(t *testing.T) {
	a, b := read(t, good), read(t, good, scenarios.Setting{Path: "seed", Value: "43"})
	sa, sb := a.Trials[0].Seeds, b.Trials[0].Seeds
	if sa.Link == sb.Link || sa.Samples == sb.Samples || sa.Order == sb.Order || cmp.Equal(a.Trials[0].Samples, b.Trials[0].Samples) {
		t.Errorf("seeds 42 and 43 give %+v and %+v", sa, sb)
	}
	if r := a.Trials[len(a.Conditions)].Seeds; r.Link == sa.Link || r.Samples == sa.Samples || r.Order == sa.Order {
		t.Errorf("repetitions 0 and 1 share seeds: %+v and %+v", sa, r)
	}
}

// TestOrderIsShuffled: each repetition has an order of its own, and over many
// each condition comes first about equally often.
func TestOrderIsShuffled(t *testing.T) {
	p := read(t, good, scenarios.Setting{Path: "load.repetitions", Value: "400"})
	first := make([]int, len(p.Conditions))
	for rep := range 400 {
		first[p.Trials[rep*len(p.Conditions)].Condition]++
	}
	for i, n := range first {
		if n < 57 || n > 143 { // 100 ± 5σ, σ² = 400·1/4·3/4 = 75
			t.Errorf("condition %d comes first in %d of 400 repetitions", i, n)
		}
	}
}

// TestGoldenPlan holds the plan of a shipped scenario to what it was: the same
// file must give the same run in a year.
func TestGoldenPlan(t *testing.T) {
	p, err := scenarios.Read(scenarios.Shipped(), "lowbw.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, c := range p.Conditions {
		l := c.Links["edge"]
		fmt.Fprintf(&b, "%s: down %v %v queue %v, up %v %v queue %v, cpu %v, %s, %d+%d pairs\n", c.ID,
			l.Down.Rate, l.Down.Delay, l.Down.Queue, l.Up.Rate, l.Up.Delay, l.Up.Queue, c.Background["edge"].CPU.Share, c.Residency, c.Warmup, c.Requests)
	}
	for _, tr := range p.Trials {
		n := min(5, len(tr.Samples))
		fmt.Fprintf(&b, "%d %s: %x %v %v\n", tr.Repetition, p.Conditions[tr.Condition].ID, tr.Seeds.Link, tr.Samples[:n], tr.First[:n])
	}
	const golden = "testdata/lowbw.plan"
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("the plan of lowbw changed; if that is meant, go test -update (-want +got):\n%s", diff)
	}
}
