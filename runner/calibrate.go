package runner

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// calibrate measures, on perfect links and without load, what the models of
// cascades and hedged options answer and how sure they are of it, and completes
// these options by that.
func (r *run) calibrate(ctx context.Context, options []selector.Option) error {
	var ask []selector.Option
	for _, o := range options {
		if o.Placement == selector.Cascade || o.Placement == selector.Hedged {
			ask = append(ask, parts(o)...)
		}
	}
	if len(ask) == 0 {
		return nil
	}
	samples, err := r.spare()
	if err != nil {
		return err
	}
	answers, err := r.answers(ctx, ask, samples)
	if err != nil {
		return err
	}
	scored := r.o.Dataset.Labelled() && r.o.Writer.Header().Unscored == ""
	for i := range options {
		if p := parts(options[i]); len(p) == 2 && options[i].Placement != selector.Split {
			complete(&options[i], samples, answers[p[0].Label()], answers[p[1].Label()], scored)
		}
	}
	return nil
}

// spare are images that no trial uses, drawn by the scenario's seed; where there
// are too few, some that trials use as well.
func (r *run) spare() (samples []dataset.Sample, err error) {
	used := make([]bool, r.o.Dataset.Len())
	for _, t := range r.plan.Trials {
		for _, i := range t.Samples {
			used[i] = true
		}
	}
	var unused, rest []int
	for _, i := range rand.New(rand.NewPCG(r.plan.Scenario.Seed, spareStream)).Perm(len(used)) {
		if used[i] {
			rest = append(rest, i)
		} else {
			unused = append(unused, i)
		}
	}
	order := append(unused, rest...)
	for _, i := range order[:min(len(order), max(1, r.plan.Scenario.Cascade.Images))] {
		s, err := r.o.Dataset.Sample(i)
		if err != nil {
			return nil, err
		}
		samples = append(samples, s)
	}
	return samples, nil
}

// spareStream keeps the draw of these images apart from others by the same seed.
const spareStream = 0x7370617265

// answers asks each of options, by its label, for all samples.
func (r *run) answers(ctx context.Context, options []selector.Option, samples []dataset.Sample) (map[string][]Result, error) {
	all := map[string][]Result{}
	for _, o := range options {
		all[o.Label()] = nil
	}
	done, total := 0, len(all)*len(samples)
	tell := func() { r.tell(Progress{Stage: "calibrate", Done: done, Total: total}) }
	tell()
	for _, o := range options {
		if all[o.Label()] != nil {
			continue // of another option, too
		}
		if err := r.o.World.Prepare(ctx, o.Node, scenarios.Oracle, []string{o.Model}); err != nil {
			return nil, err
		}
		for _, s := range samples {
			res, err := r.sureOf(ctx, o, s)
			if err != nil {
				return nil, err
			}
			all[o.Label()] = append(all[o.Label()], res)
			done++
			tell()
		}
		if err := r.o.World.Prepare(ctx, o.Node, scenarios.Oracle, nil); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// sureOf asks o for one image.
func (r *run) sureOf(ctx context.Context, o selector.Option, s dataset.Sample) (Result, error) {
	res, err := r.o.World.Do(ctx, Request{Node: o.Node, Arm: scenarios.Oracle, Model: o.Model, Image: s.Image, Sample: s.ID, Label: s.Label, Timeout: r.plan.Scenario.Timeout})
	switch {
	case err != nil:
		return res, err
	case ctx.Err() != nil:
		return res, ctx.Err()
	case res.Err != "":
		return res, fmt.Errorf("%s: image %s: %s", o.Label(), s.ID, res.Err)
	case res.Confidence == 0:
		return res, fmt.Errorf("%s: the node does not tell how sure the model is, by which cascade and hedged go", o.Label())
	}
	return res, nil
}

// complete sets what depends on how sure the first part is: Unsure, and the
// Accuracy of the whole.
//
// Where answers can be scored, that is the accuracy of the second part, which
// is known from more images than these, less the share that is lost by taking
// the first part's answer where it is sure. The difference on the same images
// has a smaller error than the share of either that is right. By Laplace's rule
// it is (lost+1)/(n+2): that none of a few was lost does not make the option as
// good as its second part, which greedy would have to believe. For the same
// reason nothing is ever gained. It is a hedged option's where its first part is
// always the faster; else it is right more often.
//
// Where they cannot be scored it is (1−Unsure)·first + Unsure·second.
func complete(o *selector.Option, samples []dataset.Sample, first, second []Result, scored bool) {
	unsure, lost := 0, 0
	for i, s := range samples {
		if first[i].Confidence < o.Threshold {
			unsure++
			continue
		}
		lost += right(second[i], s) - right(first[i], s)
	}
	n := float64(len(samples))
	o.Unsure = float64(unsure) / n
	switch {
	case o.Model == o.Second.Model: // whoever answers
		o.Accuracy, o.Images = o.Second.Accuracy, o.Second.Images
	case scored:
		o.Accuracy, o.Images = max(0, o.Second.Accuracy-float64(max(0, lost)+1)/(n+2)), len(samples)
	default:
		o.Accuracy, o.Images = (1-o.Unsure)*o.Accuracy+o.Unsure*o.Second.Accuracy, 0
	}
}

// right is 1 if a sample was answered rightly, else 0.
func right(r Result, s dataset.Sample) int {
	if r.Err == "" && r.Prediction == s.Label {
		return 1
	}
	return 0
}
