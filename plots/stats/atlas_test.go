package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// mapped is a summary of conditions over the axes u (3), x (4 rates) and pool
// (2), of which each saves as save says.
func mapped(save func(u, x, pool int) (value Number, pairs int, valid bool)) Summary {
	rates := []string{"10Mbps", "100kbps", "1Gbps", "1Mbps"}
	s := Summary{Run: About{Arms: []string{"greedy", "advanced"}, Require: record.Require{Saving: 0.2},
		Axes: []record.Axis{{Name: "u", Values: []string{"0%", "30%", "60%"}}, {Name: "x", Values: rates}, {Name: "pool", Values: []string{"cold", "warm"}}, {Name: "many", Values: make([]string, 13)}}}}
	for u := range 3 {
		for x := range 4 {
			for pool := range 2 {
				v, n, valid := save(u, x, pool)
				c := Condition{Names: map[string]string{"u": s.Run.Axes[0].Values[u], "x": rates[x], "pool": s.Run.Axes[2].Values[pool]}, Valid: valid,
					Arms: []Arm{{}, {Models: map[string]int{"small": n - 1, "large": 1}}}}
				c.Pairs, c.Saving.MeanOfRatios = n, Estimate{v, v - 0.05, v + 0.05}
				s.Conditions = append(s.Conditions, c)
			}
		}
	}
	return s
}

// TestAtlas: rates in order, on a logarithmic scale; a panel for each of the
// third axis; what is not valid does not count.
func TestAtlas(t *testing.T) {
	s := mapped(func(u, x, pool int) (Number, int, bool) { return Number(u)/10 + 0.03, 8 + x, x != 3 })
	s.Run.Axes = s.Run.Axes[:3]
	a := AtlasOf(s)
	if diff := cmp.Diff([]string{"100kbps", "1Mbps", "10Mbps", "1Gbps"}, a.X.Values); diff != "" || !a.X.Log || a.X.Unit != "bps" || a.X.At[0] != 1e5 {
		t.Errorf("x %+v, want rates in order, on a logarithmic scale %s", a.X, diff)
	}
	if a.Y.Name != "u" || a.Y.Log || a.Y.Unit != "share" || a.Third != "pool" || len(a.Panels) != 2 || len(a.Pooled) != 0 {
		t.Errorf("%+v, want u upwards, panels of pool", a)
	}
	q := a.Panels[1].Squares[2][2] // warm, 60 %, 10 Mbps, which is x 0
	if want := (Square{Conditions: 1, Valid: 1, Pairs: 8, Saving: 0.23, Sure: true, Option: "small", Share: 0.875}); q != want {
		t.Errorf("square %+v, want %+v", q, want)
	}
	if q := a.Panels[0].Squares[1][1]; q.Valid != 0 || q.Saving.Known() || q.Conditions != 1 { // 1 Mbps is not valid
		t.Errorf("square %+v, want one that is not valid", q)
	}
	if a.Panels[0].Squares[0][2].Sure {
		t.Error("an interval of −2 to 8 % is not sure")
	}
	if !a.Chosen("small") || a.Chosen("large") {
		t.Error("small is chosen most everywhere")
	}
}

// TestAtlasPools: with 13 values the fourth axis is the longest, and the third
// has the rates; then u, of which the panels are, and cold and warm are pooled:
// (0.1·10 + 0.4·20)/30 = 0.3.
func TestAtlasPools(t *testing.T) {
	s := mapped(func(u, x, pool int) (Number, int, bool) {
		return Number(0.1 + 0.3*float64(pool)), 10 * (1 + pool), true
	})
	for i := range 13 {
		s.Run.Axes[3].Values[i] = fmt.Sprint(i)
	}
	for i := range s.Conditions {
		s.Conditions[i].Names["many"] = "4"
	}
	a := AtlasOf(s)
	if a.X.Name != "many" || a.Y.Name != "x" || a.Third != "u" || !slices.Equal(a.Pooled, []string{"pool"}) {
		t.Fatalf("x %s, y %s, panels %s, pooled %v", a.X.Name, a.Y.Name, a.Third, a.Pooled)
	}
	if q := a.Panels[0].Squares[0][4]; q.Conditions != 2 || q.Pairs != 30 || !near(q.Saving, 0.3) || !q.Sure {
		t.Errorf("%+v, want 30 pairs that save 30 %%", q)
	}
	if q := a.Panels[0].Squares[0][5]; q.Conditions != 0 {
		t.Errorf("%+v, want nothing", q)
	}
	s.Run.Axes = s.Run.Axes[1:3]
	if AtlasOf(s) != nil {
		t.Error("a map of an axis of two values")
	}
}

