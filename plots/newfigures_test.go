package plots

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/testbed/testbed/plots/stats"
)

// drawAlone draws a plot alone, as SVG.
func drawAlone(t *testing.T, p *plot.Plot) string {
	t.Helper()
	f, err := page{name: "alone", title: "alone", height: 3 * vg.Inch, body: func(c draw.Canvas) { p.Draw(c) }}.figure()
	if err != nil || f.Note != "" {
		t.Fatal(err, f.Note)
	}
	return string(f.SVG)
}

// TestSavingLine: the dashed line is where the arm takes 80 % of the baseline's
// time, on linear and on logarithmic axes alike. Its ends are found by where
// the solid line, of equal times, has its own.
func TestSavingLine(t *testing.T) {
	stroke := func(svg, color string) (out [4]float64) {
		path := regexp.MustCompile(`<path d="M([-\d.]+),([-\d.]+)L([-\d.]+),([-\d.]+)" style="fill:none;stroke:` + color).FindStringSubmatch(svg)
		if path == nil {
			t.Fatalf("no line of colour %s", color)
		}
		for i := range out {
			fmt.Sscan(path[i+1], &out[i])
		}
		return out
	}
	for _, log := range []bool{false, true} {
		c := cloud{title: "c", pairs: 2, faster: 1, dots: []stats.PairDot{{Base: 50, Other: 100}, {Base: 100, Other: 50}}}
		p := cloudPanel(Form{Log: log}, c, 0.2)
		lo, hi := p.X.Min, p.X.Max
		svg := drawAlone(t, p)
		whole, saves := stroke(svg, "#222222"), stroke(svg, "#009E73")
		at := func(v float64) float64 { // along an axis, from 0 to 1
			if log {
				return math.Log(v/lo) / math.Log(hi/lo)
			}
			return (v - lo) / (hi - lo)
		}
		for i, v := range []float64{lo / 0.8, lo, hi, 0.8 * hi} {
			want := whole[i%2] + at(v)*(whole[i%2+2]-whole[i%2])
			if math.Abs(saves[i]-want) > 0.1 {
				t.Errorf("log %v: coordinate %d of the line is at %v, want %v", log, i, saves[i], want)
			}
		}
	}
}

// TestClouds: one other arm has a panel for each residency, several have one
// each, and what they say is of all pairs, not of those drawn.
func TestClouds(t *testing.T) {
	cell := func(arms ...int) (c stats.Cell) {
		for _, arm := range arms {
			c.Scatters = append(c.Scatters, stats.Scatter{Arm: arm, Pairs: 10, Faster: 7, Enough: 3, Dots: []stats.PairDot{{Base: 2, Other: 1}}})
		}
		return c
	}
	conditions := []stats.Condition{{Residency: "cold"}, {Residency: "warm"}, {Residency: "cold"}}
	for _, tt := range []struct {
		arms []string
		of   []int
		want string
	}{
		{[]string{"greedy", "advanced"}, []int{1}, "cold 20 14 6, warm 10 7 3"},
		{[]string{"greedy", "advanced", "lazy"}, []int{1, 2}, "advanced 30 21 9, lazy 30 21 9"},
	} {
		var got []string
		for _, c := range cloudsOf(input{summary: stats.Summary{Conditions: conditions}, series: stats.Series{Arms: tt.arms, Cells: []stats.Cell{cell(tt.of...), cell(tt.of...), cell(tt.of...)}}}) {
			got = append(got, fmt.Sprint(c.title, " ", c.pairs, " ", c.faster, " ", c.enough))
		}
		if strings.Join(got, ", ") != tt.want {
			t.Errorf("clouds of %v: %v, want %s", tt.arms, got, tt.want)
		}
	}
}

// TestLabels: a name lies on no mark, on no other name and not over the edge;
// the third of three at one place has nowhere left to go.
func TestLabels(t *testing.T) {
	at := vg.Point{X: 50, Y: 50}
	l := labels{area: area{Canvas: draw.New(vgsvg.New(120, 100))}}
	l.taken(at, at, 3)
	for _, name := range []string{"signs-net8", "signs-net9", "a name that is wider than all of it"} {
		l.put(name, at)
	}
	if len(l.filled) != 3 {
		t.Fatalf("%d places are filled, want a mark and two names", len(l.filled))
	}
	for i, a := range l.filled {
		if a.Min.X < 0 || a.Max.X > 120 {
			t.Errorf("%v is over the edge", a)
		}
		for _, b := range l.filled[:i] {
			if a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y {
				t.Errorf("%v lies on %v", a, b)
			}
		}
	}
}

