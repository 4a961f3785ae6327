package stats

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/testbed/testbed/runner/record"
)

// wilson is Wilson's score interval of a share p seen in n trials.
//
//	(p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)
func wilson(p, n, confidence float64) Range {
	if n <= 0 || math.IsNaN(p) {
		return Range{Missing(), Missing()}
	}
	z := distuv.UnitNormal.Quantile(1 - (1-confidence)/2)
	centre := p + z*z/(2*n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	scale := 1 + z*z/n
	return Range{round(max((centre-half)/scale, 0)), round(min((centre+half)/scale, 1))}
}

// accuracyOf is the share of right answers among those that came, of how many
// images in all, and how many different ones.
func accuracyOf(requests []*request) (share float64, n, images int) {
	seen := map[string]bool{}
	right := 0
	for _, r := range requests {
		if r.Failed {
			continue
		}
		for i := range answers(r) {
			a := answer(r, i)
			seen[a.Sample] = true
			n++
			right += hit(a)
		}
	}
	if n == 0 {
		return math.NaN(), 0, 0
	}
	return float64(right) / float64(n), n, len(seen)
}

// answers is how many images a request asked for.
func answers(r *request) int {
	if r.batch != nil {
		return len(*r.batch)
	}
	return 1
}

// answer is the answer of a request to its image i.
func answer(r *request, i int) record.Answer {
	if r.batch != nil {
		return (*r.batch)[i]
	}
	return record.Answer{Sample: r.Sample, Label: int(r.Label), Prediction: int(r.Prediction)}
}

// hit is 1 for a right answer, else 0.
func hit(a record.Answer) int {
	if a.Prediction == a.Label {
		return 1
	}
	return 0
}

// A kind is what the pairs of one image come to: how many there are, and in
// how many more of them the baseline was right than the other arm.
type kind struct{ pairs, drop int }

// drops are the images of some pairs, counted by kind.
type drops map[string]kind

// add counts a pair under its image, or each image of its batch under that.
func (d drops) add(p pair) {
	for i := range min(answers(p.base), answers(p.other)) {
		base, other := answer(p.base, i), answer(p.other, i)
		k := d[base.Sample]
		k.pairs++
		k.drop += hit(base) - hit(other)
		d[base.Sample] = k
	}
}

// dropsOf are the images of pairs.
func dropsOf(pairs []pair) drops {
	d := drops{}
	for _, p := range pairs {
		d.add(p)
	}
	return d
}

// value is accuracy_b − accuracy_a as a fraction; NaN without pairs.
func (d drops) value() float64 {
	var pairs, drop int // whole numbers: the order of a map does not matter
	for _, k := range d {
		pairs += k.pairs
		drop += k.drop
	}
	if pairs == 0 {
		return math.NaN()
	}
	return float64(drop) / float64(pairs)
}

// kinds are the different kinds with how many images each has, in order.
func (d drops) kinds() (kinds []kind, images []int) {
	count := map[kind]int{}
	for _, k := range d {
		count[k]++
	}
	for k := range count {
		kinds = append(kinds, k)
	}
	slices.SortFunc(kinds, func(a, b kind) int {
		return cmp.Or(cmp.Compare(a.drop, b.drop), cmp.Compare(a.pairs, b.pairs))
	})
	for _, k := range kinds {
		images = append(images, count[k])
	}
	return kinds, images
}

// alike says that no image shows a difference between the arms, of which no
// resampling could make one.
func (d drops) alike() bool {
	for _, k := range d {
		if k.drop != 0 {
			return false
		}
	}
	return true
}

// spread draws the images anew, with replacement, many times. An image occurs
// in many conditions, and is right or wrong in all of them alike, so images
// are what is drawn, not pairs. Images of one kind need not be told apart:
// drawing them one by one and counting the kinds is a multinomial draw.
func (d drops) spread(src rand.Source) spread {
	kinds, images := d.kinds()
	out := make([]float64, 0, Resamples)
	for range Resamples {
		left, of := len(d), len(d)
		var pairs, drop int
		for i, k := range kinds {
			n := binomial(left, float64(images[i])/float64(of), src)
			left, of = left-n, of-images[i]
			pairs += n * k.pairs
			drop += n * k.drop
		}
		out = append(out, float64(drop)/float64(pairs))
	}
	return spreadOf(out)
}

// binomial draws how many of n trials succeed.
func binomial(n int, p float64, src rand.Source) int {
	switch {
	case n == 0 || p <= 0:
		return 0
	case p >= 1:
		return n
	}
	return int(distuv.Binomial{N: float64(n), P: p, Src: src}.Rand())
}

// A bound is an interval and one-sided bounds, all at the same confidence.
type bound struct{ low, high, lower, upper float64 }

// bounds are those of the drop. Where no image shows a difference, what can be
// said is that the share q of images that would has (1−q)^n ≥ 1 − confidence,
// or a difference would have been seen: q ≤ 1 − (1 − confidence)^(1/n).
func (d drops) bounds(src rand.Source, confidence float64) bound {
	if len(d) == 0 {
		nan := math.NaN()
		return bound{nan, nan, nan, nan}
	}
	if d.alike() {
		two := 1 - math.Pow((1-confidence)/2, 1/float64(len(d)))
		one := 1 - math.Pow(1-confidence, 1/float64(len(d)))
		return bound{-two, two, -one, one}
	}
	s := d.spread(src)
	tail := 1 - confidence
	return bound{s.quantile(tail / 2), s.quantile(1 - tail/2), s.quantile(tail), s.quantile(1 - tail)}
}

// points is the drop in percentage points with its interval.
func (d drops) points(b bound) Estimate {
	return Estimate{round(100 * d.value()), round(100 * b.low), round(100 * b.high)}
}

// newRand is a generator over src.
func newRand(src rand.Source) *rand.Rand { return rand.New(src) }

// Wilson returns Wilson's score interval of the share that right of n trials
// are, at a confidence such as 0.95; 0 and 1 if n is not positive.
func Wilson(right, n int, confidence float64) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	r := wilson(float64(right)/float64(n), float64(n), confidence)
	return float64(r.Low), float64(r.High)
}
