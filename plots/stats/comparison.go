package stats

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
	// AccuracyDrop is accuracy_b − accuracy_a in percentage points, with
	// Newcombe's interval for paired data.
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
