package stats

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
