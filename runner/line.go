package runner

import (
	"slices"
	"time"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// line is the answer as requests.jsonl keeps it, without what the answer does
// not know of its request.
func (a answer) line(samples []dataset.Sample) record.Request {
	r := record.Request{
		Sample: samples[0].ID, Option: a.option.Label(), Model: a.option.Model, Node: a.option.Node, By: a.by(),
		Sent: a.sent, Done: a.done, Phases: a.phases,
		Label: samples[0].Label, Prediction: a.prediction(0), Error: a.err,
	}
	for _, of := range a.replies {
		r.Up += of.Up
		r.Down += of.Down
		r.Got += of.Fetched
	}
	if first := a.counts[0]; first >= 0 {
		r.Confidence = a.replies[first].Confidence
	}
	if a.option.Second != nil {
		r.Parts, r.Wasted = a.partLines(), a.wasted()
	}
	if len(samples) > 1 {
		for i, s := range samples {
			r.Batch = append(r.Batch, record.Answer{Sample: s.ID, Label: s.Label, Prediction: a.prediction(i)})
		}
	}
	return r
}

// prediction is the answer to an image, -1 if there is none.
func (a answer) prediction(image int) int {
	if of := a.counts[image]; of >= 0 {
		return a.replies[of].Prediction
	}
	return -1
}

// right is how many images were answered rightly.
func (a answer) right(samples []dataset.Sample) (n int) {
	for i, s := range samples {
		if of := a.counts[i]; of >= 0 {
			n += right(a.replies[of].Result, s)
		}
	}
	return n
}

// by is the node whose answers counted, of an option of two parts; empty if
// some of each did, or none.
func (a answer) by() string {
	if a.option.Second == nil {
		return ""
	}
	nodes := map[int]string{}
	for i, p := range a.parts {
		if a.countsOf(i) {
			nodes[i] = p.Node
		}
	}
	if len(nodes) == 1 {
		return nodes[0] + nodes[1]
	}
	return ""
}

// countsOf says whether any answer of a part counts.
func (a answer) countsOf(part int) bool {
	return slices.ContainsFunc(a.counts, func(of int) bool { return of >= 0 && a.replies[of].part == part })
}

// partLines are the parts that ran.
func (a answer) partLines() (lines []record.Part) {
	for i, p := range a.parts {
		line, ran := record.Part{Option: p.Label(), Counts: a.countsOf(i)}, false
		for _, r := range a.replies {
			if r.part != i {
				continue
			}
			if !ran {
				line.Sent, ran = r.Sent, true
			}
			line.Done, line.Phases = r.Done, sum(line.Phases, r.Phases)
			if r.Err == "" {
				line.Images++
			} else if line.Error == "" {
				line.Error = r.Err
			}
		}
		if ran {
			lines = append(lines, line)
		}
	}
	return lines
}

// wasted is the time that nodes computed for answers that do not count.
func (a answer) wasted() (t time.Duration) {
	for i, r := range a.replies {
		if !slices.Contains(a.counts, i) {
			t += computed(r.Phases)
		}
	}
	return t
}

// computed is the time in which a node computed.
func computed(p selector.Phases) time.Duration { return p.Load + p.Preprocess + p.Infer }
