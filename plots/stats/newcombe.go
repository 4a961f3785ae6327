package stats

import "math"

// A proportions is the accuracies of two arms on the same images.
//
// Their difference has Newcombe's interval for paired data (Statistics in
// Medicine 17, 1998, 2635–2650, method 10): Wilson's intervals of both, squared
// and added as far as the two are not correlated. It is never empty, not where
// the arms differ at no image nor where all answers are right.
//
// Images are what was drawn from all that there might be. One that occurs in
// several pairs, of several conditions, is right or wrong in many of them alike,
// and so is a cluster: each accuracy counts with as many images as would give it
// the variance that it has between clusters (the design effect; Obuchowski,
// Statistics in Medicine 17, 1998, 1495–1507, has the variance, and Yang, Sun
// and Hardin, Pharmaceutical Statistics 11, 2012, 386–393, intervals that are
// adjusted so), and the correlation is that of the sums of clusters. Where each
// image is in one pair this is method 10 itself. TestDropCoverage measures what it
// holds.
type proportions struct {
	images        float64 // different ones
	base, other   float64 // accuracies; NaN without pairs
	baseN, otherN float64 // independent images that they count with
	phi           float64 // correlation of the two; 0 where one of them does not vary
}

// varies says that a share is neither none nor all.
func varies(p float64) bool { return p > 0 && p < 1 }

// effective is with how many independent answers a share of right ones counts: m
// of them, if those to one image are independent, else m by the design effect, which
// is what the variance between images is of that of independent answers:
//
//	variance / (m·p(1−p)), at least 1, for p = right/m
//
// An effect that few answers tell is hardly known, and where all are right not at
// all. Of what it would be if those to an image were all alike, squares/m, it takes
// the place of one answer among those of the rarer kind. Where images have one pair
// either is 1, and where their answers are all alike either is how many pairs they
// have, so that this changes neither.
func effective(right, m, squares int, variance float64) float64 {
	most := float64(squares) / float64(m)
	p := float64(right) / float64(m)
	effect := most
	if varies(p) {
		effect = max(variance/(float64(m)*p*(1-p)), 1)
		effect += max(most-effect, 0) / float64(1+min(right, m-right))
	}
	return float64(m) / effect
}

// drop is accuracy_b − accuracy_a.
func (p proportions) drop() float64 { return p.base - p.other }

// interval is that of the drop at so many deviations z; NaN without pairs.
func (p proportions) interval(z float64) (low, high float64) {
	baseLow, baseHigh := score(p.base, p.baseN, z)
	otherLow, otherHigh := score(p.other, p.otherN, z)
	phi := p.corrected()
	low = p.drop() - added(p.base-baseLow, otherHigh-p.other, phi)
	high = p.drop() + added(baseHigh-p.base, p.other-otherLow, phi)
	return max(low, -1), min(high, 1)
}

// corrected is the correlation, if it is positive with half an image less of what
// it rests on, but not less than none.
func (p proportions) corrected() float64 {
	if p.phi <= 0 {
		return p.phi
	}
	spread := math.Sqrt(p.base * (1 - p.base) * p.other * (1 - p.other))
	return max(p.phi-1/(2*p.images*spread), 0)
}

// added is the length of the difference of two lengths with a correlation.
func added(a, b, phi float64) float64 { return math.Sqrt(max(a*a-2*phi*a*b+b*b, 0)) }

// times are the same proportions of so many times as many images.
func (p proportions) times(more float64) proportions {
	p.images, p.baseN, p.otherN = more*p.images, more*p.baseN, more*p.otherN
	return p
}

// needs is how many images would decide whether the drop is at most most, at so
// many deviations z of the one-sided bound, were the proportions what they are;
// infinite if no number that a run might get would.
func (p proportions) needs(most, z float64) float64 {
	decided := func(times float64) bool {
		q := p.times(times)
		low, high := q.interval(z)
		return high <= most || low > most
	}
	few, enough := 1.0, float64(mostMore+1)
	if !decided(enough) {
		return math.Inf(1)
	}
	for range 40 { // halves the range each time
		if middle := (few + enough) / 2; decided(middle) {
			enough = middle
		} else {
			few = middle
		}
	}
	return enough * p.images
}
