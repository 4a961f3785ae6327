package stats

import (
	"fmt"
	"math"
	"time"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// leastPhase is how long a phase must have been for its error to be counted as
// a share of it: below, a share says nothing.
const leastPhase = 100 * time.Microsecond

// The bound of a candidate is meant to hold this share of requests; a coverage
// whose interval is outside of what is allowed around it is warned of.
const (
	leastCovered = 0.93
	mostCovered  = 0.97
)

// A Prediction is how right an arm's selector was about the option it chose:
// the phases that it predicted against those of the request. Decisions that
// failed, or whose request did, are not among them.
type Prediction struct {
	Selector  string       `json:"selector"`
	Decisions int          `json:"decisions"`
	Total     PhaseError   `json:"total"` // all phases together
	Phases    []PhaseError `json:"phases"`
	// Bound is how often a request stayed within the bound that 95 % of
	// requests were predicted to stay within.
	Bound Coverage `json:"bound"`
}

// A PhaseError is how far the predictions of one phase were off.
type PhaseError struct {
	Phase string `json:"phase"`
	N     int    `json:"n"` // times that the phase took more than 0.1 ms, of which MAPE and Bias are
	// MAPE is the mean of |predicted − observed|/observed.
	MAPE Number `json:"mape"`
	// Bias is the mean of (predicted − observed)/observed: positive if too
	// much was predicted.
	Bias Number `json:"bias"`
	// BiasMillis is the mean of predicted − observed over all decisions,
	// those in which the phase took no time among them, but for those
	// that did not say what they predicted of it.
	BiasMillis Number `json:"bias_ms"`
}

// A Coverage is a share of decisions, with Wilson's interval.
type Coverage struct {
	N    int    `json:"n"` // decisions with a bound
	Held Number `json:"held"`
	Low  Number `json:"low"`
	High Number `json:"high"`
}

// A predicted adds up one arm's predictions: its phases, and last their total.
type predicted struct {
	decisions     int
	phases        [len(PhaseNames) + 1]errorSums
	bounded, held int
}

type errorSums struct {
	all, n              int
	absolute, bias, off float64
}

// add counts one phase of a decision.
func (e *errorSums) add(predicted, observed time.Duration) {
	by := float64(predicted - observed)
	e.all++
	e.off += by / float64(time.Millisecond)
	if observed > leastPhase {
		e.n++
		e.absolute += math.Abs(by) / float64(observed)
		e.bias += by / float64(observed)
	}
}

// add counts a decision. A program of somebody's may say how long a request
// will take without saying of what.
func (p *predicted) add(c selector.Candidate, observed selector.Phases) {
	p.decisions++
	if c.Predicted.Total() > 0 {
		predicted, seen := phaseList(c.Predicted), phaseList(observed)
		for i := range predicted {
			p.phases[i].add(predicted[i], seen[i])
		}
	}
	p.phases[len(PhaseNames)].add(c.Total, observed.Total())
	if c.Bound > 0 {
		p.bounded++
		if observed.Total() <= c.Bound {
			p.held++
		}
	}
}

// phaseList are phases in the order of PhaseNames.
func phaseList(p selector.Phases) [len(PhaseNames)]time.Duration {
	return [...]time.Duration{p.Upload, p.Queue, p.Fetch, p.Load, p.Preprocess, p.Infer, p.Download}
}

// chosen is the candidate that a decision chose, if the decision says what was
// predicted of it and what came of it.
func chosen(e *record.Decision) (selector.Candidate, bool) {
	all, i := e.Decision.Candidates, e.Decision.Choice
	if e.Pair < 0 || e.Decision.Failed != "" || i < 0 || i >= len(all) || all[i].Total <= 0 || e.Outcome.Total() <= 0 {
		return selector.Candidate{}, false
	}
	return all[i], true
}

// A requestKey names a request.
type requestKey struct {
	condition, arm   string
	repetition, pair int
}

// failedRequests are those that count, and have no answer.
func (d *data) failedRequests() map[requestKey]bool {
	out := map[requestKey]bool{}
	for i := range d.cells {
		for arm, requests := range d.cells[i].requests {
			for _, r := range requests {
				if r.Failed {
					out[requestKey{d.cells[i].condition.ID, d.arms[arm], int(r.Repetition), int(r.Pair)}] = true
				}
			}
		}
	}
	return out
}

// summary is what is said of predictions; nil of none.
func (p *predicted) summary(name string, confidence float64) *Prediction {
	if p.decisions == 0 {
		return nil
	}
	out := &Prediction{Selector: name, Decisions: p.decisions, Phases: []PhaseError{}, Bound: p.coverage(confidence)}
	for i, phase := range PhaseNames {
		out.Phases = append(out.Phases, p.phases[i].summary(phase))
	}
	out.Total = p.phases[len(PhaseNames)].summary("total")
	return out
}

func (e *errorSums) summary(phase string) PhaseError {
	n := float64(e.n)
	return PhaseError{Phase: phase, N: e.n, MAPE: round(e.absolute / n), Bias: round(e.bias / n), BiasMillis: round(e.off / float64(e.all))}
}

func (p *predicted) coverage(confidence float64) Coverage {
	share := float64(p.held) / float64(p.bounded)
	r := wilson(share, float64(p.bounded), confidence)
	return Coverage{N: p.bounded, Held: round(share), Low: r.Low, High: r.High}
}

// warning says that the bound does not hold what it is meant to.
func (c Coverage) warning(name string) string {
	if c.High < leastCovered || c.Low > mostCovered {
		return fmt.Sprintf("%s: its bound of 95 %% held %s of %d requests (%s to %s)", name, c.Held.Percent(1), c.N, c.Low.Percent(1), c.High.Percent(1))
	}
	return ""
}
