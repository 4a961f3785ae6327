package main

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/testbed/testbed/plots/stats"
)

// printSummary prints the verdict, a line for each condition and arm that is
// compared with the baseline, and where to read on.
func (a *app) printSummary(dir string, s *stats.Summary) error {
	if a.settings.GetBool("json") {
		return s.Encode(a.out)
	}
	t := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	var some []stats.Condition
	for _, i := range s.Pick(mostConditions) {
		some = append(some, s.Conditions[i])
	}
	header, rows := twoArms(some)
	if len(s.Run.Arms) > 2 {
		header, rows = manyArms(some)
	}
	for _, row := range append([][]string{header}, rows...) {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if n := len(s.Conditions); n > len(some) {
		fmt.Fprintf(a.out, "%d of %d conditions, at even ranks of the saving; all are in summary.csv\n", len(some), n)
	}
	fmt.Fprintln(a.out)
	for _, c := range s.Verdict.Checks {
		if c.Failed > 0 {
			fmt.Fprintln(a.out, notHeld(c))
		}
	}
	fmt.Fprintln(a.out, s.Verdict.Sentence)
	for _, r := range s.Verdict.Requirements {
		if s.Verdict.Result == stats.Inconclusive && r.Met == nil && r.Advice != "" {
			fmt.Fprintf(a.out, "%s: %s\n", r.Name, r.Advice)
		}
	}
	if stop := s.Verdict.Stopping; stop != nil && stop.Stopped {
		fmt.Fprintf(a.out, "ended after %s of %d: all is decided\n", plural(stop.After, "repetition"), s.Run.Repetitions)
	}
	if text := regrets(s); text != "" {
		fmt.Fprintln(a.out, text)
	}
	late := func(c stats.Check) bool { return c.Name == stats.Lag && c.Failed > 0 }
	if s.Verdict.Result == stats.Invalid && s.World == "netns" && slices.ContainsFunc(s.Verdict.Checks, late) {
		a.say("not valid is mostly what a busy machine is: run on a quiet one; testbed calibrate --quick says how exact it is")
	}
	if n := len(s.Warnings); n > 0 {
		fmt.Fprintf(a.out, "warnings: %d, in the report\n", n)
	}
	_, err := fmt.Fprintf(a.out, "report: %s\n", filepath.Join(dir, "report.html"))
	return err
}

// mostConditions is how many conditions a terminal shows.
const mostConditions = 48

// twoArms is the table where one arm is compared with the baseline.
func twoArms(conditions []stats.Condition) (header []string, rows [][]string) {
	for _, c := range conditions {
		var chosen []string
		for _, a := range c.Arms {
			chosen = append(chosen, choices(a))
		}
		rows = append(rows, append(append([]string{c.ID}, compared(c.Comparison)...), strings.Join(chosen, " → "), yes(c.Valid)))
	}
	return []string{"condition", "pairs", "saving", "accuracy drop", "models", "valid"}, rows
}

// manyArms is the table where several are.
func manyArms(conditions []stats.Condition) (header []string, rows [][]string) {
	for _, c := range conditions {
		id, valid := c.ID, yes(c.Valid)
		for i, k := range append([]stats.Comparison{c.Comparison}, c.Others...) {
			chosen := ""
			if i+1 < len(c.Arms) {
				chosen = choices(c.Arms[i+1])
			}
			rows = append(rows, append(append([]string{id, k.Arm}, compared(k)...), chosen, valid))
			id, valid = "", ""
		}
	}
	return []string{"condition", "selector", "pairs", "saving", "accuracy drop", "chose", "valid"}, rows
}

// compared are the numbers of a comparison with the baseline.
func compared(c stats.Comparison) []string {
	return []string{fmt.Sprint(c.Pairs), c.Saving.MeanOfRatios.Value.Percent(1), c.AccuracyDrop.Value.Significant(3) + " pp"}
}

func yes(valid bool) string {
	if valid {
		return "yes"
	}
	return "no"
}

// mostChoices is how many options of an arm a line has room for.
const mostChoices = 2

// choices are the options that an arm chose, the usual one first.
func choices(a stats.Arm) string {
	options := slices.SortedFunc(maps.Keys(a.Models), func(x, y string) int {
		return cmp.Or(cmp.Compare(a.Models[y], a.Models[x]), cmp.Compare(x, y))
	})
	if more := len(options) - mostChoices; more > 0 {
		return fmt.Sprintf("%s, %d more", strings.Join(options[:mostChoices], ", "), more)
	}
	return strings.Join(options, ", ")
}

// notHeld says of a check where it did not hold, and how by the worst of it.
func notHeld(c stats.Check) string {
	where := ""
	if c.Of > 1 {
		where = fmt.Sprintf(", %d of %d conditions", c.Failed, c.Of)
	}
	return fmt.Sprintf("not valid (%s%s): %s", c.Name, where, c.Worst)
}

// regrets says how the arms did against the oracle; empty if nobody asked it.
func regrets(s *stats.Summary) string {
	var parts []string
	n := 0
	for _, arm := range s.Run.Arms {
		if r, ok := s.Regret[arm]; ok && r.N > 0 {
			parts, n = append(parts, fmt.Sprintf("%s by %s", arm, r.Mean.Percent(1))), max(n, r.N)
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("slower than the oracle, the best option at each of %s: %s", plural(n, "instant"), strings.Join(parts, ", "))
}
