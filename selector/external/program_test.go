package external_test

import (
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/selector"
	"github.com/testbed/testbed/selector/external"
)

// started is a fake program. When the test ends, nothing of it may be left.
func started(t *testing.T, c external.Config, mode string, args ...string) *external.Program {
	t.Helper()
	c.Name, c.Exec = "mine", append([]string{executable(), "fake", mode}, args...)
	p, err := external.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Close()
		if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); err != syscall.ECHILD {
			t.Errorf("child %d is left (%v)", pid, err)
		}
	})
	return p
}

// inTrial is p in a trial.
func inTrial(t *testing.T, p *external.Program) selector.Selector {
	t.Helper()
	s, err := p.Trial(trialOf())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// request has s choose and learn.
func request(s selector.Selector) selector.Decision {
	d := s.Select(observation, options)
	s.Learn(selector.Outcome{Seq: observation.Seq, Option: options[d.Choice], Observed: selector.Phases{Infer: 5}})
	return d
}

// TestDecisions: whatever a program answers, each of three decisions in a row
// is its own, or has failed and is that of the fallback, and comes in time.
func TestDecisions(t *testing.T) {
	const timeout = 500 * time.Millisecond
	all := func(failed string) []string { return []string{failed, failed, failed} }
	ended := "ended: exit status 1: ZeroDivisionError: division by zero"
	for mode, want := range map[string][]string{
		"good":     all(""),
		"reason":   all(""),
		"label":    all(`chooses option "tiny@edge": want one of large@edge, small@edge`),
		"beyond":   all("chooses option 2: want 0 to 1"),
		"negative": all("chooses option -1: want 0 to 1"),
		"half":     all(`option "0.5": want its index or its label`),
		"nothing":  all("chooses no option"),
		"anybody":  all(`answers "{\"choice\":1}": want the message's id, `),
		"prints":   all(`answers "thinking about it": want a JSON object`),
		"list":     all(`answers "[1]": want a JSON object`),
		"says no":  all("it says: out of ideas"),
		"unlisted": all("chooses small@edge, which is not among its candidates"),
		"ahead":    {"answers 4, which was answered or never asked, instead of 3", "answers 5, which", "answers 6, which"},
		"twice":    {"", "answers 3, which was answered or never asked, instead of 4", "answers 4, which"},
		"long":     all("answers with more than 1 MiB"),
		"flood":    all(`answers "{}": want the message's id, `),
		"stands":   all("no answer within 500ms"),
		"hangs":    all("no answer within 500ms"),
		"deaf":     all("no answer within 500ms"),
		"dies":     all(ended),
		"killed":   all("ended: signal: killed"),
		"closes":   all("closed its standard input or output, and was killed"),
	} {
		t.Run(mode, func(t *testing.T) {
			s := inTrial(t, started(t, external.Config{Timeout: timeout}, mode))
			if s.Name() != "mine" {
				t.Errorf("its name is %q", s.Name())
			}
			for i, failed := range want {
				begun := time.Now()
				d := request(s)
				if took := time.Since(begun); took > timeout+5*time.Second {
					t.Errorf("decision %d took %v", i, took)
				}
				choice := 1
				if failed != "" {
					choice = 0 // greedy's
				}
				if d.Choice != choice || !strings.Contains(d.Failed, failed) || (d.Failed == "") != (failed == "") {
					t.Errorf("decision %d: option %d, failed %q; want %d, %q", i, d.Choice, d.Failed, choice, failed)
				}
				if strings.ContainsAny(d.Failed+d.Reason, "\n\x1b") {
					t.Errorf("decision %d: not one plain line: %q, %q", i, d.Failed, d.Reason)
				}
			}
		})
	}
}

// TestFallback: a decision of the fallback says so, and has what the fallback
// predicted.
func TestFallback(t *testing.T) {
	d := request(inTrial(t, started(t, external.Config{}, "prints")))
	if want := "instead of it greedy: large@edge is the most accurate of 2, 90.0 %"; d.Reason != want || len(d.Candidates) != 2 {
		t.Errorf("%q, %d candidates; want %q, 2", d.Reason, len(d.Candidates), want)
	}
}

// TestOwnDecision: what a program says of its choice is in the decision.
func TestOwnDecision(t *testing.T) {
	d := request(inTrial(t, started(t, external.Config{}, "reason")))
	want := selector.Decision{Choice: 1, Reason: "it is [31m small", Candidates: []selector.Candidate{
		{Option: "large@edge", Excluded: "not predicted"},
		{Option: "small@edge", Predicted: selector.Phases{Infer: 5e6, Load: 1}, Total: 5e6 + 1, Bound: 7},
	}}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Error(diff)
	}
}

