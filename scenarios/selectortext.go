package scenarios

import "errors"

// ReadSelector reads a selector as it stands in the list of a scenario, for one
// that is added to it: a policy, static:MODEL, or keys in YAML, such as
// {policy: advanced, horizon: 5}. What it does not say is as the scenario has
// it, and a program is run in the working directory. A mistake is a *FieldError
// without a file and a line.
func ReadSelector(text string, s Scenario) (Selector, error) {
	ps := &problems{file: quote(text)}
	n := builder{problems: ps}.parse([]byte(text))
	if n == nil {
		return Selector{}, lineless(ps.first())
	}
	d := &decoder{problems: ps}
	x := d.selector(n, "", "selectors[]", s)
	if x.Dir != "" {
		x.Dir = "."
	}
	return x, lineless(d.first())
}

// lineless is a mistake in a text that is no file.
func lineless(err error) error {
	var at *FieldError
	if errors.As(err, &at) {
		at.Line, at.Column = 0, 0
	}
	return err
}
