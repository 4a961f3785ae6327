package stats

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/testbed/testbed/runner/record"
)

// What a trend is: at a level, over all arms and conditions of the run together,
// at which one run in a hundred that is steady has one; and of a size that matters.
const (
	trendLevel  = 0.01
	trendChange = 0.1
	fewestTrend = 10 // times, for which Mann's S is all but normal
)

// Steady says whether the times of an arm in a condition were the same while
// trials went on, and how far they depend on those before.
//
// Trials are what Hirsch, Slack and Smith take years for (Water Resources Research
// 18, 1982, 107–121): Mann and Kendall's S and Sen's slope are of pairs of times in
// one trial, so that how trials differ is not taken for a trend.
type Steady struct {
	// Change is that of times from the beginning of a trial to its end, a share
	// of their median, by the median of slopes; null where the network or load
	// was to vary, which times follow, and of fewer than ten times.
	Change Number `json:"change"`
	// Test is of no trend, two-sided, with Holm's p over all arms and conditions
	// of the run.
	Test
	// Lag1 is the correlation of the ranks of times that follow one another in a
	// trial, and Independent how many independent times tell as much about their
	// mean: n·(1 − r)/(1 + r), at most n.
	Lag1        Number `json:"lag1"`
	Independent Number `json:"independent_times"`
}

// steadyOf examines times by trial, in the order in which they were measured.
// varies says that the world was to change meanwhile.
func steadyOf(trials [][]float64, median float64, varies bool) Steady {
	out := Steady{Missing(), Test{Missing(), Missing()}, Missing(), Missing()}
	n := 0
	for _, t := range trials {
		n += len(t)
	}
	if n < fewestTrend {
		return out
	}
	slope := slopeOf(trials)
	r := lag1(trials, slope)
	longer := max((1+r)/(1-r), 1)
	out.Lag1, out.Independent = round(r), round(float64(n)/longer)
	if !varies {
		out.Change, out.P = round(slope/median), round(kendall(trials, longer))
	}
	return out
}

// kendall is the two-sided p that times have no trend, by Mann and Kendall's S, the
// pairs of a trial of which the later is longer less those of which it is shorter,
// with its variance where some are equal. Times that depend on those before
// make S vary by so much more (Yue and Wang, Water Resources Management 18, 2004,
// 201–218). NaN where all times of each trial are equal.
func kendall(trials [][]float64, more float64) float64 {
	var s, variance float64
	for _, t := range trials {
		n := float64(len(t))
		sorted := slices.Clone(t)
		shorter := inversions(sorted) // sorts
		equal, spread := 0.0, n*(n-1)*(2*n+5)
		for len(sorted) > 0 {
			k := 1
			for k < len(sorted) && sorted[k] == sorted[0] {
				k++
			}
			e := float64(k)
			equal, spread = equal+e*(e-1)/2, spread-e*(e-1)*(2*e+5)
			sorted = sorted[k:]
		}
		s += n*(n-1)/2 - equal - 2*float64(shorter)
		variance += spread / 18
	}
	if variance == 0 {
		return math.NaN()
	}
	z := max(math.Abs(s)-1, 0) / math.Sqrt(variance*more)
	return 2 * distuv.UnitNormal.Survival(z)
}

// inversions is how many pairs of values have the greater first. It sorts them, by
// merging, which is what makes it quick.
func inversions(values []float64) (n int) {
	if len(values) < 2 {
		return 0
	}
	left, right := slices.Clone(values[:len(values)/2]), values[len(values)/2:]
	n = inversions(left) + inversions(right)
	for i := 0; len(left) > 0; i++ {
		if len(right) > 0 && right[0] < left[0] {
			values[i], right = right[0], right[1:]
			n += len(left)
			continue
		}
		values[i], left = left[0], left[1:]
	}
	return n
}

// How many points of a trial slopes are between: of more times neighbours are
// drawn together to their median, so that a trial of a million costs no more.
const (
	fewestPoints = 4
	mostPoints   = 50
	mostSlopes   = 50_000 // of all trials
)

// slopeOf is Sen's: the median of the slopes between times of a trial, in their
// unit, from its beginning to its end.
func slopeOf(trials [][]float64) float64 {
	most := int(math.Sqrt(2 * mostSlopes / float64(len(trials))))
	most = min(max(most, fewestPoints), mostPoints)
	var slopes spread
	for _, t := range trials {
		points := medians(t, most)
		for i, a := range points {
			for j := i + 1; j < len(points); j++ {
				slopes = append(slopes, (points[j]-a)/float64(j-i)*float64(len(points)-1))
			}
		}
	}
	return slopes.quantile(0.5)
}

// medians are those of at most most parts of values, as equal as can be.
func medians(values []float64, most int) []float64 {
	if len(values) <= most {
		return values
	}
	out := make([]float64, most)
	for i := range out {
		out[i] = spread(slices.Clone(values[i*len(values)/most : (i+1)*len(values)/most])).quantile(0.5)
	}
	return out
}

// lag1 is the correlation of the ranks of times that follow one another in a trial,
// once the slope is taken off.
func lag1(trials [][]float64, slope float64) float64 {
	var both, own float64
	for _, t := range trials {
		if len(t) < 2 {
			continue
		}
		level := make([]float64, len(t))
		for i, x := range t {
			level[i] = x - slope*float64(i)/float64(len(t)-1)
		}
		r := centredRanks(level)
		for i := range r {
			own += r[i] * r[i]
			if i > 0 {
				both += r[i-1] * r[i]
			}
		}
	}
	if own == 0 {
		return 0
	}
	return both / own
}

// centredRanks are the ranks of values less their mean; equal ones share theirs.
func centredRanks(values []float64) []float64 {
	at := make([]int, len(values))
	for i := range at {
		at[i] = i
	}
	slices.SortFunc(at, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	out := make([]float64, len(values))
	for from := 0; from < len(at); {
		to := from + 1
		for to < len(at) && values[at[to]] == values[at[from]] {
			to++
		}
		for _, i := range at[from:to] {
			out[i] = float64(from+to-len(at)) / 2
		}
		from = to
	}
	return out
}

// varying says that a condition was to change while a trial goes on.
func varying(c *record.Condition) bool {
	return slices.ContainsFunc(c.Links, func(l record.Link) bool { return l.Varies }) ||
		slices.ContainsFunc(c.Background, func(b record.Background) bool { return b.Varies })
}

// trends adjusts the p of all arms and conditions for each other, and warns of
// those that are left.
func (d *data) trends(s *Summary) {
	var tests []*Test
	for i := range s.Conditions {
		for k := range s.Conditions[i].Arms {
			tests = append(tests, &s.Conditions[i].Arms[k].Steady.Test)
		}
	}
	holm(tests)
	for i := range s.Conditions {
		c := &s.Conditions[i]
		for _, a := range c.Arms {
			if change := a.Steady.Change; a.Steady.Holm <= trendLevel && math.Abs(float64(change)) > trendChange {
				how := map[bool]string{true: "rise", false: "fall"}[change > 0]
				c.Warnings = append(c.Warnings, finding(Trend, "%s: its times %s by more than %s from the beginning of a trial to its end, so they depend on when they were measured",
					a.Selector, how, Number(trendChange).Percent(0)).by(a.Selector).of(float64(change), trendChange))
			}
		}
	}
}
