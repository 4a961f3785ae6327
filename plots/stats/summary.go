// Package stats turns the records of a run into estimates with intervals,
// warnings and a verdict (Summarize), and into the series that figures show
// (Collect); or both at once, of a run too large to hold (Analyze).
//
// This package is opinionated. Δt is the mean of ratios that the requirement
// names, over pairs; other ways to average are reported beside it and decide
// nothing. The unit of repetition is the trial, for requests of one trial
// share a world. What the data cannot bear is null with a warning beside it.
//
// Everything here is a pure function of a record.Run: no clock, no source of
// randomness but the run's seed, no order of a map. The same directory gives
// the same bytes.
package stats

// Schema is the version of the format of a Summary.
const Schema = 1

// Summary is summary.json: the numbers of a run and the verdict.
type Summary struct {
	Schema     int         `json:"schema"`
	Scenario   string      `json:"scenario"`
	World      string      `json:"world"`
	Status     string      `json:"status"` // of the run: done, interrupted, failed or running
	Verdict    Verdict     `json:"verdict"`
	Conditions []Condition `json:"conditions"`
	Overall    Overall     `json:"overall"`
	Models     []Choices   `json:"models"` // one an arm

	// Regret is that of every selector that is judged, over the valid
	// conditions, by name; null where nothing was replayed. Judging says how
	// it was done.
	Regret  map[string]Regret `json:"regret"`
	Judging *Judging          `json:"judging"`
	// Predictions are how right the arms' predictions were; none of an arm
	// that does not predict.
	Predictions []Prediction `json:"predictions"`

	Warnings []Finding `json:"warnings"`
	Run      About     `json:"run"`
}

// The results that a Verdict may have.
const (
	Pass         = "PASS"
	Fail         = "FAIL"
	Inconclusive = "INCONCLUSIVE"
	Invalid      = "INVALID" // the world was not what was asked for
)

// A Verdict holds a run to its requirements, over its valid conditions.
type Verdict struct {
	Result   string `json:"result"`
	Sentence string `json:"sentence"`
	// Checks are of validity, which comes first. A condition of which one does
	// not hold is left out, and a run is INVALID of which fewer than half the
	// conditions are left, or one that is of the whole run does not hold.
	Checks       []Check       `json:"checks"`
	Requirements []Requirement `json:"requirements"`
	Stopping     *Stopping     `json:"stopping,omitempty"` // nil: the run was not to end early
}

// A Check is one thing that must hold before anything is judged.
type Check struct {
	Name string `json:"name"` // as the findings of it: network, load, generator, …
	What string `json:"what"` // in words
	Held *bool  `json:"held"` // nil: nothing was recorded to tell by
	// Failed is in how many of the conditions it did not hold, Of those in
	// which there was something to tell by; of one that is of the whole run,
	// 0 or 1 of 1.
	Failed int    `json:"failed"`
	Of     int    `json:"of"`
	Worst  string `json:"worst"` // the finding that is furthest off; empty where it held
}

// Stopping is the rule by which a run may end before all repetitions are done,
// and what came of it.
type Stopping struct {
	Rule       string `json:"rule"`       // a sentence
	Looks      int    `json:"looks"`      // how many times the rule looks at most
	Confidence Number `json:"confidence"` // of the bounds at each look, the last verdict among them
	Stopped    bool   `json:"stopped"`
	After      int    `json:"after"` // repetitions that were done
}

// A Requirement compares one estimate with a bound. Its numbers are fractions,
// not percent or points.
type Requirement struct {
	Name  string `json:"name"` // saving, accuracy_drop or on_time
	Bound Number `json:"bound"`
	Value Number `json:"value"`
	// Low and High are the two-sided interval.
	Low  Number `json:"low"`
	High Number `json:"high"`
	// Lower and Upper are one-sided bounds at the same confidence, or that of
	// Stopping, which is what Met is decided by.
	Lower Number `json:"lower_one_sided"`
	Upper Number `json:"upper_one_sided"`
	Met   *bool  `json:"met"` // nil: the data do not decide
	// Advice is a sentence for a requirement that is not met: what more
	// data would do.
	Advice string `json:"advice"`
}

