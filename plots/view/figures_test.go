package view

import (
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/testbed/testbed/plots/stats"
)

// TestFigures: those of all conditions and of one, by hand.
func TestFigures(t *testing.T) {
	dir := done(t, runIn(t), "fast", "slow")
	v := viewer(t, dir)
	looked(t, v, dir, "")
	get := func(query string) (f figures) {
		w := ask(v, "/api/run/"+idOf(dir)+"/figures"+query)
		if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return f
	}
	all := get("")
	// Two trials of twelve pairs in each of two conditions.
	if len(all.Together) != 2 || all.Together[1].N != 48 || len(all.Each) != 4 || all.Pairs[0].N != 48 || len(all.Pairs[0].X) != 48 || len(all.Courses) != 1 || len(all.Courses[0].Trials) != 4 {
		t.Errorf("of all: %+v", all)
	}
	one := get("?c=0")
	// 40 to 51 ms, twice each, for the baseline, half as long for the other:
	// the 12th of 24 is 45 ms.
	if got := one.Together[0].Box[2]; got != 45 {
		t.Errorf("median of the baseline %v, want 45", got)
	}
	if got := one.Together[1].Box[2]; got != 22.5 {
		t.Errorf("median of the other %v, want 22.5", got)
	}
	if p := one.Pairs[0]; p.N != 24 || p.X[0] != 40 || p.Y[0] != 20 || p.Condition[0] != 0 {
		t.Errorf("pairs: %+v", p)
	}
	if c := one.Courses[0]; c.Condition != 0 || len(c.Trials) != 1 || c.N != 24 || len(c.Requests.X) != 24 || c.Links[0].Name != "edge down" || c.Loads[0].Name != "edge CPU" {
		t.Errorf("course: %+v", c)
	}
	for _, bad := range []string{"?c=2", "?c=-1", "?c=x", "?c=0,,1"} {
		if w := ask(v, "/api/run/"+idOf(dir)+"/figures"+bad); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
	if twice := get("?c=1,0,1"); twice.Together[0].N != 48 || len(twice.Each) != 4 {
		t.Errorf("a condition that is named twice counts twice: %+v", twice.Together[0])
	}
}

// TestFiguresAreThin: of a thousand conditions there is no more to be sent than
// a page can draw, and a gap is a null.
func TestFiguresAreThin(t *testing.T) {
	a := &analysis{revision: 3, series: stats.Series{Arms: []string{"a", "b"}, Models: []string{"m"}}}
	for i := range 1000 {
		c := stats.Cell{Scatters: []stats.Scatter{{Arm: 1, Pairs: 1000}}}
		for range 2 {
			d := stats.Distribution{N: 1000}
			for k := range 200 {
				d.Steps = append(d.Steps, stats.Point{X: float64(k + i), Y: float64(k+1) / 200})
			}
			c.Arms = append(c.Arms, d)
		}
		for k := range 40 {
			c.Scatters[0].Dots = append(c.Scatters[0].Dots, stats.PairDot{Base: float64(k), Other: float64(i), Option: -1})
		}
		a.series.Cells = append(a.series.Cells, c)
		a.series.Timeline.Trials = append(a.series.Timeline.Trials, stats.Span{})
	}
	a.series.Timeline.CPUs = []stats.CPUCourse{{Node: "edge", Asked: []stats.Point{{X: 1, Y: math.NaN()}, {X: 2, Y: .5}}}}
	f := figuresOf(a, nil)
	if len(f.Pairs[0].X) != mostPairs || f.Pairs[0].N != 1_000_000 || f.Together[0].N != 1_000_000 || len(f.Together[0].X) > 200 || len(f.Each) != 2*mostEach || len(f.Courses[0].Trials) != 0 {
		t.Errorf("%d pairs of %d, %d steps of %d, %d curves, %d trials", len(f.Pairs[0].X), f.Pairs[0].N, len(f.Together[0].X), f.Together[0].N, len(f.Each), len(f.Courses[0].Trials))
	}
	seen := map[int]int{} // conditions among the pairs: four of each
	for _, c := range f.Pairs[0].Condition {
		seen[c]++
	}
	if len(seen) != 1000 || seen[0] != 4 || seen[999] != 4 {
		t.Errorf("pairs of %d conditions, %d and %d of the first and last", len(seen), seen[0], seen[999])
	}
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), `"asked":{"x":[1,2],"y":[null,0.5]}`) {
		t.Error("a gap is no null")
	}
	if len(b) > 1<<20 {
		t.Errorf("%d bytes", len(b))
	}
}
