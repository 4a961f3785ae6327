package scenarios

import (
	"fmt"
	"io/fs"
	"slices"
)

// A decoder reads what a tree says. It notes every mistake and goes on, so
// that its results are worth something only if there was none.
type decoder struct {
	*problems
	fsys       fs.FS
	recordings map[string]reading // so far, by format and name
	broken     error              // of a recording, which has a position of its own
	engine     string
	world      string
	asTheyAre  []string          // nodes that speak nothing but the Open Inference Protocol
	nodes      []string          // names of inference nodes
	bounds     map[string]Node   // of those that have a quota
	beside     map[string]string // of nodes that have no link of their own
	besideAt   []besides
	modelsAt   []place
	stored     []string // names of models that the store holds
}

// An object is a mapping that is being read; of a mapping that is missing, all
// keys have their defaults.
type object struct {
	d       *decoder
	n       *node // nil if missing
	path    string
	pattern string
}

// object begins to read the mapping n, and notes keys that it may not have.
func (d *decoder) object(n *node, path, pattern string) object {
	o := object{d, n, path, pattern}
	if n == nil {
		return o
	}
	if n.shape != mapping {
		d.value(n, path, "want keys with their values")
		o.n = nil
		return o
	}
	keys := keysOf(pattern)
	if slices.Equal(keys, []string{"*"}) {
		return o.byName()
	}
	for _, e := range n.entries {
		if !slices.Contains(keys, e.key) {
			d.add(e.position, path, "%s", unknown(e.key, keys))
		}
	}
	for _, key := range keys {
		if n.child(key) == nil && fieldAt(join(pattern, key)).def == required {
			d.add(n.position, path, "missing key %q", key)
		}
	}
	return o
}

// byName checks that the keys are names of nodes, or of links.
func (o object) byName() object {
	for _, e := range o.n.entries {
		if o.pattern == "links" {
			if no := o.d.notALink(e.key); no != "" {
				o.d.add(e.position, o.path, "%s", no)
			}
		} else if !slices.Contains(o.d.nodes, e.key) {
			o.d.add(e.position, o.path, "no node %q%s", e.key, suggest(e.key, o.d.nodes))
		}
	}
	return o
}

// in is the mapping under key.
func (o object) in(key string) object {
	return o.d.object(o.n.child(key), join(o.path, key), join(o.pattern, key))
}

// of is the mapping under the name of a node or link.
func (o object) of(name string) object {
	return o.d.object(o.n.child(name), join(o.path, name), join(o.pattern, "*"))
}

// has says whether key is there.
func (o object) has(key string) bool { return o.n.child(key) != nil }

// read is the value of key, or its default. A default that is required or
// empty is the zero T, which the caller replaces where it is not meant.
func read[T any](o object, key string, k kind[T]) (v T) {
	n := o.n.child(key)
	path := join(o.path, key)
	if n != nil {
		return value(o.d, n, path, k)
	}
	f := fieldAt(join(o.pattern, key))
	if f.def == required || f.def == "" {
		return v
	}
	v, want := k(f.def)
	if want != "" {
		panic(fmt.Sprintf("scenarios: default of %s: %s", f.path, want))
	}
	return v
}

// value is a scalar.
func value[T any](d *decoder, n *node, path string, k kind[T]) (v T) {
	if n.shape != scalar {
		_, want := k("")
		if want == "" {
			want = "want a text"
		}
		d.value(n, path, want)
		return v
	}
	v, want := k(n.text)
	if want != "" {
		d.value(n, path, want)
	}
	return v
}

// items are the elements of the list under key, with their paths.
func (o object) items(key, want string) (ns []*node, paths []string) {
	n := o.n.child(key)
	if n == nil {
		return nil, nil
	}
	path := join(o.path, key)
	if n.shape != list || len(n.items) == 0 {
		if n.shape == list {
			o.d.add(n.position, path, "an empty list: %s", want)
		} else {
			o.d.value(n, path, want)
		}
		return nil, nil
	}
	for i := range n.items {
		paths = append(paths, fmt.Sprintf("%s[%d]", path, i))
	}
	return n.items, paths
}