// An Estimate is a number with its two-sided interval.
type Estimate struct {
	Value Number `json:"value"`
	Low   Number `json:"low"`
	High  Number `json:"high"`
}

// Saving is how much less time an arm takes than the baseline, as a fraction
// of the baseline's, averaged in three ways over the same pairs.
type Saving struct {
	MeanOfRatios Estimate `json:"mean_of_ratios"` // Δt: (1/n) Σ (t_b − t_a)/t_b
	RatioOfMeans Estimate `json:"ratio_of_means"` // 1 − Σ t_a / Σ t_b
	Geometric    Estimate `json:"geometric"`      // 1 − exp((1/n) Σ ln(t_a/t_b))
}

// A Comparison is an arm against the baseline, over pairs: the same condition,
// repetition and pair in both arms, neither failed nor warm-up.
//
// Where requests are batches, a pair is of two batches, and Images and
// AccuracyDrop are of each image in them.
type Comparison struct {
	Arm    string `json:"compared"`
	Pairs  int    `json:"pairs"`
	Images int    `json:"images"` // different ones among the pairs
	Saving Saving `json:"saving"`
	// AccuracyDrop is accuracy_b − accuracy_a in percentage points.
	AccuracyDrop Estimate `json:"accuracy_drop_points"`
	// Images of which one arm was right more often than the other, with the
	// exact p of McNemar's test that there is no difference.
	McNemar McNemar `json:"mcnemar"`
	// Test is of the hypothesis that the saving is less than the requirement's
	// bound.
	Test Test `json:"test"`
	// SamePlacement is the comparison over those pairs alone in which both
	// arms used the same nodes in the same way, so that the difference is due
	// to the model; nil where all requests of the run did.
	SamePlacement *Subset `json:"same_placement,omitempty"`
}

// McNemar counts the images that tell two arms apart.
type McNemar struct {
	OnlyBaseline int    `json:"only_baseline"` // the baseline was right more often
	OnlyOther    int    `json:"only_other"`    // the other arm was
	P            Number `json:"p"`             // two-sided, exact; null without answers
}

// A Test is a one-sided p value: the least at which the bound that the interval
// has at that probability is not below the requirement's.
type Test struct {
	P Number `json:"p"` // null without an interval
	// Holm is P adjusted for all conditions that are tested with it: those
	// in which it is at most 1 − confidence meet the bound, with that
	// confidence all at once. Of a whole run it is P.
	Holm Number `json:"p_holm"`
}

// A Subset is a comparison over some of the pairs.
type Subset struct {
	Pairs        int      `json:"pairs"`
	Saving       Estimate `json:"saving"` // mean of ratios
	AccuracyDrop Number   `json:"accuracy_drop_points"`
}

// A Placed is the saving over the pairs in which the baseline used one
// placement and the judged arm the same or another.
type Placed struct {
	Baseline string `json:"baseline"` // "edge", or "edge→cloud"
	Other    string `json:"other"`
	Subset
}

// A Condition is one cell of the sweep.
type Condition struct {
	ID        string            `json:"id"`
	Label     string            `json:"label"` // for figures and tables
	Set       map[string]string `json:"set"`
	Names     map[string]string `json:"names"`
	Residency string            `json:"residency"`
	Measure   []string          `json:"measure"` // phases that t counts
	Trials    int               `json:"trials"`

	Valid    bool      `json:"valid"`
	Reasons  []Finding `json:"reasons"` // why not
	Warnings []Finding `json:"warnings"`

	Arms       []Arm        `json:"arms"` // in the order of the scenario, the baseline first
	Comparison              // of the second arm
	Others     []Comparison `json:"others,omitempty"` // of the arms after the second

	Regret map[string]Regret `json:"regret"` // as Summary.Regret

	Links      []Link       `json:"links"`
	Background []Background `json:"background"`
}

