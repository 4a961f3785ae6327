package stats

import (
	"cmp"
	"slices"
)

// holm adjusts the p values of tests that are looked at together (Holm 1979):
// in those of at most α afterwards the hypotheses are rejected with a
// probability of at most α that any of them is true. Tests without a p value
// are not among them.
func holm(tests []*Test) {
	var known []*Test
	for _, t := range tests {
		t.Holm = Missing()
		if t.P.Known() {
			known = append(known, t)
		}
	}
	slices.SortStableFunc(known, func(a, b *Test) int { return cmp.Compare(a.P, b.P) })
	var most Number
	for i, t := range known {
		most = max(most, min(1, t.P*Number(len(known)-i)))
		t.Holm = round(float64(most))
	}
}

// adjust adjusts the tests of an arm over the valid conditions.
func (d *data) adjust(s *Summary, arm int) {
	var tests []*Test
	for i := range s.Conditions {
		if k := &s.Conditions[i]; k.Valid && arm == judgedArm {
			tests = append(tests, &k.Test)
		} else if k.Valid {
			tests = append(tests, &k.Others[arm-judgedArm-1].Test)
		}
	}
	holm(tests)
	if arm != judgedArm {
		return
	}
	alone, all, most := 0, 0, Number(1-d.run.Header.Require.Confidence)
	for _, t := range tests {
		if t.P <= most {
			alone++
		}
		if t.Holm <= most {
			all++
		}
	}
	if all < alone {
		c := asAsked(Number(d.run.Header.Require.Confidence))
		d.warnings = append(d.warnings, finding(Multiple, "each looked at by itself, %d of %d conditions save at least %s with %s confidence; so many looked at together, %d do (Holm)",
			alone, len(tests), asAsked(Number(d.run.Header.Require.Saving)), c, all).of(float64(alone), float64(all)))
	}
}
