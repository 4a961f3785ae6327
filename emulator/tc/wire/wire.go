// Package wire is the language of Linux traffic control on a netlink socket:
// what the kernel is told about queueing disciplines, classes and filters, as
// bytes, and read back from them. It sends nothing.
//
// It exists because what the libraries send is not what a measurement can rest
// on: they lack netem's Gilbert–Elliott loss, its seed, its tables and its
// nanoseconds, and round token buckets through whole microseconds. Constants
// and structures are those of the kernel's include/uapi/linux/pkt_sched.h.
package wire

import (
	"fmt"
	"slices"
)

// A Handle names a qdisc or a class: major number, colon, minor number.
type Handle uint32

// The handles with a meaning of their own, as parents.
const (
	Root    Handle = 0xffffffff
	Ingress Handle = 0xfffffff1
)

// MakeHandle returns major:minor.
func MakeHandle(major, minor uint16) Handle { return Handle(major)<<16 | Handle(minor) }

// String returns the handle as tc writes it, in hexadecimal: "1:" or "1:1".
func (h Handle) String() string {
	if minor := h & 0xffff; minor != 0 {
		return fmt.Sprintf("%x:%x", uint32(h>>16), uint32(minor))
	}
	return fmt.Sprintf("%x:", uint32(h>>16))
}

// An Object is a qdisc or a class of an interface.
type Object struct {
	Class          bool // else a qdisc
	Handle, Parent Handle
	Options        Options
}

// Options are the settings of one kind of qdisc or class: *Netem, *HTB,
// *HTBClass, *TBF, *FIFO, *CoDel or *IngressQdisc.
type Options interface {
	// Kind is the kind as tc calls it.
	Kind() string

	options() []byte // the content of TCA_OPTIONS
	fields() []field // what can be read back
	words() []string // as tc takes them
}

// Attributes of tc messages.
const (
	tcaKind    = 1
	tcaOptions = 2
)

// Message returns what follows the netlink header in a message about o on the
// interface of that index: a struct tcmsg and its attributes.
func (o Object) Message(index int) []byte {
	b := Header(index, o.Handle, o.Parent, 0)
	b = attribute(b, tcaKind, zeroTerminated(o.Options.Kind()))
	if opts := o.Options.options(); len(opts) > 0 {
		b = attribute(b, tcaOptions, opts)
	}
	return b
}

// Header returns a struct tcmsg. A dump of everything on an interface asks
// with one of handles 0.
func Header(index int, handle, parent Handle, info uint32) []byte {
	b := make([]byte, 4, 64) // the family, unspecified, and padding
	b = u32(b, uint32(int32(index)))
	b = u32(b, uint32(handle))
	b = u32(b, uint32(parent))
	return u32(b, info)
}

// headerSize is that of struct tcmsg.
const headerSize = 20

// Read reads a message of a dump: its object, and the index of the interface.
// Options of a kind that this package does not know are nil.
func Read(message []byte, class bool) (o Object, index int, err error) {
	if len(message) < headerSize {
		return o, 0, fmt.Errorf("a message of %d bytes: want at least %d", len(message), headerSize)
	}
	index = int(int32(getU32(message[4:])))
	o = Object{Class: class, Handle: Handle(getU32(message[8:])), Parent: Handle(getU32(message[12:]))}
	attrs, err := attributes(message[headerSize:])
	if err != nil {
		return o, index, err
	}
	o.Options, err = read(text(attrs[tcaKind]), class, attrs[tcaOptions])
	if err != nil {
		return o, index, fmt.Errorf("%s %s: %w", text(attrs[tcaKind]), o.Handle, err)
	}
	return o, index, nil
}

// read reads the options of a kind.
func read(kind string, class bool, options []byte) (Options, error) {
	switch {
	case class && kind == "htb":
		return readHTBClass(options)
	case class:
		return nil, nil
	}
	switch kind {
	case "netem":
		return readNetem(options)
	case "htb":
		return readHTB(options)
	case "tbf":
		return readTBF(options)
	case "bfifo", "pfifo":
		return readFIFO(kind, options)
	case "codel":
		return readCoDel(options)
	case "ingress":
		return &IngressQdisc{}, nil
	}
	return nil, nil
}

// A field is a setting that the kernel gives back.
type field struct {
	name  string
	value int64
	slack int64 // by which the kernel may round it
}

// Differs says which settings of got, as read back, are not those of o; nil if
// all are.
func (o Object) Differs(got Options) error {
	if got == nil || got.Kind() != o.Options.Kind() {
		return fmt.Errorf("%s %s: not there", o.Options.Kind(), o.Handle)
	}
	want, have := o.Options.fields(), got.fields()
	for _, w := range want {
		i := slices.IndexFunc(have, func(f field) bool { return f.name == w.name })
		if i < 0 {
			return fmt.Errorf("%s %s: %s is %d: the kernel has none", o.Options.Kind(), o.Handle, w.name, w.value)
		}
		if off := have[i].value - w.value; off > w.slack || -off > w.slack {
			return fmt.Errorf("%s %s: %s is %d: the kernel has %d", o.Options.Kind(), o.Handle, w.name, w.value, have[i].value)
		}
	}
	return nil
}
