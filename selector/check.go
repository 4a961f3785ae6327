package selector

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Check says what is wrong with c for trials with these options, if anything:
// what New refuses, and a static option that is none of opts. Without options
// it checks c alone.
func (c Config) Check(opts []Option) error {
	if err := c.check(); err != nil {
		return fmt.Errorf("selector %w", err)
	}
	if c.Policy == "static" && len(opts) > 0 && find(opts, c.Option) < 0 {
		return fmt.Errorf("selector %q: option %q: want one of %s, or a model", c.label(), c.Option, strings.Join(labels(opts), ", "))
	}
	return nil
}

// check says what is wrong with c, beginning with its name.
func (c Config) check() error {
	if !slices.Contains(Policies(), c.Policy) {
		return fmt.Errorf("%q: want one of %s", c.Policy, strings.Join(Policies(), ", "))
	}
	for _, of := range []func() error{c.Budget.check, c.checkRule, c.checkCurves} {
		if err := of(); err != nil {
			return fmt.Errorf("%q: %w", c.label(), err)
		}
	}
	return nil
}

// label names c in errors.
func (c Config) label() string {
	if c.Name != "" {
		return c.Name
	}
	return c.Policy
}

func (c Config) checkRule() error {
	for _, term := range c.Without {
		if !slices.Contains(Terms(), term) {
			return fmt.Errorf("without %q: want some of %s", term, strings.Join(Terms(), ", "))
		}
	}
	switch {
	case c.Quantile != 0 && !(c.Quantile > 0.5 && c.Quantile < 1):
		return fmt.Errorf("quantile %v: want above 0.5 and below 1, or 0 for the mean", c.Quantile)
	case c.Horizon < 0:
		return fmt.Errorf("horizon %d: want 0 or more requests", c.Horizon)
	case c.Dwell < 0:
		return fmt.Errorf("dwell %d: want 0 or more requests", c.Dwell)
	case c.Deadline < 0:
		return fmt.Errorf("deadline %v: want a time from 0", c.Deadline)
	case c.Policy == "static" && c.Option == "":
		return errors.New("want an option: which one is it to take?")
	}
	return nil
}

func (b Budget) check() error {
	for _, of := range []struct {
		name  string
		share float64
	}{{"absolute", b.Absolute}, {"relative", b.Relative}} {
		if !(of.share >= 0 && of.share <= 1) {
			return fmt.Errorf("budget: %s %v: want a share from 0 to 1", of.name, of.share)
		}
	}
	return nil
}

func (c Config) checkCurves() error {
	for node, curve := range c.Curves {
		for i, p := range curve {
			switch {
			case !(p.Slowdown > 0) || !(p.Utilization >= 0 && p.Utilization <= 1):
				return fmt.Errorf("curve of %s: point %d: utilization %v, slowdown %v: want 0 to 1, and above 0", node, i, p.Utilization, p.Slowdown)
			case i > 0 && p.Utilization <= curve[i-1].Utilization:
				return fmt.Errorf("curve of %s: point %d: utilization %v after %v: want them in order", node, i, p.Utilization, curve[i-1].Utilization)
			}
		}
	}
	return nil
}
