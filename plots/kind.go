package plots

import "github.com/testbed/testbed/plots/stats"

// A Kind is a figure that can be drawn of a run.
type Kind struct {
	Name  string `json:"name"` // and that of its files
	Title string `json:"title"`
	Shows string `json:"shows"` // what it shows, in one line
}

// A kind is a Kind with how it is drawn.
type kind struct {
	Kind
	most int // conditions that have a place of their own; 0: all, or none has; eachArm
	draw func(input) (page, string)
}

// eachArm is the most of a figure in which each arm of a condition has a row.
const eachArm = -1

// rows is how many conditions are drawn of a run of so many arms; 0: all.
func (k kind) rows(arms int) int {
	if k.most == eachArm {
		return rowsOf(arms)
	}
	return k.most
}

// asked are the figures that no report shows.
func asked() []kind {
	return []kind{
		{Kind{"violins", "Where times lie across conditions", "densities of t on one axis, by condition and arm"}, eachArm, violins},
	}
}

// kinds are the figures of a report, in its order.
func kinds() []kind {
	return []kind{
		{Kind{"savings", "What is saved, and what it costs", "Δt and the accuracy given up, with intervals, by condition and overall"}, mostRows, savings},
		{Kind{"saving-map", "What is saved, over two axes", "Δt as a heat map over two axes of a sweep"}, 0, savingMap},
		{Kind{"choice-map", "What is chosen, over two axes", "the option chosen most, over the same axes"}, 0, choiceMap},
		{Kind{"placements", "What the model saves, and what the placement", "Δt by the nodes that both requests of a pair used"}, 0, placements},
		{Kind{"boxes", "Times across conditions", "box plots of t on one axis, by condition and arm"}, eachArm, boxes},
		{Kind{"cdf", "How long requests took", "distribution functions of t, a panel a condition"}, mostRows, cdf},
		{Kind{"pairs", "Each pair: the arm's time against the baseline's", "t of both requests of each pair, one against the other"}, 0, scatter},
		{Kind{"phases", "Where the time goes", "the mean time of each phase of a request, as stacked bars"}, eachArm, phases},
		{Kind{"models", "Which models were chosen", "shares of the models that answered, by condition and arm"}, mostRows, choices},
		{Kind{"decisions", "What was chosen, request by request", "the option chosen for each request, and what the selector saw"}, mostStripPanels, strips},
		{Kind{"pareto", "Accuracy against time", "every option's accuracy and median t, the front, and where the arms are"}, mostFronts, fronts},
		{Kind{"regret", "How far from the best choice", "t over that of the oracle, and how often the choice was the oracle's"}, 0, regrets},
		{Kind{"predictions", "What was predicted, and what happened", "each phase as predicted and as observed, a panel an arm"}, 0, predictions},
		{Kind{"slowdown", "How background load slows inference down", "time of inference by background load, a panel a node"}, 0, slowdowns},
		{Kind{"trials", "One trial, second by second", "one trial of a few conditions: links, loads and each request"}, mostTrials, trials},
		{Kind{"timeline", "The run over time", "what was asked of links and loads, what they gave, and every request"}, 0, timeline},
	}
}

// An input is what a figure is drawn from.
type input struct {
	form    Form
	summary stats.Summary
	series  stats.Series // as many cells as summary has conditions
}