// TestStripRows: the goodput where it was seen twice, the load where there was
// any, then each arm that chose.
func TestStripRows(t *testing.T) {
	strip := stats.Strip{Requests: 3, Trials: []int{0}, Parts: []stats.Part{{To: 3}}}
	two := []stats.Point{{X: 0, Y: 0.01}, {X: 1, Y: 0.04}}
	for _, tt := range []struct {
		seen stats.Seen
		want []string
	}{
		{stats.Seen{}, []string{"greedy", "advanced"}},
		{stats.Seen{Down: two[:1], Load: two}, []string{"greedy", "advanced"}},
		{stats.Seen{Down: two, Load: []stats.Point{{X: 0, Y: 0.5}}}, []string{"downlink seen", "load seen", "greedy", "advanced"}},
	} {
		var got []string
		for _, r := range stripRows([]string{"greedy", "advanced", "none"}, stats.Cell{Strips: []stats.Strip{strip, strip, {}}, Seen: tt.seen}) {
			got = append(got, r.name)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("rows of %+v: %q, want %q", tt.seen, got, tt.want)
		}
	}
}

// TestTrialRows: conditions whose links have other names share a row, and the
// requests are the last row of all.
func TestTrialRows(t *testing.T) {
	course := []stats.Point{{X: 0, Y: 1e6}, {X: 1, Y: 1e6}}
	dots := []stats.Dot{{At: 0, Millis: 5}}
	cells := []stats.Cell{
		{Trial: stats.Trial{Timeline: stats.Timeline{Links: []stats.LinkCourse{{Node: "a", Direction: "down", Asked: course}, {Node: "a", Direction: "up"}}, Dots: dots}}},
		{Trial: stats.Trial{Timeline: stats.Timeline{Links: []stats.LinkCourse{{Node: "b", Direction: "down", Asked: course}}, CPUs: []stats.CPUCourse{{Node: "b"}}, Dots: dots}}},
	}
	if got, want := panelNames(cells), []string{"link 0", "cpu", "requests"}; !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
}

// TestFrontLegend: options are rings where they were only predicted, and the
// caption says of what their times are.
func TestFrontLegend(t *testing.T) {
	for from, words := range map[string]string{stats.Replayed: "all options were replayed", stats.Predicted: "selector predicted", stats.Answered: "each option answered"} {
		f := stats.Front{From: from, Options: []stats.OptionPoint{{Name: "a", Option: -1, N: 1, Millis: 5, Accuracy: 0.9, Best: true}}}
		p, note := fronts(input{series: stats.Series{Cells: []stats.Cell{{Front: f}}}})
		if note != "" || !strings.Contains(p.caption, words) {
			t.Errorf("%s: note %q, caption %q", from, note, p.caption)
		}
		if last := p.legend[len(p.legend)-1]; last.label != "never chosen" || (last.mark == ring) != (from == stats.Predicted) {
			t.Errorf("%s: the legend ends with %+v", from, last)
		}
	}
}

// TestForestAxis: six narrow intervals and one that says nothing: the axis ends
// with the bound, 20, and not with the wide one, whose ends lie outside; one as
// wide as the values are apart is not cut.
func TestForestAxis(t *testing.T) {
	f := forest{bound: 20}
	for range 6 {
		f.effects = append(f.effects, effect{value: stats.Estimate{Value: 5, Low: 4, High: 6}})
	}
	f.effects = append(f.effects, effect{value: stats.Estimate{Value: 0, Low: -60, High: 60}})
	if p := f.plot(true); p.X.Min < -2 || p.X.Max < 20 || p.X.Max > 22 {
		t.Errorf("the axis is from %v to %v, want 0 to 20 and a little", p.X.Min, p.X.Max)
	}
	f.effects[6].value = stats.Estimate{Value: 15, Low: 5, High: 25}
	if p := f.plot(true); p.X.Max < 25 {
		t.Errorf("the axis ends at %v, want 25 and a little", p.X.Max)
	}
}
