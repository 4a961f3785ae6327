package plots

import (
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/testbed/testbed/plots/stats"
)

// placements is Δt by who used which placement.
func placements(s stats.Summary) (page, string) {
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
		f.effects = append(f.effects, effect{fmt.Sprintf("%s vs %s (n = %d)", p.Baseline, p.Other, p.Pairs), scaled(p.Saving, 100), col, circle, 1, false, false})
	}
	if same := o.SamePlacement; same != nil {
		f.effects = append(f.effects, effect{fmt.Sprintf("same placement (n = %d)", same.Pairs), scaled(same.Saving, 100), armColor(1), diamond, 1, true, false})
	}
	f.effects = append(f.effects, effect{fmt.Sprintf("all pairs (n = %d)", o.Pairs), scaled(o.Saving.MeanOfRatios, 100), ink, diamond, 1, true, false})
	p := page{
		name: "placements", title: "What the model saves, and what the placement",
		subtitle: "Δt of " + armName(s) + " by the nodes that the two requests of a pair used: the baseline's against " + armName(s) + "'s",
		height:   vg.Points(float64(len(f.effects))*17 + 60),
		legend:   []key{{"same placement", circle, armColor(1)}, {"another one", circle, orange}, {"together", diamond, ink}},
		caption: "A row is the pairs in which the baseline used the first placement and " + armName(s) + " the second. Where both are the same, the saving is due to the model alone. " +
			"Which pairs stand in which row was chosen by the selectors themselves, so rows differ in their conditions, too: they tell where a saving comes from, not what a placement is worth.",
	}
	p.body = func(c draw.Canvas) { f.draw(f.plot(true), c) }
	return p, ""
}
