package scenarios

import "strings"

// conditions are the cross product of the axes, the first the slowest. Each
// is read from a tree of its own, so that a value in an axis is held to the
// same rules, and refused with the same words, as one in its place.
func (d *decoder) conditions(root *node, dims []dimension) []Condition {
	n := 1
	for _, dim := range dims {
		if n *= len(dim.Values); n > maxConditions {
			d.add(dim.at.position, dim.path, "more than %d conditions", maxConditions)
			return nil
		}
	}
	all := make([]Condition, 0, n)
	for i := range n {
		all = append(all, d.cell(root, dims, i, n))
	}
	return all
}

// cell is condition i of n.
func (d *decoder) cell(root *node, dims []dimension, i, n int) Condition {
	var ids []string
	set, names := []Setting{}, map[string]string{}
	for _, dim := range dims {
		n /= len(dim.Values)
		k := i / n % len(dim.Values)
		ids = append(ids, dim.Values[k].Name)
		names[dim.Name] = dim.Values[k].Name
		set = append(set, dim.Values[k].Set...)
		for _, c := range dim.changes[k] {
			root = root.with(strings.Split(c.path, "."), c.value)
		}
	}
	c := d.condition(root)
	c.ID, c.Set, c.Names = strings.Join(ids, "/"), set, names
	if len(ids) == 0 {
		c.ID = "default"
	}
	return c
}
