package plots

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/plots/stats"
)

// lead says what was asked and what the verdict rests on.
func lead(s stats.Summary) (out []string) {
	r := s.Run
	if r.Description != "" {
		out = append(out, r.Description)
	}
	if len(r.Arms) > 1 {
		deadline := ""
		if r.Require.Deadline > 0 {
			deadline = fmt.Sprintf(", and answer at least %s of requests within %s", stats.Number(r.Require.OnTime).Percent(1), stats.Number(r.Require.Deadline.Seconds()*1000).Millis())
		}
		out = append(out, fmt.Sprintf("Asked: does %s answer at least %s faster than %s (Δt), and give up at most %s points of accuracy%s, with %s confidence? %s may choose models that are %s.",
			r.Arms[1], stats.Number(r.Require.Saving).Percent(0), r.Arms[0], stats.Number(100*r.Require.AccuracyDrop).Significant(3), deadline,
			stats.Number(r.Require.Confidence).Percent(0), r.Arms[1], r.Budget))
	}
	if r.Of != nil {
		out = append(out, repeats(*r.Of))
	}
	if r.Unscored != "" {
		times := "Times are real."
		if s.World == stats.Simulated {
			times = "Times are simulated."
		}
		out = append(out, "Accuracies here are published, not measured: "+r.Unscored+". "+times)
	}
	if r.ProfileFrom != "" {
		out = append(out, "The selectors went by the device profile "+r.ProfileFrom+"; the models were not measured when the run began.")
	}
	o := s.Overall
	rest := fmt.Sprintf("It rests on %d pairs of requests for %d different images, in %d trials; %d of %d conditions are valid", o.Pairs, o.Images, o.Trials, o.Conditions, len(s.Conditions))
	if len(r.Axes) > 0 {
		var axes []string
		for _, a := range r.Axes {
			axes = append(axes, fmt.Sprintf("%s (%s)", a.Name, strings.Join(a.Values, ", ")))
		}
		rest += "; they are named by " + strings.Join(axes, " · ")
	}
	where := cmp.Or(r.Node, "the inference node")
	if len(r.Placements) > 1 {
		where = "any of the placements " + strings.Join(r.Placements, ", ")
	}
	return append(out, rest+". Where a time is judged it is that of "+where+" in the world “"+s.World+"”.")
}

// repeats says which run this one is made from, and how.
func repeats(o stats.Origin) string {
	from := fmt.Sprintf("%s (%s, started %s, world “%s”)", o.Dir, o.Scenario, o.Started.UTC().Format(time.DateTime+" UTC"), o.World)
	switch o.As {
	case "measured":
		return "This run repeats " + from + " in the world as telemetry and probes had found it."
	case "asked":
		return "This run repeats " + from + " as it was planned."
	}
	return fmt.Sprintf("This run looks at %s anew: another selector chose among its outcomes. Of %d decisions the outcome was recorded for %d and simulated for %d; for %d there is none, and their pairs do not count.",
		from, o.Recorded+o.Simulated+o.Missing, o.Recorded, o.Simulated, o.Missing)
}

// clock says by what time is taken.
func clock(s stats.Summary) string {
	if s.World == stats.Simulated {
		return "The times are of a virtual clock, which begins at 0 in each trial; a decision takes none of it."
	}
	return "The times are of one monotonic clock."
}

// method says how it was measured.
func method(s stats.Summary) []string {
	r := s.Run
	c := stats.Number(r.Require.Confidence).Percent(0)
	decided := c
	if p := s.Verdict.Stopping; p != nil {
		decided = p.Confidence.Percent(2)
	}
	order := s.Overall.Order
	out := []string{
		"t of a request is the time of the phases that the scenario counts: " + measures(s) + ". " + clock(s),
		"Δt = (1/n) Σ (t_b − t_a)/t_b over n pairs, where t_b is the time of the baseline and t_a that of the other arm. A pair is the same image in the same condition, repetition and place in the trial; a pair in which a request failed, and warm-ups, do not count.",
		"The requests of a pair follow each other, one of each arm, in an order that is drawn anew for each pair and balanced within a trial, so that what changes slowly meets all arms alike. One request is under way at a time (closed loop).",
		fmt.Sprintf("All random choices come from seed %d and the number of the repetition, so every condition sees the same images. %d repetitions; the order of conditions is drawn anew in each.", r.Seed, r.Repetitions),
		fmt.Sprintf("Intervals are at %s. Those of savings are of a BCa bootstrap with %d resamples, which draws trials and then pairs (or blocks of neighbouring pairs) within each, in each condition by itself; it is of the logarithm of t_a over t_b, and is widened, as Student's t is, for what few trials do not show of how trials differ. "+
			"That of the accuracy given up is Newcombe's for paired data; an image that was asked for in several pairs is one cluster, since it is right or wrong in all of them alike. That of an arm's accuracy is Wilson's. Requirements are judged by the one-sided %s bounds.", c, r.Resamples, decided),
		"The time in which a selector decides is no part of t; it is reported beside it, and a warning says where it is more than 1 % of t.",
		"Percentiles are by nearest rank, with an interval between two of the measured times that holds whatever their distribution. One that the data cannot bear is left out, with how many requests it needs.",
	}
	if r.Batch > 1 {
		out = append(out, fmt.Sprintf("A request is a batch of %d images; t is of the whole batch, and accuracy of each of its images.", r.Batch))
	}
	if order.Pairs[0] > 0 && order.Pairs[1] > 0 {
		out = append(out, fmt.Sprintf("Δt was %s in the %d pairs in which the baseline went first and %s in the %d others: a large difference would say that one arm warmed something for the other.",
			order.BaselineFirst.Percent(1), order.Pairs[0], order.OtherFirst.Percent(1), order.Pairs[1]))
	}
	return out
}

