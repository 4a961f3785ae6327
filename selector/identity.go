package selector

// An identity is that of the options of a trial. They are the same throughout,
// so that what follows from them alone is worked out once.
type identity struct {
	first *Option
	n     int
}

// changed notes opts, and says whether the last ones were others.
func (i *identity) changed(opts []Option) bool {
	was := *i
	*i = identity{&opts[0], len(opts)}
	return was != *i
}

// labels are those of opts.
func labels(opts []Option) []string {
	all := make([]string, len(opts))
	for i := range opts {
		all[i] = opts[i].Label()
	}
	return all
}
