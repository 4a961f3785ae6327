package stats

import (
	"math"
	"slices"
)

// leastAnswered is at what share of the instants a static choice must have
// answered to be the best in hindsight.
const leastAnswered = 0.95

// judge fills in regret, overall and by condition, where there are replays.
func (d *data) judge(s *Summary) {
	if len(d.run.Replays) == 0 {
		return
	}
	j := d.newJury()
	all := j.judgeds()
	valid := func(i int) bool { return s.Conditions[j.instants[i].cell].Valid }
	s.Regret, s.Judging = j.regrets(all, "overall", valid), j.judging(all, s, valid)
	for c := range s.Conditions {
		here := func(i int) bool { return j.instants[i].cell == c }
		if len(j.of(here)) > 0 {
			s.Conditions[c].Regret = j.regrets(all, s.Conditions[c].ID, here)
		}
	}
	for _, name := range s.Judging.Order {
		if a := s.Regret[name].Ablation; a != nil && a.N >= fewestAblated && a.Changed == 0 {
			d.warn(Regrets, "%s, which is %s without %s, chose at all %d instants what that did: the term is worth nothing in these conditions", name, a.Of, a.Without, a.N)
		}
	}
	if n := s.Judging.LeftOut; n > 0 {
		d.warn(Regrets, "%d instants that were replayed have no oracle, as no option that the budget allows answered: left out of regret", n)
	}
}

// of are the instants that are kept.
func (j *jury) of(keep func(int) bool) (out []int) {
	for i := range j.instants {
		if keep(i) {
			out = append(out, i)
		}
	}
	return out
}

// judging says how it was done.
func (j *jury) judging(all []*judged, s *Summary, valid func(int) bool) *Judging {
	out := &Judging{Options: len(j.feasible), Floor: round(j.floor), Oracle: map[string]int{}}
	for _, ok := range j.feasible {
		if ok {
			out.Feasible++
		}
	}
	for _, i := range j.of(valid) {
		in := &j.instants[i]
		out.Instants++
		out.Oracle[j.d.options.name(j.d.options.of[in.oracle])]++
		if in.replay.Rewound {
			out.Rewound++
		}
	}
	for c, n := range j.leftOut {
		if s.Conditions[c].Valid {
			out.LeftOut += n
		}
	}
	var noise []float64
	for _, k := range all {
		out.Order = append(out.Order, k.name)
		for _, v := range k.all {
			if in := &j.instants[v.instant]; k.kind == ArmKind && valid(v.instant) && known(v.own) && known(v.replayed) {
				noise = append(noise, math.Abs(v.own-v.replayed)*in.best/v.t)
			}
		}
	}
	out.Order = append(out.Order, BestStatic)
	out.Noise = round(spreadOf(noise).quantile(0.5))
	return out
}

func known(x float64) bool { return !math.IsNaN(x) }

// regrets are those of all over the instants that are kept.
func (j *jury) regrets(all []*judged, name string, keep func(int) bool) map[string]Regret {
	out := map[string]Regret{}
	best := ""
	n := len(j.of(keep))
	for _, k := range all {
		r := j.regret(k, name, keep)
		out[k.name] = r
		if k.kind == StaticKind && r.N > 0 && float64(r.N) >= leastAnswered*float64(n) && (best == "" || r.Mean < out[best].Mean) {
			best = k.name
		}
	}
	if best != "" {
		r := out[best]
		r.Kind = BestStaticKind
		out[BestStatic] = r
	}
	for _, k := range all {
		if base := reference(all, k); base != nil {
			r := out[k.name]
			r.Ablation = compareChoices(k, base, keep)
			out[k.name] = r
		}
	}
	return out
}

