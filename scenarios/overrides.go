package scenarios

import (
	"slices"
	"strings"
)

// idle notes overrides that no condition would feel, as every value of an
// axis sets the same key again.
func (d *decoder) idle(overrides []Setting, dims []dimension) {
	for i, s := range overrides {
		for _, dim := range dims {
			if len(dim.changes) > 0 && !slices.ContainsFunc(dim.changes, func(cs []change) bool { return !sets(cs, s.Path) }) {
				d.add(position{override: &overrides[i]}, s.Path,
					"axis %q sets this key in every condition: choose among its values by --set vary.%s=%s, or take all axes away by --set vary=[]",
					dim.Name, dim.Name, dim.Values[0].Name)
			}
		}
	}
}

// sets says whether the changes leave nothing of what path was set to.
func sets(cs []change, path string) bool {
	return slices.ContainsFunc(cs, func(c change) bool { return under(path, c.path) })
}

// pick leaves those values of the axes that overrides such as
// vary.bandwidth=5Mbps or vary.bandwidth=[5Mbps, 20Mbps] choose, in the order
// of the file.
func (d *decoder) pick(overrides []Setting, dims []dimension) []dimension {
	for i := range overrides {
		s := overrides[i]
		name, ok := strings.CutPrefix(s.Path, "vary.")
		if !ok {
			continue
		}
		k := slices.IndexFunc(dims, func(dim dimension) bool { return dim.Name == name })
		if k < 0 {
			d.add(position{override: &s}, s.Path, "no axis %q%s", name, suggest(name, axisNames(dims)))
			continue
		}
		if n := d.setting(s); n != nil {
			dims[k] = d.only(dims[k], n, s.Path)
		}
	}
	return dims
}

// only is the axis with the values that n names.
func (d *decoder) only(dim dimension, n *node, path string) dimension {
	names := make([]string, len(dim.Values))
	for i, v := range dim.Values {
		names[i] = v.Name
	}
	chosen := []*node{n}
	if n.shape == list {
		chosen = n.items
	}
	keep := map[string]bool{}
	for _, c := range chosen {
		keep[value(d, c, path, oneOf(names...))] = true
	}
	out := dim
	out.Values, out.changes = nil, nil
	for i, v := range dim.Values {
		if keep[v.Name] {
			out.Values, out.changes = append(out.Values, v), append(out.changes, dim.changes[i])
		}
	}
	if len(out.Values) == 0 && len(chosen) == 0 {
		d.value(n, path, "want values of the axis, such as "+names[0])
	}
	return out
}

func axisNames(dims []dimension) (names []string) {
	for _, dim := range dims {
		names = append(names, dim.Name)
	}
	return names
}
