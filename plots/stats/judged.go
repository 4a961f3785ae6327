package stats

import (
	"math"
	"slices"
	"strings"

	"github.com/testbed/testbed/runner/record"
)

// A judged is one selector before the jury.
type judged struct {
	name, kind string
	without    string          // terms that it is without
	settings   record.Selector // as the header says; zero of one that it does not name
	option     string          // of a static one
	all        []verdictAt     // at most one an instant, in their order
	values     [][]float64     // regrets of each instant of all, where there are several; else nil
}

// judgeds are all that are judged, in the order of reports.
func (j *jury) judgeds() (out []*judged) {
	taken := map[string]bool{RandomChoice: true, BestStatic: true}
	add := func(k *judged) {
		for taken[k.name] {
			k.name += " (" + k.kind + ")"
		}
		taken[k.name] = true
		out = append(out, k)
	}
	h := &j.d.run.Header
	for arm, name := range j.d.arms {
		k := j.arm(arm)
		k.settings, k.without = terms(h.Selectors, name)
		add(k)
	}
	for _, name := range j.shadows() {
		k := j.shadow(name)
		k.settings, k.without = terms(h.Shadows, name)
		add(k)
	}
	for i, ok := range j.feasible {
		if ok {
			add(j.static(i))
		}
	}
	return append(out, j.random())
}

// ablated begins a setting that names terms which a selector is without.
const ablated = "without "

// terms are what is said of a selector apart from its name and the terms that it
// is without, and those.
func terms(all []record.Selector, name string) (settings record.Selector, without string) {
	for _, s := range all {
		if s.Name != name {
			continue
		}
		settings = record.Selector{Policy: s.Policy, Placements: s.Placements}
		var off []string
		for _, set := range s.Settings {
			if w, ok := strings.CutPrefix(set, ablated); ok {
				off = append(off, w)
			} else {
				settings.Settings = append(settings.Settings, set)
			}
		}
		return settings, strings.Join(off, ", ")
	}
	return record.Selector{}, ""
}

// alike says that two selectors are the same but for their terms.
func (k *judged) alike(other *judged) bool {
	return k.settings.Policy == other.settings.Policy && slices.Equal(k.settings.Settings, other.settings.Settings) &&
		slices.Equal(k.settings.Placements, other.settings.Placements)
}

// shadows are the names of those that were asked: the header's, then others.
func (j *jury) shadows() (names []string) {
	for _, s := range j.d.run.Header.Shadows {
		names = append(names, s.Name)
	}
	known := len(names)
	for _, in := range j.instants {
		for _, s := range in.replay.Shadows {
			if !slices.Contains(names, s.Selector) {
				names = append(names, s.Selector)
			}
		}
	}
	slices.Sort(names[known:])
	return names
}

func (j *jury) arm(arm int) *judged {
	k := &judged{name: j.d.arms[arm], kind: ArmKind}
	for i := range j.instants {
		r := j.instants[i].own[arm]
		if r == nil {
			continue
		}
		t := math.NaN()
		if !r.Failed && r.Measured > 0 {
			t = r.Measured.Seconds()
		}
		k.all = append(k.all, j.at(i, j.d.options.indexOf(r), t))
	}
	return k
}

func (j *jury) shadow(name string) *judged {
	k := &judged{name: name, kind: ShadowKind}
	for i := range j.instants {
		r := j.instants[i].replay
		for _, s := range r.Shadows {
			if s.Selector == name {
				k.all = append(k.all, j.at(i, s.Option, replayed(r, s.Option)))
			}
		}
	}
	return k
}

func (j *jury) static(option int) *judged {
	label := j.d.options.name(j.d.options.of[option])
	k := &judged{name: "static:" + label, kind: StaticKind, option: label}
	for i := range j.instants {
		if j.has(i, option) {
			k.all = append(k.all, j.at(i, option, replayed(j.instants[i].replay, option)))
		}
	}
	return k
}

// random is the mean of the options that the budget allows and that answered.
func (j *jury) random() *judged {
	k := &judged{name: RandomChoice, kind: RandomKind}
	for i := range j.instants {
		sum := verdictAt{instant: i, option: -1}
		var values []float64
		for option, ok := range j.allowed[j.instants[i].cell] {
			v := j.at(i, option, replayed(j.instants[i].replay, option))
			if !ok || math.IsNaN(v.own) {
				continue
			}
			values = append(values, v.own)
			sum.own, sum.replayed, sum.t = sum.own+v.own, sum.replayed+v.replayed, sum.t+v.t
			sum.same, sum.near, sum.accuracy = sum.same+v.same, sum.near+v.near, sum.accuracy+v.accuracy
		}
		n := float64(len(values)) // the oracle is one of them
		for _, x := range []*float64{&sum.own, &sum.replayed, &sum.t, &sum.same, &sum.near, &sum.accuracy} {
			*x /= n
		}
		k.all, k.values = append(k.all, sum), append(k.values, values)
	}
	return k
}