// TestLateAnswer: an answer that comes while the next one is waited for is not
// taken for it.
func TestLateAnswer(t *testing.T) {
	s := inTrial(t, started(t, external.Config{Timeout: 400 * time.Millisecond}, "alternates"))
	if d := request(s); d.Failed != "no answer within 400ms" {
		t.Errorf("the first was not late: %+v", d)
	}
	if d := request(s); d.Failed != "" || d.Choice != 1 {
		t.Errorf("option %d, failed %q; want 1, which is the second answer", d.Choice, d.Failed)
	}
}

// TestRestart: a program that ends is begun again once in a trial, and at the
// next trial.
func TestRestart(t *testing.T) {
	said := &said{}
	p := started(t, external.Config{Stderr: said}, "dies")
	for trial := range 2 {
		s := inTrial(t, p)
		for range 3 {
			request(s)
		}
		// It dies by the first two requests, and the third finds it dead.
		if n := strings.Count(said.String(), "selector mine: ZeroDivisionError: division by zero\n"); n != 2*(trial+1) {
			t.Errorf("trial %d: it has died %d times, want %d:\n%s", trial, n, 2*(trial+1), said)
		}
	}
	if n := strings.Count(said.String(), "begun again\n"); n != 3 { // in each trial, and between them
		t.Errorf("it was begun again %d times, want 3:\n%s", n, said)
	}
}

// TestAnswersAndEnds: an answer counts also if the program ends with it.
func TestAnswersAndEnds(t *testing.T) {
	s := inTrial(t, started(t, external.Config{}, "last"))
	if d := request(s); d.Failed != "" || d.Choice != 1 {
		t.Errorf("option %d, failed %q", d.Choice, d.Failed)
	}
}

// TestDeaf: a program that reads nothing is killed once the pipe to it is full,
// and begun again.
func TestDeaf(t *testing.T) {
	said := &said{}
	s := inTrial(t, started(t, external.Config{Timeout: time.Millisecond, Stderr: said}, "deaf"))
	for range 1000 { // of more than 64 KiB together
		request(s)
		if strings.Contains(said.String(), "does not read what it is told, and was killed; begun again\n") {
			return
		}
	}
	t.Errorf("it lives, or was not begun again:\n%s", said)
}

// TestFallbackLearns: the fallback knows what a program's choices led to.
func TestFallbackLearns(t *testing.T) {
	trial := trialOf()
	trial.Fallback.Policy = "fastest"
	s, err := started(t, external.Config{}, "prints").Trial(trial)
	if err != nil {
		t.Fatal(err)
	}
	before := request(s)
	for range 20 {
		s.Select(observation, options)
		s.Learn(selector.Outcome{Option: options[1], Observed: selector.Phases{Infer: 40 * options[1].Infer}})
	}
	after := request(s)
	if b, a := before.Candidates[1].Predicted.Infer, after.Candidates[1].Predicted.Infer; a < 4*b {
		t.Errorf("inference predicted at %v, and at %v after it took forty times as long", b, a)
	}
}

// TestShortFailures: a failure is short, though it says what was wanted.
func TestShortFailures(t *testing.T) {
	trial := trialOf()
	for i := range 50 {
		o := options[0]
		o.Model += strconv.Itoa(i)
		trial.Options = append(trial.Options, o)
	}
	s, err := started(t, external.Config{}, "label").Trial(trial)
	if err != nil {
		t.Fatal(err)
	}
	d := s.Select(observation, trial.Options)
	if n := len([]rune(d.Failed)); n != 201 { // 200 and an ellipsis
		t.Errorf("%d characters: %s", n, d.Failed)
	}
}
