package selector

import (
	"math"
	"time"
)

// A guess is what is predicted of a request: its phases in the mean, and how
// their total is spread.
type guess struct {
	Phases
	spread spread
}

// whole is the guess of a piece that answers n images alone.
func (e *piece) whole(n float64) guess {
	p := e.each.times(n)
	p.Fetch, p.Load = e.once.Fetch, e.once.Load
	return guess{p, single(p.Total(), e.variance(&e.once, n))}
}

// together is what two parts take, in the mean, that answer a request of n
// images by opt.Placement. With U the share of answers of the first part that
// are unsure:
//
//	cascade  first + U·second; what the second part does once, fetching and
//	         loading, has to be done if any of the n images is unsure
//	hedged   (1−U)·min(first, second) + U·second for one image; the second
//	         part's answer is always acceptable. Of more, all are sure of
//	         the first part with a chance of (1−U)ⁿ; else the second part
//	         works at one image, and then at those that were left unsure
//	split    max(first, second), each on its own images (Option.Shares)
//
// In min and max each part counts with its mean, so where both are about as
// fast hedged is a little less, and split a little more, than predicted.
func together(opt *Option, n int, first, second piece) guess {
	u := min(max(opt.Unsure, 0), 1)
	switch opt.Placement {
	case Cascade:
		return cascade(u, n, first, second)
	case Hedged:
		return hedged(u, n, first, second)
	case Split:
		a, b := opt.Shares(n)
		return later(a, b, first, second)
	}
	return first.whole(float64(n))
}

// Shares says how many of the n images of a request each part of a split
// Option gets: the closest to its Share.
func (o Option) Shares(n int) (first, second int) {
	first = int(math.Round(min(max(o.Share, 0), 1) * float64(n)))
	return first, n - first
}

func cascade(u float64, n int, first, second piece) guess {
	f := float64(n)
	a := first.whole(f)
	asked := 1 - math.Pow(1-u, f) // chance that the second part is
	more := second.once.times(asked).Plus(second.each.times(u * f))
	g := guess{Phases: a.Phases.Plus(more)}
	if n == 1 {
		g.spread = either(1-u, a.spread, u, a.spread.plus(second.whole(1).spread))
		return g
	}
	// How many images are unsure is binomial.
	one, once := float64(second.each.Total()), float64(second.once.Total())
	v := a.spread.v[0] + asked*second.variance(&second.once, u*f) + f*u*(1-u)*one*one + asked*(1-asked)*once*once
	g.spread = single(g.Total(), v)
	return g
}

func hedged(u float64, n int, first, second piece) guess {
	f := float64(n)
	a, b := first.whole(f), second.whole(f)
	sure := a
	if b.Total() < a.Total() {
		sure = b
	}
	unsure := second.whole(1 + u*(f-1))
	if unsure.Total() < a.Total() {
		unsure = a
	}
	if b.Total() < unsure.Total() {
		unsure = b
	}
	all := math.Pow(1-u, f)
	return guess{sure.times(all).Plus(unsure.times(1 - all)), either(all, sure.spread, 1-all, unsure.spread)}
}

// later is the slower of two parts that work at the same time on a and b
// images; a part without images does nothing.
func later(a, b int, first, second piece) guess {
	switch {
	case b <= 0:
		return first.whole(float64(a))
	case a <= 0:
		return second.whole(float64(b))
	}
	x, y := first.whole(float64(a)), second.whole(float64(b))
	// Late if either is: the sum of both chances, which is a little too much.
	s := either(1, x.spread, 1, y.spread)
	if y.Total() > x.Total() {
		x = y
	}
	return guess{x.Phases, s}
}

// times multiplies each phase, at most to forever.
func (p Phases) times(f float64) Phases {
	if f == 1 {
		return p
	}
	for _, d := range [...]*time.Duration{&p.Upload, &p.Queue, &p.Fetch, &p.Load, &p.Preprocess, &p.Infer, &p.Download} {
		*d = scale(*d, f)
	}
	return p
}