// TestPick: of 101 conditions that save −50 to 50 %, in any order, and one that
// is empty, 5 are the least, the greatest, and three at even ranks between.
func TestPick(t *testing.T) {
	var s Summary
	for i := range 101 {
		c := Condition{}
		c.Saving.MeanOfRatios.Value = Number(i*37%101-50) / 100
		s.Conditions = append(s.Conditions, c)
	}
	values := func(picked []int) (out []float64) {
		for _, i := range picked {
			out = append(out, float64(s.Conditions[i].Saving.MeanOfRatios.Value))
		}
		slices.Sort(out)
		return out
	}
	if got := values(s.Pick(5)); !slices.Equal(got, []float64{-0.5, -0.25, 0, 0.25, 0.5}) {
		t.Errorf("picked %v", got)
	}
	if got := s.Pick(5); !slices.IsSorted(got) {
		t.Errorf("%v: want them in the order of the conditions", got)
	}
	if n := len(s.Pick(101)); n != 101 {
		t.Errorf("%d of 101, want all", n)
	}
}

// TestNth: the value at a rank is that of sorting, whatever the values.
func TestNth(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 400 {
		values := make([]float64, n+1)
		for i := range values {
			values[i] = float64(rng.IntN(1 + n/(1+n%7)))
			if n%3 == 0 {
				values[i] = rng.NormFloat64()
			}
		}
		if n%50 == 0 {
			values[0] = math.Inf(-1)
		}
		sorted := slices.Sorted(slices.Values(values))
		for _, k := range []int{0, n / 40, n / 2, n - n/40, n} {
			if got := spread(values).nth(k); got != sorted[k] {
				t.Fatalf("n %d: value %d is %v, want %v", n, k, got, sorted[k])
			}
		}
	}
}

// TestInOrder: results come in order, however long each takes, on any number of
// cores.
func TestInOrder(t *testing.T) {
	for _, procs := range []int{1, 3} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		for _, n := range []int{0, 1, 2, 50} {
			var got []int
			inOrder(n, func(i int) int { time.Sleep(time.Duration(n-i) * 20 * time.Microsecond); return i * i }, func(i, v int) {
				if v == i*i {
					got = append(got, i)
				}
			})
			if len(got) != n || !slices.IsSorted(got) {
				t.Errorf("%d of %d: %v", len(got), n, got)
			}
		}
	}
}

// TestSimulatedTimeline: the trials of a simulation, each from 0 on, follow each
// other as they were recorded: b for 3 s, as telemetry says, then a.
func TestSimulatedTimeline(t *testing.T) {
	s := newSmall("a", "b")
	s.Header.World = Simulated
	for _, id := range []string{"b", "a"} {
		for pair := range 2 {
			r := s.answer(id, "greedy", 0, pair, 100*ms, true)
			r.Sent, r.Done = time.Duration(pair)*time.Second, time.Duration(pair+1)*time.Second
		}
	}
	s.Telemetry = []record.Telemetry{{Condition: "b", Node: "edge", At: 3 * time.Second, CPUAsked: 0.5}, {Condition: "a", Node: "edge", At: time.Second, CPUAsked: 0.2}}
	s.Checks = []record.Check{{Condition: "a", Node: "edge", Links: []record.LinkCheck{{Direction: "down", AskedRate: 5e6, Rate: 5e6}}}}
	got := Collect(s.Run).Timeline
	if diff := cmp.Diff([]Span{{0, 2, 1}, {3, 5, 0}}, got.Trials); diff != "" {
		t.Errorf("trials (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]Dot{{0, 100, 0, 0}, {1, 100, 0, 0}, {3, 100, 0, 0}, {4, 100, 0, 0}}, got.Dots); diff != "" {
		t.Errorf("dots (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]Point{{0, 0.5}, {3, 0.2}, {4, 0.2}}, got.CPUs[0].Asked); diff != "" {
		t.Errorf("load (-want +got)\n%s", diff)
	}
	if p := got.Links[0].Probes; len(p) != 1 || p[0].X != 3 {
		t.Errorf("probes %v, want one at 3 s", p)
	}
}

// TestNodesHaveAccuracies: where the same model is published with another
// accuracy on each node, and each condition has a node of its own, an answer
// counts with that of its node, and options are told apart by model alone.
func TestNodesHaveAccuracies(t *testing.T) {
	s := newSmall("a", "b")
	s.Header.Unscored = "simulated"
	s.Header.Models = []record.Model{{Name: "m", Accuracy: 0.5}}
	for i, node := range []string{"n1", "n2"} {
		s.Header.Conditions[i].Placements = []string{node}
		s.Header.Profile = append(s.Header.Profile, selector.Option{Model: "m", Node: node, Accuracy: 0.8 + 0.1*float64(i)})
		for pair := range 8 {
			for _, arm := range s.Header.Arms {
				r := s.answer(s.Header.Conditions[i].ID, arm, 0, pair, 100*ms, false)
				r.Model, r.Node, r.Option = "m", node, "m@"+node
			}
		}
	}
	got := Summarize(s.Run)
	for i, want := range []float64{0.8, 0.9} {
		if a := got.Conditions[i].Arms[0]; !near(a.Accuracy, want) || a.Models["m"] != 8 {
			t.Errorf("%s: accuracy %v of %v, want %v of m", got.Conditions[i].ID, a.Accuracy, a.Models, want)
		}
	}
	if got.Overall.SamePlacement != nil {
		t.Error("no condition has two placements to compare")
	}
}
