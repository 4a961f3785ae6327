package scenarios

import (
	"slices"
	"strings"
	"unicode"
)

// A change is one setting of an axis's value, before it is text.
type change struct {
	path  string
	value *node
}

// A dimension is an axis with what its values change.
type dimension struct {
	Axis
	at      *node
	path    string
	changes [][]change // by value
}

// axes reads vary.
func (d *decoder) axes(o object) []dimension {
	if n := o.n.child("vary"); n != nil && n.shape == list && len(n.items) == 0 {
		return nil // how --set takes the axes away
	}
	ns, paths := o.items("vary", "want axes, such as [{name: bandwidth, paths: [links.edge.down.rate], values: [5Mbps, 20Mbps]}]")
	var dims []dimension
	for i, n := range ns {
		dim := d.axis(d.object(n, paths[i], "vary[]"))
		if slices.ContainsFunc(dims, func(a dimension) bool { return a.Name == dim.Name && a.Name != "" }) {
			d.add(n.position, paths[i], "another axis is called %q", dim.Name)
		}
		for _, other := range dims {
			d.apart(other, dim)
		}
		dims = append(dims, dim)
	}
	return dims
}

func (d *decoder) axis(o object) dimension {
	dim := dimension{Axis: Axis{Name: read(o, "name", asName)}, at: o.n, path: o.path}
	paths := d.axisPaths(o)
	ns, at := d.axisValues(o, len(paths) > 0)
	for i, n := range ns {
		var name string
		var changes []change
		if len(paths) > 0 {
			name, changes = d.plainValue(n, at[i], paths)
		} else {
			name, changes = d.namedValue(n, at[i])
		}
		if slices.ContainsFunc(dim.Values, func(v AxisValue) bool { return v.Name == name && name != "" }) {
			d.add(n.position, at[i], "%q a second time", name)
		}
		dim.changes = append(dim.changes, changes)
		dim.Values = append(dim.Values, AxisValue{Name: name, Set: settings(changes)})
	}
	return dim
}

// axisPaths are the keys of an axis with plain values.
func (d *decoder) axisPaths(o object) (paths []string) {
	ns, at := o.items("paths", "want keys, such as [links.edge.down.rate]")
	for i, n := range ns {
		p := value(d, n, at[i], asText)
		if slices.Contains(paths, p) {
			d.add(n.position, at[i], "%q a second time", p)
		}
		d.mayVary(n.position, at[i], p)
		paths = append(paths, p)
	}
	return paths
}

// plainValue is one value for all paths; its name is its text.
func (d *decoder) plainValue(n *node, at string, paths []string) (name string, changes []change) {
	switch n.shape {
	case scalar:
		name = value(d, n, at, asValueName)
	case list:
		var parts []string
		for _, item := range n.items {
			parts = append(parts, item.text)
		}
		name = strings.Join(parts, "+")
	default:
		d.value(n, at, "want plain values, as paths is given; named settings go without it")
	}
	for _, p := range paths {
		changes = append(changes, change{p, n})
	}
	return name, changes
}

// namedValue is {name: …, set: {path: value, …}}.
func (d *decoder) namedValue(n *node, at string) (name string, changes []change) {
	if n.shape != mapping {
		d.value(n, at, "want {name: …, set: {…}}, or paths that take this value")
		return "", nil
	}
	o := d.object(n, at, "vary[].values[]")
	name = read(o, "name", asValueName)
	set := o.n.child("set")
	if set == nil {
		return name, nil
	}
	if set.shape != mapping {
		d.value(set, join(at, "set"), "want keys with their values, such as {residency: cold}")
		return name, nil
	}
	for i, e := range set.entries {
		d.mayVary(e.position, join(at, "set"), e.key)
		for _, before := range set.entries[:i] {
			if overlap(before.key, e.key) {
				d.add(e.position, join(at, "set"), "%q is set by %q already", e.key, before.key)
			}
		}
		changes = append(changes, change{e.key, e.value})
	}
	return name, changes
}

func asValueName(text string) (string, string) {
	odd := func(r rune) bool { return r == '/' || unicode.IsSpace(r) || !unicode.IsPrint(r) }
	if text == "" || len(text) > 64 || strings.ContainsFunc(text, odd) {
		return "", "want at most 64 bytes without spaces and '/', as conditions are named after it; name it by {name: …, set: {…}}"
	}
	return text, ""
}

func settings(changes []change) []Setting {
	var set []Setting
	for _, c := range changes {
		set = append(set, Setting{Path: c.path, Value: c.value.yaml()})
	}
	return set
}

// varied are the keys that an axis may set, whole or below.
var varied = []string{"links", "background", "placement", "residency", "measure", "load.requests", "load.warmup", "load.think", "load.batch"}

// mayVary notes a path that an axis cannot set.
func (d *decoder) mayVary(p position, at, key string) {
	if !d.exists(p, at, key) {
		return
	}
	parts := strings.Split(key, ".")
	if parts[0] == "links" && len(parts) > 1 {
		if no := d.notALink(parts[1]); no != "" {
			d.add(p, at, "links: %s", no)
		}
		return
	}
	if parts[0] == "links" || parts[0] == "background" {
		if len(parts) > 1 && !slices.Contains(d.nodes, parts[1]) {
			d.add(p, at, "%s: no node %q%s", parts[0], parts[1], suggest(parts[1], d.nodes))
		}
		return
	}
	if !slices.Contains(varied, key) {
		d.add(p, at, "%q is the same in all conditions, so that they can be compared: an axis may set %s and %s",
			key, strings.Join(varied[:len(varied)-1], ", "), varied[len(varied)-1])
	}
}

// overlap says whether one path is the other, or above it.
func overlap(a, b string) bool { return under(a, b) || under(b, a) }

// under says whether path is key, or below it.
func under(path, key string) bool { return path == key || strings.HasPrefix(path, key+".") }

// apart notes keys that two axes set both: one would undo the other.
func (d *decoder) apart(a, b dimension) {
	for _, theirs := range slices.Concat(a.changes...) {
		for _, ours := range slices.Concat(b.changes...) {
			if overlap(theirs.path, ours.path) {
				d.add(b.at.position, b.path, "%q is set by axis %q already", ours.path, a.Name)
				return
			}
		}
	}
}
