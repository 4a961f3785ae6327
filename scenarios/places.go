package scenarios

import (
	"slices"
	"strings"
)

// linkNames are the links of a condition: one for each inference node that is
// not beside another, and those that are mentioned.
func (d *decoder) linkNames(root *node) (names []string) {
	for _, n := range d.nodes {
		if d.beside[n] == "" {
			names = append(names, n)
		}
	}
	if links := root.child("links"); links != nil {
		for _, e := range links.entries {
			if d.notALink(e.key) == "" && !slices.Contains(names, e.key) {
				names = append(names, e.key)
			}
		}
	}
	return names
}

// notALink says why there is no link of that name; empty if there is. A link
// is that of a node, or of a pair of them, a/b.
func (d *decoder) notALink(name string) string {
	all := append(slices.Clone(d.nodes), control, repository)
	a, b, pair := strings.Cut(name, "/")
	switch {
	case !slices.Contains(all, a):
		return "no node " + quote(a) + suggest(a, all)
	case !pair && d.beside[a] != "":
		return quote(a) + " is beside " + quote(d.beside[a]) + " and has its link"
	case !pair:
		return ""
	case !slices.Contains(all, b):
		return "no node " + quote(b) + suggest(b, all)
	case a == b:
		return "want a pair of two nodes"
	case d.site(a) == d.site(b):
		return quote(a) + " and " + quote(b) + " are beside each other: there is no link between them"
	}
	return ""
}

// site is the node whose link a node has.
func (d *decoder) site(name string) string {
	if other := d.beside[name]; other != "" {
		return other
	}
	return name
}

// placed reads which node another is beside.
func (d *decoder) placed(o object, name string) string {
	if !o.has("beside") {
		return ""
	}
	other := read(o, "beside", asText)
	d.besideAt = append(d.besideAt, besides{o.n.child("beside"), join(o.path, "beside"), name, other})
	d.beside[name] = other
	return other
}

// besides is a node beside another, and where that is said.
type besides struct {
	at          *node
	path        string
	name, other string
}

// sites notes nodes that are beside something that they cannot be.
func (d *decoder) sites() {
	all := append(slices.Clone(d.nodes), control, repository)
	for _, b := range d.besideAt {
		switch {
		case !slices.Contains(all, b.other):
			d.value(b.at, b.path, "no such node"+suggest(b.other, all))
		case b.other == b.name:
			d.value(b.at, b.path, "want another node")
		case d.beside[b.other] != "":
			d.value(b.at, b.path, "want a node with a link of its own: that one is beside "+quote(d.beside[b.other]))
		}
	}
}

// everywhere gives every condition all links that any of them has, perfect
// where it says nothing, so that one undoes what another did. It returns the
// pairs among them.
func (d *decoder) everywhere(root *node, conditions []Condition) (pairs []string) {
	names := map[string]bool{}
	for _, c := range conditions {
		for name := range c.Links {
			names[name] = true
		}
	}
	for name := range names {
		for _, c := range conditions {
			if _, ok := c.Links[name]; !ok {
				c.Links[name] = Links{}
			}
		}
		if strings.Contains(name, "/") {
			pairs = append(pairs, name)
		}
	}
	slices.Sort(pairs)
	for _, p := range pairs {
		a, b, _ := strings.Cut(p, "/")
		if other := b + "/" + a; other > p && names[other] {
			d.add(root.position, "links", "%s and %s are one link: give it one name", p, other)
		}
	}
	return pairs
}