// measures are the phases that t counts, by condition if they differ.
func measures(s stats.Summary) string {
	var kinds []string
	for _, c := range s.Conditions {
		if m := strings.Join(c.Measure, ", "); m != "" && !slices.Contains(kinds, m) {
			kinds = append(kinds, m)
		}
	}
	if len(kinds) == 0 {
		return "not recorded"
	}
	return strings.Join(kinds, "; or in other conditions ")
}

// validity says what makes a condition valid, and which are not.
func validity(s stats.Summary) []string {
	t := s.Run.Tolerance
	out := []string{fmt.Sprintf("A condition is valid if all of this holds. "+
		"Before requests were made, in each of its trials, probes over the emulated network found every limited rate within %s of what was asked, and the median round trip within %s. "+
		"While requests were made, the links delivered in no second more than they offered and that share of it; they %slost as many packets as was asked, by a test that calls 1 %% of sound ones off by mistake. "+
		"The background load of every resource was within %s points of what was asked in the mean and, if it varies, second by second on average (of resident memory, within as many percent). "+
		"Requests that are due at set times were sent then, and at most 5 %% of requests failed. No node was held back by heat. It has pairs. "+
		"The verdict is over valid conditions, and there is one if at least half of all are valid.",
		stats.Number(t.Rate).Percent(1), stats.Number(t.Delay.Seconds()*1000).Millis(), punctual(t.Lag), stats.Number(100*t.CPU).Significant(3))}
	if s.World == "devices" {
		out = []string{fmt.Sprintf("The links between these machines are as they are: nothing was asked of them, so nothing of them can be off; they were measured when each trial began. "+
			"A condition is valid if the mean background load was within %s points, at most 5 %% of its requests failed, and it has pairs. That a device or its network was busy with something else shows in the latencies alone.",
			stats.Number(100*t.CPU).Significant(3))}
	}
	if s.World == stats.Simulated {
		out = []string{"The world is simulated: links, loads and devices are what was asked, so nothing can be off but what the models of them leave out, which the warnings name. " +
			"A condition is valid if at most 5 % of its requests failed, and it has pairs."}
	}
	var reasons []string
	for _, c := range s.Conditions {
		for _, r := range c.Reasons {
			reasons = append(reasons, "Invalid: "+c.Label+": "+r.Text+".")
		}
	}
	out = append(out, reasons[:min(len(reasons), mostRows)]...)
	if more := len(reasons) - mostRows; more > 0 {
		out = append(out, fmt.Sprintf("%d more reasons are in summary.json.", more))
	}
	if len(out) == 1 {
		out = append(out, "All conditions are valid.")
	}
	return out
}

// punctual is the part of validity about lag, where there is a tolerance.
func punctual(most time.Duration) string {
	if most == 0 {
		return ""
	}
	return fmt.Sprintf("were late by more than %s (twice that beside background load) for at most 1 %% of packets, and ", stats.Number(most.Seconds()*1000).Millis())
}

// reproduce is the command lines that make the run and the report again.
func reproduce(s stats.Summary) (commands, words []string) {
	r := s.Run
	args := slices.Clone(r.Command)
	if len(args) == 0 {
		args = []string{"testbed", "run", r.File}
	}
	seeded := slices.ContainsFunc(args, func(a string) bool { return a == "--seed" || strings.HasPrefix(a, "--seed=") })
	if !seeded {
		args = append(args, "--seed", fmt.Sprint(r.Seed))
	}
	for i, a := range args {
		args[i] = quote(a)
	}
	commands = []string{strings.Join(args, " "), "testbed report DIR   # this report, again, from the run directory DIR"}
	again := "times are as noisy as the machine"
	if s.World == stats.Simulated {
		again = "and so is every time"
	}
	if r.Hash != "" {
		words = append(words, fmt.Sprintf("The scenario is %s with SHA-256 %s; a copy is in the run directory as scenario.yaml.", r.File, r.Hash))
	}
	words = append(words, fmt.Sprintf("The seed is %d. Choices, images and order are the same again; %s.", r.Seed, again))
	for _, m := range r.Models {
		if m.SHA256 != "" {
			words = append(words, fmt.Sprintf("Model %s has SHA-256 %s.", m.Name, m.SHA256))
		}
	}
	return commands, words
}

// quote writes an argument as a shell would need it.
func quote(arg string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=:,+@%", r)
	}
	if arg != "" && !strings.ContainsFunc(arg, func(r rune) bool { return !plain(r) }) {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}
