package plots

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/testbed/testbed/plots/stats"
)

// reportOf is the report of a run, whose table of conditions lists so many of
// them at most: the verdict and what it rests on, the conditions, the figures,
// the numbers in detail, and how all of this was come by.
func reportOf(s stats.Summary, figures []Figure, most int) document {
	d := document{Lang: "en", Title: cmp.Or(s.Run.Title, s.Scenario, "A run"), Contents: "Contents",
		Result: s.Verdict.Result, Sentence: strings.TrimPrefix(s.Verdict.Sentence, s.Verdict.Result)}
	some, _ := few(s, stats.Series{}, mostRows)
	d.asked(s)
	d.conditions(s, some, most)
	d.figures(figures)
	d.numbers(s, some)
	d.chosen(s, some)
	d.provenance(s, some)
	return d
}

// asked is what was asked and what the verdict rests on.
func (d *document) asked(s stats.Summary) {
	d.add("asked", "What was asked, and what the verdict rests on", says(lead(s)...))
	d.part("checks", "First: was the world what was asked for?", grid(checkTable(s), "A condition in which one of these does not hold is left out of the verdict. The verdict is INVALID where fewer than half of the conditions are left, or where what is of the whole run does not hold."))
	d.part("requirements", "Then: the requirements", grid(requirements(s)), says(stoppingWords(s)...))
}

// conditions are those of s, of which some have a row in tables with a row for
// each arm.
func (d *document) conditions(s, some stats.Summary, most int) {
	listed := s
	if len(s.Conditions) > most {
		listed, _ = few(s, stats.Series{}, mostRows)
	}
	shown := func(shown stats.Summary) block {
		if len(shown.Conditions) == len(s.Conditions) {
			return block{}
		}
		return says(fewWords(s, mostRows) + " All are in summary.csv, and with all numbers in summary.json.")
	}
	d.add("conditions", "Conditions", says("Δt is the saving against the baseline, with its interval in brackets. Why a condition is not valid is told under Validity."), shown(listed), grid(conditions(listed)))
	d.part("arms", "Each arm against the baseline", grid(armTable(s)))
	d.part("every-arm", "Each arm in each condition", grid(everyArm(some)), shown(some))
	d.part("percentiles", "How long requests took", grid(percentileTable(some), "Percentiles are by nearest rank, with an interval between two of the measured times. One that so few times do not bear is left out."), shown(some))
	d.part("on-time", "On time", grid(onTimeTable(some), onTimeWords(s)...))
}

// figures are those that were drawn, and why others were not.
func (d *document) figures(figures []Figure) {
	var drawn []Figure
	var not []string
	for _, f := range figures {
		if f.Note == "" {
			drawn = append(drawn, f)
		} else {
			not = append(not, fmt.Sprintf("“%s”: %s.", f.Title, f.Note))
		}
	}
	d.add("figures", "Figures", block{Figures: drawn})
	d.part("not-drawn", "Not drawn", list(not))
}

// numbers are the saving in other ways, and what speaks for and against it.
func (d *document) numbers(s, some stats.Summary) {
	d.add("definitions", "The saving, counted in other ways", grid(definitionTable(s), "The verdict is by the first row and column. Others are here so that no choice among them is hidden: a mean of ratios is pulled down by noise in t_b, a ratio of means is ruled by the slowest conditions, and the geometric mean is neither."), list(definedAs(s)))
	d.part("tests", "Tests", grid(testTable(some), testWords(s)...))
	d.part("controls", "What should not matter", grid(controlTable(s), "An arm against itself, or the same choice twice, should save nothing, and it should not matter which arm went first. The savings here are by the geometric mean, with intervals of 99 %: of times that differ by chance alone, a mean of ratios is less than 0. The interval of the order is that of the report. One is as it should be if its interval holds 0, or if it is at most 2 points."))
	d.part("steady", "Drift and outliers", grid(steadyTable(some), steadyWords))
}

// chosen is what the selectors chose, how well, and what they had predicted.
func (d *document) chosen(s, some stats.Summary) {
	d.add("choices", "What the selectors chose, and why", grid(selectorTable(s)))
	for _, c := range s.Models {
		d.part("chose-"+c.Selector, c.Selector+": "+modelCounts(stats.Arm{Models: c.Models}), list(choseWords(c)))
	}
	d.part("decisions", "How long decisions took", grid(decisionTable(s)))
	d.add("regret", "Regret: how far from the best choice", grid(regretTable(s), judgedWords(s)...))
	d.part("regret-by", "Regret by condition", grid(regretBy(some)))
	d.add("predictions", "Predictions", grid(predictionTable(s), predictedWords(s)...))
	d.part("predicted-by", "The whole request, by condition", grid(predictedBy(some)))
}

// provenance is how the numbers were come by, and how to come by them again.
func (d *document) provenance(s, some stats.Summary) {
	d.add("measured", "How it was measured", list(method(s)))
	d.add("validity", "Validity: asked against achieved", says(validity(s)...))
	d.part("links", "Links, means over trials", grid(links(some)))
	d.part("load", "Background load, means over the run", grid(load(some)))
	d.add("models", "Models", grid(modelTable(s), "What was known before the run; load and infer are medians on the idle node."))
	d.add("environment", "Environment", grid(environment(s)))
	warnings := list(stats.Texts(s.Warnings))
	if len(s.Warnings) == 0 {
		warnings = says("None.")
	}
	d.add("warnings", "Warnings", warnings)
	lines, notes := reproduce(s)
	d.add("reproduce", "To reproduce", code(lines), list(notes))
}
