package stats

// The kinds of selectors that are judged by regret.
const (
	ArmKind        = "arm"         // by its own requests
	ShadowKind     = "shadow"      // was asked only: by the replays of what it would have chosen
	StaticKind     = "static"      // always one option that the budget allows
	BestStaticKind = "best static" // of those, the one with the least regret, which is known afterwards only
	RandomKind     = "random"      // each option that the budget allows, as often as the others
)

// BestStatic and RandomChoice are the names of these two in Summary.Regret.
const (
	BestStatic   = "best static"
	RandomChoice = "random feasible"
)

// A Regret is how much longer requests took than the oracle's: the mean of
// (t − t_o)/t_o over the instants of a run at which every option was replayed.
// The oracle is the option with the least replayed t of that instant, of those
// that the budget allows and that gave an answer; t_o is that t.
//
// t_o is the least of several noisy times, and so is too small: even the best
// choice has a regret. Replayed and Steady tell how much of it is noise.
type Regret struct {
	Kind   string `json:"kind"`
	Option string `json:"option,omitempty"` // of a static one
	N      int    `json:"n"`                // instants at which it answered
	Failed int    `json:"failed,omitempty"` // instants at which it did not
	Mean   Number `json:"mean"`
	Low    Number `json:"low"` // of the interval of Mean, by blocks of trials
	High   Number `json:"high"`
	P95    Number `json:"p95"`

	// Agreement is the share of instants at which it chose the oracle's
	// option, Near that at which its option, of those that the budget allows,
	// was replayed within 3 % of t_o.
	Agreement Number `json:"agreement"`
	Near      Number `json:"agreement_within_3_percent"`
	// Replayed is Mean with t that of the replay of the option that it
	// chose: what is left of the regret of an arm when its own request,
	// which met another moment, is not looked at.
	Replayed Number `json:"mean_replayed"`
	// Steady is the regret, by replays, against the one option that was
	// best over a trial: the mean of (Σt − Σt_o)/Σt_o over trials. Its t_o
	// are no least of several times, but it cannot follow what changes
	// within a trial, and a selector that can has a negative one.
	Steady Number `json:"mean_against_best_of_trial"`
	// Outside is the share of instants at which its option was one that the
	// budget does not allow; regret can be negative there.
	Outside Number `json:"outside_budget"`
	// Accuracy is the mean of what is known of its options' accuracies.
	Accuracy Number `json:"accuracy"`

	// Ablation compares it with the selector that it is without a term.
	Ablation *Ablation `json:"ablation,omitempty"`
}

// An Ablation is what the lack of a term changed.
type Ablation struct {
	Without string `json:"without"` // the terms
	Of      string `json:"of"`      // the selector that has them
	N       int    `json:"n"`       // instants at which both chose
	Changed int    `json:"changed"` // those at which they chose differently
}

// Judging is how regret was found, over the valid conditions.
type Judging struct {
	Instants int            `json:"instants"`
	Rewound  int            `json:"rewound"`  // at which links and loads that vary stood still for the replays
	LeftOut  int            `json:"left_out"` // without an oracle: no option that the budget allows answered
	Options  int            `json:"options"`  // that were replayed
	Feasible int            `json:"feasible"` // that the budget allows
	Floor    Number         `json:"floor"`    // least accuracy that it allows
	Oracle   map[string]int `json:"oracle"`   // how often each option was it
	// Noise is the median of |t − t_r|/t_r of an arm's own request and the
	// replay of the same option.
	Noise Number   `json:"noise"`
	Order []string `json:"order"` // of the names in Regret: arms, shadows, and those that anyone can be compared with
}
