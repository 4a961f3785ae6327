package stats

import (
	"slices"
	"time"

	"github.com/testbed/testbed/runner/record"
)

const (
	farQuartiles = 3    // interquartile ranges beyond a quartile: Tukey's "far out"
	farMoves     = 0.05 // share of the mean
	fewestFar    = 8    // times of a kind that have quartiles to speak of

	// leastFetch is what getting or opening a model takes at least; to see that
	// it is there takes a microsecond.
	leastFetch = 100 * time.Microsecond
)

// Far are the times of an arm in a condition that are beyond the quartiles of their
// kind by more than three times the distance of these (Tukey, Exploratory Data
// Analysis, 1977). A kind are the requests by one option that met the model where
// they met it: to be fetched, to be loaded, or ready. They are counted, and count.
type Far struct {
	N int `json:"n"`
	// Moves is by which share they change the mean of all times.
	Moves Number `json:"moves_mean"`
}

// A manner is what requests have in common whose times should be alike.
type manner struct {
	option          *used
	fetched, loaded bool
}

// farOf counts those of answered requests. Those whose time is not positive are
// none.
func farOf(answered []*request) Far {
	kinds := map[manner][]float64{}
	var sum, far float64
	n := 0
	for _, r := range answered {
		if r.Measured > 0 {
			m := manner{r.used, r.Phases.Fetch >= leastFetch, r.Phases.Load >= leastFetch}
			kinds[m] = append(kinds[m], millis(r.Measured))
			sum += millis(r.Measured)
			n++
		}
	}
	var beyond []float64
	for _, times := range kinds {
		beyond = append(beyond, beyondQuartiles(times)...)
	}
	slices.Sort(beyond) // so that their sum does not depend on the order of a map
	for _, t := range beyond {
		far += t
	}
	if len(beyond) == 0 {
		return Far{}
	}
	return Far{N: len(beyond), Moves: round(sum/float64(n)/((sum-far)/float64(n-len(beyond))) - 1)}
}

// beyondQuartiles are the values that are far out. It sorts them. Of equal ones it
// is none: a simulation can have the same time over and over, of which any other
// would be infinitely far.
func beyondQuartiles(times []float64) []float64 {
	if len(times) < fewestFar {
		return nil
	}
	slices.Sort(times)
	low, high := times[rank(0.25, len(times))-1], times[rank(0.75, len(times))-1]
	if low == high {
		return nil
	}
	from, _ := slices.BinarySearch(times, low-farQuartiles*(high-low))
	to := len(times)
	for to > 0 && times[to-1] > high+farQuartiles*(high-low) {
		to--
	}
	return append(slices.Clone(times[:from]), times[to:]...)
}

// warning says so if they move the mean by much, but where the network or load
// was to vary: there that is what was asked for.
func (f Far) warning(c *record.Condition) []Finding {
	if varying(c) || !(f.Moves > farMoves || f.Moves < -farMoves) {
		return nil
	}
	return []Finding{finding(Outliers, "a few times that are far from all others of the same model change its mean by more than %s; they are in all numbers",
		Number(farMoves).Percent(0)).of(float64(f.Moves), farMoves)}
}
