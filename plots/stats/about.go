package stats

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/testbed/testbed/runner/record"
)

// aboutOf is what a run's header says, in the form in which reports show it.
func aboutOf(h *record.Header) About {
	a := About{
		Title: h.Title, Description: h.Description, Testbed: h.Testbed, Error: h.Error,
		Command: orEmpty(h.Command), File: h.File, Hash: h.Hash, Seed: h.Seed,
		Started: h.Started, Took: h.Took, Arms: orEmpty(h.Arms), Selectors: orEmpty(h.Selectors), Shadows: h.Shadows,
		Placements: orEmpty(h.Placements), Batch: max(h.Batch, 1), Node: h.Node, Budget: budgetText(h),
		Require: h.Require, Tolerance: h.Tolerance, Axes: orEmpty(h.Axes), Repetitions: h.Repetitions,
		Resamples: Resamples, Dataset: h.Dataset, Classes: h.Classes, Of: h.Of, Unscored: h.Unscored, ProfileFrom: h.ProfileFrom, Models: []ModelInfo{},
		Host: h.Host, Nodes: facts(h.Nodes),
	}
	for _, c := range h.Conditions {
		a.Planned += c.Requests * h.ToRun()
	}
	for _, m := range h.Models {
		a.Models = append(a.Models, modelOf(h, m))
	}
	if h.World == Simulated {
		a.Started, a.Took, a.Host, a.Command = time.Time{}, 0, record.Host{}, withoutOut(a.Command)
	}
	return a
}

// withoutOut is a command line without where its results go.
func withoutOut(command []string) []string {
	out := []string{}
	for i, arg := range command {
		if arg != "--out" && !strings.HasPrefix(arg, "--out=") && (i == 0 || command[i-1] != "--out") {
			out = append(out, arg)
		}
	}
	return out
}

// modelOf joins what was known of a model with its profile on the judged node.
func modelOf(h *record.Header, m record.Model) ModelInfo {
	info := ModelInfo{Name: m.Name, Bytes: int64(m.Bytes), MACs: m.MACs, Accuracy: round(m.Accuracy),
		Images: m.Images, Source: m.Source, Weights: m.Weights, SHA256: m.SHA256, Load: Missing(), Infer: Missing()}
	for _, o := range h.Profile {
		if o.Model == m.Name && (o.Node == h.Node || h.Node == "") {
			info.Load, info.Infer = round(millis(o.Load)), round(millis(o.Infer))
		}
	}
	return info
}

// budgetText says how much accuracy a selector may give up.
func budgetText(h *record.Header) string {
	b := h.Budget
	absolute := fmt.Sprintf("at most %s points below the most accurate model", Number(100*b.Absolute).Significant(3))
	relative := fmt.Sprintf("at most %s %% below it, relatively", Number(100*b.Relative).Significant(3))
	switch {
	case b.Absolute >= 1 && b.Relative >= 1:
		return "no bound"
	case b.Relative >= 1:
		return absolute
	case b.Absolute >= 1:
		return fmt.Sprintf("at most %s %% below the most accurate model, relatively", Number(100*b.Relative).Significant(3))
	}
	return absolute + " and " + relative
}

// mostFacts keeps a report from being a dump of what nodes say.
const mostFacts = 200

// facts flattens JSON into paths and values, in order of path.
func facts(raw json.RawMessage) []Fact {
	out := []Fact{}
	if len(raw) == 0 {
		return out
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return append(out, Fact{"nodes", fmt.Sprintf("not readable: %v", err)})
	}
	flatten("", v, &out)
	if len(out) > mostFacts {
		n := len(out) - mostFacts
		out = append(out[:mostFacts], Fact{"…", fmt.Sprintf("%d more in run.json", n)})
	}
	return out
}

func flatten(path string, v any, out *[]Fact) {
	join := func(key string) string {
		if path == "" {
			return key
		}
		return path + "." + key
	}
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			if k == "warnings" { // which are among the run's
				continue
			}
			flatten(join(k), v[k], out)
		}
	case []any:
		for i, e := range v {
			flatten(join(strconv.Itoa(i)), e, out)
		}
	case nil:
	default:
		*out = append(*out, Fact{path, fmt.Sprint(v)})
	}
}

// orEmpty makes nil an empty list, which JSON writes as [].
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
