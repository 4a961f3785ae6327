package runner

import (
	"cmp"
	"slices"
	"time"

	"github.com/testbed/testbed/selector"
)

// An answer is how a request went by an option.
type answer struct {
	option     selector.Option
	parts      []selector.Option // of it
	replies    []reply           // all, in the order in which they ended
	counts     []int             // of each image, the reply that counts; -1: none
	sent, done time.Duration     // done with the last reply that counts
	phases     selector.Phases   // add up to done - sent
	err        string
}

// answered makes the answer to n images of replies; there are none if the world
// is broken.
//
// An image is done with the first reply that is sure of it; where none is, with
// the last of its replies, and an unsure one counts. The request is done with
// the last of its images; one that failed, with the last reply at all.
func answered(o selector.Option, parts []selector.Option, n int, replies []reply) answer {
	slices.SortStableFunc(replies, func(a, b reply) int { return cmp.Compare(a.Done, b.Done) })
	a := answer{option: o, parts: parts, replies: replies, counts: make([]int, n)}
	if len(replies) == 0 {
		return a
	}
	last := 0
	for image := range n {
		of, end := a.counted(image)
		a.counts[image] = of
		last = max(last, end)
		if of < 0 && a.err == "" {
			a.err = a.failure(image)
		}
	}
	if a.err != "" {
		last = len(replies) - 1
	}
	a.sent = slices.MinFunc(replies, func(a, b reply) int { return cmp.Compare(a.Sent, b.Sent) }).Sent
	a.done = replies[last].Done
	a.phases = a.way(last)
	return a
}

// counted is the reply that counts for an image, -1 if none does, and that with
// which the image is done, -1 if there is none.
func (a answer) counted(image int) (of, end int) {
	of, end = -1, -1
	for i, r := range a.replies {
		switch {
		case r.image != image:
			continue
		case r.sure:
			return i, i
		case r.Err == "":
			of = i
		}
		end = i
	}
	return of, end
}

// failure is why an image has no answer.
func (a answer) failure(image int) string {
	for _, r := range slices.Backward(a.replies) {
		if r.image == image {
			return r.Err
		}
	}
	for _, r := range a.replies {
		if r.Err != "" {
			return r.Err // and the others were not asked for any more
		}
	}
	return "not answered"
}

// way is the phases on the way to a reply: those of the replies that followed
// each other up to it, and the time between them as waiting. In an option whose
// parts work at the same time it is the way of that reply's part.
func (a answer) way(last int) (p selector.Phases) {
	together := a.option.Placement == selector.Hedged || a.option.Placement == selector.Split
	at := a.sent
	for _, r := range a.replies[:last+1] {
		if together && r.part != a.replies[last].part {
			continue
		}
		p = sum(p, r.Phases)
		p.Queue += r.Sent - at
		if r.Err != "" {
			p.Queue += r.Done - r.Sent - r.Phases.Total() // it may have failed in the middle of one
		}
		at = r.Done
	}
	return p
}

// outcome is what the selector learns of the answer. What a part did surely and
// what unsurely are told apart.
func (a answer) outcome(seq uint64) selector.Outcome {
	o := selector.Outcome{Seq: seq, Option: a.option, Observed: a.phases, Failed: a.err != ""}
	for i, part := range a.parts {
		for _, sure := range []bool{true, false} {
			p := selector.Part{Option: part, Unsure: !sure}
			for _, r := range a.replies {
				if r.part == i && r.Err == "" && r.sure == sure {
					p.Images++
					p.Observed = sum(p.Observed, r.Phases)
				}
			}
			if p.Images > 0 {
				o.Parts = append(o.Parts, p)
			}
		}
	}
	return o
}

// sum adds phases up.
func sum(a, b selector.Phases) selector.Phases {
	return selector.Phases{
		Upload: a.Upload + b.Upload, Queue: a.Queue + b.Queue, Fetch: a.Fetch + b.Fetch, Load: a.Load + b.Load,
		Preprocess: a.Preprocess + b.Preprocess, Infer: a.Infer + b.Infer, Download: a.Download + b.Download,
	}
}