// An Arm is one selector in one condition. Warm-ups count in no number here.
type Arm struct {
	Selector string         `json:"selector"`
	Requests int            `json:"requests"`
	Errors   int            `json:"errors"`
	Images   int            `json:"images"` // answered: more than requests where these are batches
	Models   map[string]int `json:"models"` // answered requests by option: its model or, where the run has several nodes, its label
	// Accuracy is the share of answers that were right, of the requests that
	// had an answer. Its interval is Wilson's, with n the different images:
	// asking for one image twice teaches nothing new.
	Accuracy         Number `json:"accuracy"`
	AccuracyInterval Range  `json:"accuracy_interval"`

	Latency Latency `json:"latency_ms"`  // of t, the measured time
	Phases  Phases  `json:"phases_ms"`   // means
	Total   Number  `json:"total_ms"`    // mean of Done − Sent: the sum of Phases
	Wait    Number  `json:"wait_ms"`     // mean of Sent − Due
	Wasted  Number  `json:"wasted_ms"`   // mean time that nodes computed for answers that did not count
	Decide  Number  `json:"decision_us"` // mean
	// DecideShare is the time of decisions as a share of t.
	DecideShare Number `json:"decision_share"`
	// OnTime is how many of its requests met the deadline; nil if there is none.
	OnTime *OnTime `json:"on_time,omitempty"`
	Steady Steady  `json:"steady"`   // whether its times stayed what they were
	Far    Far     `json:"outliers"` // of t
	// Prediction is how right its predictions were here; nil if there are none.
	Prediction *Prediction `json:"prediction,omitempty"`
}

// OnTime says how many requests were answered within the deadline. A request
// that failed was not.
type OnTime struct {
	Deadline Number `json:"deadline_ms"`
	Requests int    `json:"requests"`
	Late     int    `json:"late"` // or failed
	Share    Number `json:"share"`
	Interval Range  `json:"interval"` // Wilson's
	Asked    Number `json:"asked"`    // the share that must be
	// Attained is true where so few late ones among so many requests have at
	// most a probability of 1 − confidence if the share were less than Asked
	// (the early stopping rule of MLPerf's LoadGen), false where so many late
	// ones have, were it Asked or more; null where more requests are needed.
	Attained *bool `json:"attained"`
	Needs    int   `json:"needs"` // requests, with as many late ones as there are, for it to be true
	// Effective is the share of requests that were right and on time.
	Effective         Number `json:"effective_accuracy"`
	EffectiveInterval Range  `json:"effective_interval"`
}

// A Range is an interval.
type Range struct {
	Low  Number `json:"low"`
	High Number `json:"high"`
}

// Latency describes times in milliseconds. Percentiles are by nearest rank,
// the ⌈pn⌉th of n; one whose own interval would have no upper end is null.
type Latency struct {
	Mean Number `json:"mean"`
	P50  Number `json:"p50"`
	P90  Number `json:"p90"`
	P95  Number `json:"p95"`
	P99  Number `json:"p99"`
	// Intervals are of the percentiles, by name, between two order statistics.
	Intervals map[string]Range `json:"intervals"`
	// Needs is how many times bear the percentiles that are null, by name.
	Needs map[string]int `json:"needs,omitempty"`
}

// Phases are the mean times of the parts of a request, in milliseconds.
type Phases struct {
	Upload     Number `json:"upload"`
	Queue      Number `json:"queue"`
	Fetch      Number `json:"fetch"`
	Load       Number `json:"load"`
	Preprocess Number `json:"preprocess"`
	Infer      Number `json:"infer"`
	Download   Number `json:"download"`
}

// A Link compares one direction of a node's link, mean over trials.
type Link struct {
	Node      string `json:"node"`
	Direction string `json:"direction"`
	Engine    string `json:"engine"`
	Asked     Path   `json:"asked"`
	Achieved  Path   `json:"achieved"`
	Trace     string `json:"trace,omitempty"`
	Also      string `json:"also,omitempty"` // what else was asked for, in words
}

// A Path is a rate, delays and losses. A null is what was not limited or not
// measured. A one-way delay cannot be measured apart: of an achieved round trip,
// each direction takes half of the excess over the asked one. The rate of a
// link that varies is that of the times at which it was probed; losses are
// those of all packets while requests were made.
type Path struct {
	Rate  Number `json:"rate_bps"`
	Delay Number `json:"delay_ms"`
	RTT   Number `json:"rtt_ms"`
	Loss  Number `json:"loss"` // share of packets
}

