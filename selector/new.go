package selector

import (
	"fmt"
	"time"
)

// Policies returns the policies that New knows, the usual baseline first:
//
//	greedy    the most accurate option, whatever it costs
//	advanced  of those within the budget the one predicted to be fastest
//	static    one option, always
//	fastest   the one predicted to be fastest, however accurate
//	random    any within the budget
//	infaas    filters by accuracy and deadline, then ranks by cost
//	bandit    learns which is fastest within the budget by trying
func Policies() []string {
	return []string{"greedy", "advanced", "static", "fastest", "random", "infaas", "bandit"}
}

// The terms of its prediction that an advanced selector can do without, to show
// what each is worth.
const (
	Network     = "network"     // rates and round trips
	Utilization = "utilization" // the node's slowdown under load
	Loading     = "load"        // that a model may have to be fetched and opened
	Correction  = "xi"          // what was learnt from earlier requests
	Hysteresis  = "hysteresis"  // that changing must pay
)

// Terms are those that Config.Without can name.
func Terms() []string { return []string{Network, Utilization, Loading, Correction, Hysteresis} }

// A Config is what a selector knows from the start.
type Config struct {
	Name   string // in records and reports; empty: Policy
	Policy string // one of Policies

	// Budget is how much accuracy may be given up: of all policies but
	// greedy and static.
	Budget Budget
	// Lower takes the accuracy of an option as the lower bound of its
	// two-sided 95 % interval (Wilson) where it was measured on images, and
	// not as its point estimate.
	Lower  bool
	Curves map[string]Curve // by node: how load slows it down; none: the Prior

	// Quantile, if above 0.5, decides by the time that this share of
	// requests stays within, and not by the mean. It is below 1.
	Quantile float64
	// Horizon is how many requests a change of model must have paid for
	// itself in. 0: each request is decided for itself alone. Dwell is how
	// many requests at least go by the model that was changed to.
	Horizon, Dwell int
	// Exact has greedy and advanced take the fastest by however little. Else
	// what is slower by 3 % counts as equally fast, and the most accurate of
	// those is taken.
	Exact   bool
	Without []string // of Terms

	Option string // of static: a Label, or a model name, then on the first node that has it
	Seed   uint64 // of random and bandit
	// Deadline of infaas: options predicted above it are filtered out. 0: none.
	Deadline time.Duration
}

// New makes a Selector for one trial: it knows nothing of any other. It refuses
// what Config.Check would of c itself.
func New(c Config) (Selector, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("selector %w", err)
	}
	name := c.label()
	p, a := newPredictor(c), allowance{budget: c.Budget, lower: c.Lower}
	switch c.Policy {
	case "greedy":
		return &greedy{name: name, habitual: habitual{p, newHabit(c)}}, nil
	case "advanced":
		return &advanced{name: name, habitual: habitual{p, newHabit(c)}, allowance: a}, nil
	case "static":
		return &static{name: name, predictor: p, option: c.Option}, nil
	case "fastest":
		return &fastest{name: name, predictor: p}, nil
	case "random":
		return &random{name: name, predictor: p, allowance: a, rng: random64(c.Seed, 0)}, nil
	case "infaas":
		return &infaas{name: name, predictor: p, allowance: a, deadline: c.Deadline}, nil
	}
	return newBandit(c, name, p, a), nil
}
