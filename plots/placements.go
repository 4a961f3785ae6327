package plots

import (
	"fmt"

	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// placements is Δt by who used which placement.
func placements(in input) (page, string) {
	s := in.summary
	o := s.Overall
	if len(o.Placements) == 0 {
		return page{}, "all requests used the same nodes in the same way"
	}
	f := forest{axis: "Δt, saving in % of the baseline's time", bound: 100 * s.Run.Require.Saving, unit: " %",
		bounded: "asked: ≥ " + stats.Number(s.Run.Require.Saving).Percent(0)}
	for _, p := range o.Placements {
		col := armColor(1)
		if p.Baseline != p.Other {
			col = orange
		}
		f.effects = append(f.effects, effect{name: fmt.Sprintf("%s vs %s (n = %d)", p.Baseline, p.Other, p.Pairs), value: scaled(p.Saving, 100), color: col, mark: circle, digits: 1})
	}
	if same := o.SamePlacement; same != nil {
		f.effects = append(f.effects, effect{name: fmt.Sprintf("same placement (n = %d)", same.Pairs), value: scaled(same.Saving, 100), color: armColor(1), mark: diamond, digits: 1, strong: true})
	}
	f.effects = append(f.effects, effect{name: fmt.Sprintf("all pairs (n = %d)", o.Pairs), value: scaled(o.Saving.MeanOfRatios, 100), color: ink, mark: diamond, digits: 1, strong: true})
	p := page{form: in.form,
		name: "placements", title: "What the model saves, and what the placement",
		subtitle: "Δt of " + armName(s) + " by the nodes that the two requests of a pair used: the baseline's against " + armName(s) + "'s",
		height:   f.height(in.form.inner()),
		legend:   []key{{"same placement", circle, armColor(1)}, {"another one", circle, orange}, {"together", diamond, ink}},
		caption: "A row is the pairs in which the baseline used the first placement and " + armName(s) + " the second. Where both are the same, the saving is due to the model alone. " +
			"Which pairs stand in which row was chosen by the selectors themselves, so rows differ in their conditions, too: they tell where a saving comes from, not what a placement is worth.",
	}
	p.body = func(c draw.Canvas) { f.draw(f.plot(true), c) }
	return p, ""
}