// regret is that of one selector.
func (j *jury) regret(k *judged, name string, keep func(int) bool) Regret {
	out := Regret{Kind: k.kind, Option: k.option}
	strata, values := []meanStratum{}, []float64{}
	var sums [5]meanBlock // replayed, same, near, outside, accuracy
	groups := j.trials(k, keep)
	for i, g := range groups {
		var here []float64
		for _, at := range g {
			v := k.all[at]
			if !known(v.own) {
				out.Failed++
				continue
			}
			here = append(here, v.own)
			if k.values != nil {
				values = append(values, k.values[at]...)
			} else {
				values = append(values, v.own)
			}
			for i, x := range []float64{v.replayed, v.same, v.near, v.outside, v.accuracy} {
				if known(x) {
					sums[i].n++
					sums[i].sum += x
				}
			}
		}
		if cell := j.cellOf(k, g); i == 0 || cell != j.cellOf(k, groups[i-1]) {
			strata = append(strata, nil)
		}
		if len(here) > 0 {
			last := len(strata) - 1
			strata[last] = append(strata[last], meanBlocks(here, mostMeanBlocks/len(groups)))
		}
		out.N += len(here)
	}
	h := &j.d.run.Header
	e := meanOfStrata(strata, newRand(source(h.Seed, "regret", name, k.name)), h.Require.Confidence)
	out.Mean, out.Low, out.High, out.P95 = e.Value, e.Low, e.High, Missing()
	if out.N >= needs(0.95, h.Require.Confidence) {
		out.P95 = round(spreadOf(values).quantile(0.95))
	}
	for i, into := range []*Number{&out.Replayed, &out.Agreement, &out.Near, &out.Outside, &out.Accuracy} {
		*into = round(sums[i].sum / float64(sums[i].n))
	}
	out.Steady = round(j.steady(k, groups))
	return out
}

// trials are the places in k.all of the instants that are kept, by trial.
func (j *jury) trials(k *judged, keep func(int) bool) (out [][]int) {
	last := -1 // instant
	for at, v := range k.all {
		if !keep(v.instant) {
			continue
		}
		in := &j.instants[v.instant]
		if last < 0 || j.instants[last].cell != in.cell || j.instants[last].repetition != in.repetition {
			out = append(out, nil)
		}
		out[len(out)-1], last = append(out[len(out)-1], at), v.instant
	}
	return out
}

func (j *jury) cellOf(k *judged, group []int) int { return j.instants[k.all[group[0]].instant].cell }

// steady is the mean over trials of the regret against the trial's best option,
// each trial weighing as many instants as it has.
func (j *jury) steady(k *judged, groups [][]int) float64 {
	var all meanBlock
	for _, g := range groups {
		var mine float64
		var at []int
		for _, i := range g {
			if v := k.all[i]; known(v.t) {
				mine += v.t
				at = append(at, v.instant)
			}
		}
		if best := j.bestOf(at); len(at) > 0 && known(best) {
			all.n += len(at)
			all.sum += float64(len(at)) * (mine - best) / best
		}
	}
	return all.sum / float64(all.n)
}

// bestOf is the least sum of t over instants of one trial, of the options that the budget
// allows and that answered at all of them; NaN if there is none.
func (j *jury) bestOf(instants []int) float64 {
	best := math.NaN()
	if len(instants) == 0 {
		return best
	}
	for option, ok := range j.allowed[j.instants[instants[0]].cell] {
		sum := 0.0
		for _, i := range instants {
			sum += replayed(j.instants[i].replay, option)
		}
		if ok && known(sum) && !(sum >= best) {
			best = sum
		}
	}
	return best
}

// reference is the selector that k is without some terms: one of the same
// policy, settings and placements that lacks none. A shadow's is another shadow, where there is one, as
// they learn from the same requests.
func reference(all []*judged, k *judged) *judged {
	if k.without == "" {
		return nil
	}
	for _, kind := range slices.Compact([]string{k.kind, ArmKind, ShadowKind}) {
		for _, other := range all {
			if other.kind == kind && other.alike(k) && other.without == "" {
				return other
			}
		}
	}
	return nil
}

// compareChoices counts the instants at which two chose differently.
func compareChoices(k, base *judged, keep func(int) bool) *Ablation {
	out := &Ablation{Without: k.without, Of: base.name}
	chose := map[int]int{}
	for _, v := range base.all {
		chose[v.instant] = v.option
	}
	for _, v := range k.all {
		if option, ok := chose[v.instant]; ok && keep(v.instant) {
			out.N++
			if option != v.option {
				out.Changed++
			}
		}
	}
	return out
}

// fewestAblated is how many instants let one say that a term changed nothing.
const fewestAblated = 6
