package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/testbed/testbed/runner/record"
)

// pickArms are the arms that --arm names, in their order; all, if it names none.
func (a *app) pickArms(all []string) (picked []string, err error) {
	list := a.settings.GetString("arm")
	if list == "" {
		return all, nil
	}
	names := strings.Split(list, ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if !slices.Contains(all, names[i]) {
			return nil, fmt.Errorf("--arm %s: the run has none of that name; there are %s", names[i], strings.Join(all, ", "))
		}
	}
	for _, arm := range all {
		if slices.Contains(names, arm) {
			picked = append(picked, arm)
		}
	}
	return picked, nil
}

// pickConditions are the IDs of the conditions for which all terms hold: of
// several with the same key, one.
func pickConditions(h record.Header, terms []string) (ids []string, err error) {
	asked := map[string][]string{} // by key
	for _, term := range slices.Collect(eachTerm(terms)) {
		key, value, ok := strings.Cut(term, "=")
		if !ok {
			return nil, fmt.Errorf("--where %s: want key=value", term)
		}
		if err := knownValue(h.Conditions, strings.TrimSpace(key), strings.TrimSpace(value)); err != nil {
			return nil, fmt.Errorf("--where %s: %w", term, err)
		}
		asked[strings.TrimSpace(key)] = append(asked[strings.TrimSpace(key)], strings.TrimSpace(value))
	}
	for _, c := range h.Conditions {
		holds := true
		for key, values := range asked {
			of := keysOf(c)
			holds = holds && slices.ContainsFunc(values, func(v string) bool { return matches(v, of[key]) })
		}
		if holds {
			ids = append(ids, c.ID)
		}
	}
	if len(ids) == 0 && len(h.Conditions) > 0 {
		return nil, fmt.Errorf("--where %s: no condition is all of that", strings.Join(terms, ","))
	}
	return ids, nil
}

// eachTerm gives the terms of lists with commas.
func eachTerm(lists []string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, list := range lists {
			for term := range strings.SplitSeq(list, ",") {
				if !yield(term) {
					return
				}
			}
		}
	}
}

// keysOf are what a condition can be picked by.
func keysOf(c record.Condition) map[string]string {
	keys := maps.Clone(c.Set)
	if keys == nil {
		keys = map[string]string{}
	}
	maps.Copy(keys, c.Names)
	keys["id"], keys["residency"] = c.ID, c.Residency
	return keys
}

// matches says whether text is as pattern, in which * stands for anything.
func matches(pattern, text string) bool {
	expression := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*")
	return regexp.MustCompile(`^(?s:` + expression + `)$`).MatchString(text)
}

// knownValue is an error unless a condition has that value of that key.
func knownValue(conditions []record.Condition, key, value string) error {
	keys, values := map[string]bool{}, []string{}
	for _, c := range conditions {
		of := keysOf(c)
		for k := range of {
			keys[k] = true
		}
		if v, ok := of[key]; ok && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	switch {
	case !keys[key]:
		return fmt.Errorf("the run has no %s; there are %s", key, strings.Join(slices.Sorted(maps.Keys(keys)), ", "))
	case !slices.ContainsFunc(values, func(v string) bool { return matches(value, v) }):
		some := values[:min(len(values), 12)]
		more := ""
		if n := len(values) - len(some); n > 0 {
			more = fmt.Sprintf(" and %d more", n)
		}
		return fmt.Errorf("no condition has it; there are %s%s", strings.Join(some, ", "), more)
	}
	return nil
}