// Background compares load of one resource of a node, means over telemetry, as
// shares of what there is; of resident memory as bytes.
type Background struct {
	Node     string `json:"node"`
	Resource string `json:"resource"`
	Asked    Number `json:"asked"`
	Achieved Number `json:"achieved"`
	Busy     Number `json:"busy"` // of CPU and GPU: by anyone, inference included
	Varies   bool   `json:"varies,omitempty"`
	// Off is how far achieved was from asked second by second, on average,
	// of a level that varies.
	Off   Number `json:"off"`
	Bps   Number `json:"bps"`            // achieved: bits/s of traffic, bytes/s of memory bandwidth
	Users *Users `json:"cpus,omitempty"` // of CPU
}

// Users are who had a node's CPUs, as shares of them.
type Users struct {
	Load      Number `json:"load"`      // the background load
	Inference Number `json:"inference"` // the node's own process
	Others    Number `json:"others"`    // other tenants of the machine
	Idle      Number `json:"idle"`
	// Throttled is the share of time in which the node's quota held it back.
	Throttled Number `json:"throttled"`
	// Pressure is the share of time in which something waited for a CPU.
	Pressure Number `json:"pressure"`
}

// Overall is the whole run: the pairs of all valid conditions.
type Overall struct {
	Comparison
	Conditions int `json:"conditions"` // valid ones
	Trials     int `json:"trials"`
	// Definitions are the saving by other definitions of t.
	Definitions []Definition `json:"definitions"`
	// EqualWeight is the mean over conditions of their mean of ratios, and
	// of their accuracy drop in points: the same as the pooled numbers where
	// all conditions have as many pairs.
	EqualWeight struct {
		Saving       Estimate `json:"saving"`
		AccuracyDrop Number   `json:"accuracy_drop_points"`
	} `json:"equal_weight"`
	Order    Order        `json:"order"`
	Controls []Against    `json:"controls"` // A/A
	Others   []Comparison `json:"others,omitempty"`
	// Placements is the saving of the judged arm by who used which
	// placement; none where all requests used the same.
	Placements []Placed `json:"placements,omitempty"`
}

// A Definition is the saving where t is the sum of other phases.
type Definition struct {
	Name   string `json:"name"`
	What   string `json:"what"`
	Pairs  int    `json:"pairs"` // in which both times are positive
	Saving Saving `json:"saving"`
}

// Order is the mean of ratios by which arm went first in its pair. A
// difference says that one arm warmed something for the other.
type Order struct {
	BaselineFirst Number `json:"baseline_first"`
	OtherFirst    Number `json:"other_first"`
	Pairs         [2]int `json:"pairs"`
	// Difference is of the means of ratios, the first less the second, within
	// conditions: mean over these, weighted by how well each can tell.
	Difference Estimate `json:"difference"`
}

// An Against is something compared with itself (A/A): a saving that should be 0.
type Against struct {
	// Kind is ArmKind, of an arm with the same settings as the baseline, or
	// SameOption, of the pairs in which the arm chose what the baseline chose,
	// the same model at the same place.
	Kind  string `json:"kind"`
	Arm   string `json:"arm"`
	Pairs int    `json:"pairs"`
	// Saving is by the geometric mean, with an interval of 99 %: of times
	// that differ by chance alone, a mean of ratios is less than 0.
	Saving Estimate `json:"saving"`
	// Held says that its interval holds 0, or that it is at most 2 points;
	// null without an interval.
	Held *bool `json:"held"`
}

// Choices is how often an arm chose each option, and why.
type Choices struct {
	Selector string         `json:"selector"`
	Models   map[string]int `json:"models"` // as Arm.Models, but of all requests
	// Only is the option that the arm chose every time; empty if there were
	// several.
	Only      string    `json:"only,omitempty"`
	Decisions Decisions `json:"decisions"`
	// Why is what the arm's decisions say of its choices, in sentences.
	Why []string `json:"why"`
}

// Decisions are how an arm's selector decided.
type Decisions struct {
	N      int    `json:"n"`
	Median Number `json:"median_us"`
	P99    Number `json:"p99_us"`
	Share  Number `json:"share_of_t"` // time of decisions over t of the same requests
	// Failed is how many the selector did not make itself, and Failures why,
	// the most frequent first, as "2 times: …".
	Failed   int      `json:"failed"`
	Failures []string `json:"failures,omitempty"`
}
