package wire

import "strings"

// Line returns the command of iproute2's tc that makes the object on an
// interface. It is equivalent, not equal: tc has tables of its own for the
// shapes of jitter, and before version 6.15 rounds token buckets to
// microseconds.
func (o Object) Line(dev string) string {
	w := []string{"tc", "qdisc", "add", "dev", dev}
	if o.Class {
		w[1] = "class"
	}
	switch o.Parent {
	case Root:
		w = append(w, "root")
	case Ingress: // its kind says where it is
	default:
		w = append(w, "parent", o.Parent.String())
	}
	name := "handle"
	if o.Class {
		name = "classid"
	}
	w = append(w, name, o.Handle.String(), o.Options.Kind())
	return strings.Join(append(w, o.Options.words()...), " ")
}
