package stats

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/runner/record"
)

// TestAnArmThatFails: of 300 requests each the judged arm fails in 28, which is
// 4.7 % of all and 9.3 % of its own.
func TestAnArmThatFails(t *testing.T) {
	s := newSmall("c")
	s.many("c", 300, 100*ms, 50*ms)
	failed := 0
	for i := range s.Requests {
		if r := &s.Requests[i]; r.Arm == "advanced" && failed < 28 {
			r.Error, failed = "timeout", failed+1
		}
	}
	got := Summarize(s.Run).Conditions[0]
	if got.Valid || !strings.Contains(strings.Join(Texts(got.Reasons), "\n"), "advanced: 28 of 300 requests failed") {
		t.Errorf("valid %v, reasons %v: want one about advanced", got.Valid, Texts(got.Reasons))
	}
}

// TestDropOfAConstant: the baseline is right about every image in one of two
// conditions and in the other about none, so images do not vary, and what
// remains of their sums must not be divided by.
func TestDropOfAConstant(t *testing.T) {
	for _, images := range []int{1, 2, 200} {
		d := drops{}
		for i := range images {
			d[fmt.Sprint(i)] = image{pairs: 7, base: 3, other: 1}
		}
		b := d.bounds(0.95, 0.95)
		if v := 2.0 / 7; !(b.low < v && v < b.high && b.lower < v && v < b.upper) {
			t.Errorf("%d images: %+v, want bounds around %v", images, b, v)
		}
	}
}

// TestSingles: conditions of one pair each save 0 and 80 % in turn. Their mean
// is 40 %, and its interval knows how they differ: with 40 of them the deviation of
// the mean is 0.4/√39 = 6.4 points.
func TestSingles(t *testing.T) {
	var ids []string
	for i := range 40 {
		ids = append(ids, fmt.Sprintf("c%02d", i))
	}
	s := newSmall(ids...)
	for i, id := range ids {
		s.pair(id, 0, 0, 100*ms, time.Duration(100-80*(i%2))*ms)
	}
	got := Summarize(s.Run).Overall.Saving.MeanOfRatios
	if w := got.High - got.Low; got.Value != 0.4 || w < 0.2 || w > 0.4 {
		t.Errorf("%+v, want 0.4 with an interval of about 0.26", got)
	}
}

// TestLoadThatWasNotGiven: half of a core was asked for, and the node was told
// a tenth, or for a tenth of the time.
func TestLoadThatWasNotGiven(t *testing.T) {
	for name, told := range map[string]func(second int) float64{
		"less":      func(int) float64 { return 0.1 },
		"for a bit": func(second int) float64 { return map[bool]float64{true: 0.5}[second < 10] },
	} {
		s := newSmall("c")
		s.many("c", 60, 100*ms, 50*ms)
		s.Header.Tolerance.CPU = 0.05
		s.Header.Conditions[0].Background = []record.Background{{Node: "edge", Resource: record.CPU, Asked: 0.5}}
		for i := range 100 {
			v := told(i)
			s.Telemetry = append(s.Telemetry, record.Telemetry{Condition: "c", Node: "edge", From: time.Duration(i) * time.Second, At: time.Duration(i+1) * time.Second, CPUAsked: v, CPUAchieved: v, CPUBusy: v})
		}
		if got := Summarize(s.Run).Conditions[0]; got.Valid {
			t.Errorf("%s: valid, background %+v", name, got.Background)
		}
	}
}

// TestPairsAreOfOneImage: a request of another image than the baseline's is in
// no pair, and that is said.
func TestPairsAreOfOneImage(t *testing.T) {
	s := newSmall("c")
	s.many("c", 10, 100*ms, 50*ms)
	s.Requests[1].Sample = "another"
	got := Summarize(s.Run)
	if n := got.Conditions[0].Pairs; n != 9 || !strings.Contains(strings.Join(Texts(got.Warnings), "\n"), "1 requests are of another image") {
		t.Errorf("%d pairs, warnings %q: want 9 and a warning", n, Texts(got.Warnings))
	}
}

// TestBelow: one condition saves 50 %, the other nothing.
func TestBelow(t *testing.T) {
	s := newSmall("good", "bad")
	s.many("good", 100, 100*ms, 50*ms)
	s.many("bad", 10, 100*ms, 100*ms)
	got := Summarize(s.Run)
	if want := "2 of 2 conditions valid, and 1 of these save less than 20 %."; got.Overall.Below != 1 || !strings.Contains(got.Verdict.Sentence, want) {
		t.Errorf("%d below, %q: want 1, %q", got.Overall.Below, got.Verdict.Sentence, want)
	}
}

// TestUnprobed: where the network is this machine's, nothing recorded of it is
// not as asked; where it is a simulation's, there is nothing to probe.
func TestUnprobed(t *testing.T) {
	for world, want := range map[string]bool{"netns": false, "sim": true} {
		s := newSmall("c")
		s.Header.World = world
		s.many("c", 60, 100*ms, 50*ms)
		s.Header.Conditions[0].Links = []record.Link{{Node: "edge", Direction: "down", Rate: 5e6}}
		if got := Summarize(s.Run).Conditions[0]; got.Valid != want {
			t.Errorf("%s: valid %v, %v", world, got.Valid, Texts(got.Reasons))
		}
	}
}

// TestComplete: 60 of 5000 planned pairs are recorded, of a run that says that
// it is done.
func TestComplete(t *testing.T) {
	s := newSmall("c")
	s.many("c", 60, 100*ms, 50*ms)
	s.Header.Conditions[0].Requests, s.Header.Repetitions = 60, 1
	if got := Summarize(s.Run); !got.Verdict.Complete {
		t.Errorf("60 of 60: %q", got.Verdict.Sentence)
	}
	s.Header.Conditions[0].Requests = 5000
	if got := Summarize(s.Run); got.Passed() || got.Verdict.Complete || !strings.Contains(got.Verdict.Sentence, "so far, of a run that is not complete") {
		t.Errorf("60 of 5000: passed %v, %q", got.Passed(), got.Verdict.Sentence)
	}
}
