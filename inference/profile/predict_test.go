package profile

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/selector"
)

// device has one model, of 40 ms with a thread, 30 with two and 24 with five,
// and a curve each for one thread and for four.
func device() Profile {
	return Profile{
		Schema: Schema, Name: "device",
		Models: []Model{{
			Name: "m", SHA256: "ab", Size: 1000, Accuracy: 0.9, Load: Load{Cold: 9 * ms, Warm: 5 * ms, Cached: 2 * ms},
			Threads: []Timing{
				{Threads: 1, Sample: Sample{Mean: 40 * ms, P50: 1}, Preprocess: 3 * ms},
				{Threads: 2, Sample: Sample{P50: 30 * ms}, Preprocess: 4 * ms},
				{Threads: 5, Sample: Sample{Mean: 24 * ms}},
			},
		}},
		Slowdown: []Curve{
			{Threads: 1, Points: []Point{{0, 1, 0, 0}, {0.5, 2, 0, 0}}},
			{Threads: 4, Points: []Point{{0, 1, 0, 0}, {0.5, 4, 0, 0}}},
		},
	}
}

func TestInfer(t *testing.T) {
	for _, tt := range []struct {
		name    string
		threads int
		u       float64
		want    time.Duration
	}{
		{"as measured", 1, 0, 40 * ms},
		{"a median where there is no mean", 2, 0, 30 * ms},
		{"times the factor of one thread", 1, 0.5, 80 * ms},
		{"past the last point", 1, 1, 80 * ms},
		{"two threads are closer to one than to four", 2, 0.5, 60 * ms},
		{"five are closer to four", 5, 0.5, 96 * ms},
		{"0 are the most", 0, 0.5, 96 * ms},
		// 1/4 is (1/2 − 1/4)/(1/2 − 1/5) = 5/6 of the way from 1/2 to 1/5, so 30 − 6·5/6.
		{"between two numbers", 4, 0, 25 * ms},
		{"between two numbers, and loaded", 4, 0.5, 100 * ms},
	} {
		got, err := device().Infer("m", tt.threads, tt.u)
		if err != nil || got != tt.want {
			t.Errorf("%s: %v, %v; want %v", tt.name, got, err, tt.want)
		}
	}
	for _, tt := range []struct {
		model   string
		threads int
		u       float64
		want    string
	}{
		{"n", 1, 0, `profile device: no model "n": want one of m`},
		{"m", 6, 0, "profile device: model m: 6 threads: it was measured with 1 to 5"},
		{"m", 1, 1.01, "utilization 1.01: want 0 to 1"},
		{"m", 1, -0.01, "utilization -0.01: want 0 to 1"},
	} {
		if got, err := device().Infer(tt.model, tt.threads, tt.u); err == nil || err.Error() != tt.want {
			t.Errorf("Infer(%s, %d, %v) = %v, %v; want error %q", tt.model, tt.threads, tt.u, got, err, tt.want)
		}
	}
}

// TestPriorWhereNoCurveIs: of a published profile nothing is known under load.
func TestPriorWhereNoCurveIs(t *testing.T) {
	p, err := Lookup("vv-rtx3080ti-cpu")
	if err != nil {
		t.Fatal(err)
	}
	// 523.95 s for 10 000 images is 52.395 ms for one; 1/(1 − 0.65·0.5) = 1/0.675.
	if got, err := p.Infer("resnet50", 7, 0.5); err != nil || got.Round(time.Microsecond) != 77_622*time.Microsecond {
		t.Errorf("Infer = %v, %v; want 77.62 ms", got, err)
	}
	if got, want := p.SlowdownOf(3)(0.3), selector.Prior(0.3); got != want {
		t.Errorf("SlowdownOf(3)(0.3) = %v, want %v", got, want)
	}
}

// TestCurveOf: what a selector makes of the points is what SlowdownOf says.
func TestCurveOf(t *testing.T) {
	p := device()
	for _, threads := range []int{0, 1, 2, 4, 9} {
		curve, want := p.CurveOf(threads), p.SlowdownOf(threads)
		for percent := range 101 {
			u := float64(percent) / 100
			if got, want := curve.At(u), want(u); math.Abs(got-want) > 1e-12 {
				t.Errorf("%d threads at %v: %v, want %v", threads, u, got, want)
			}
		}
	}
	p.Slowdown = nil
	if got := p.CurveOf(1); got != nil {
		t.Errorf("of no curve: %v", got)
	}
}

func TestOptions(t *testing.T) {
	got, err := device().OptionsAt("edge", 1, []model.Model{{Name: "m", SHA256: "ab", Bytes: 2000, Accuracy: 0.8}})
	if err != nil {
		t.Fatal(err)
	}
	want := []selector.Option{{Model: "m", Node: "edge", Accuracy: 0.8, Size: 2000, Load: 5 * ms, Preprocess: 3 * ms, Infer: 40 * ms}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the model says (-want +got):\n%s", diff)
	}
	if got, err = device().Options("edge", []model.Model{{Name: "m"}}); err != nil {
		t.Fatal(err)
	}
	want = []selector.Option{{Model: "m", Node: "edge", Accuracy: 0.9, Size: 1000, Load: 5 * ms, Infer: 24 * ms}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the profile says (-want +got):\n%s", diff)
	}
	for name, m := range map[string]model.Model{"no model": {Name: "n"}, "want cd": {Name: "m", SHA256: "cd"}} {
		if _, err := device().Options("edge", []model.Model{m}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%+v: error %v, want one with %q", m, err, name)
		}
	}
}
