package scenarios

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hbollon/go-edlib"
)

// A FieldError is a mistake in a scenario file, or in an override of it. It
// prints as one line:
//
//	scenarios/x.yaml:12:11: links.edge.down.rate: "5": want a rate with its unit, such as 5Mbps
//	--set links.edge.down.rate=5: want a rate with its unit, such as 5Mbps
type FieldError struct {
	File   string // as given to Read; of an override "--set path=value"
	Line   int    // from 1; 0 for an override
	Column int    // from 1; 0 for an override
	Path   string // of the key, such as links.edge.down.rate; may be empty
	Msg    string // what is wrong, and what was wanted
}

func (e *FieldError) Error() string {
	s := e.File
	if e.Line > 0 {
		s += fmt.Sprintf(":%d:%d", e.Line, e.Column)
	}
	if e.Path != "" {
		s += ": " + e.Path
	}
	return s + ": " + e.Msg
}

// problems collects the mistakes found, so that the first by position can be
// reported whatever the order of the checks.
type problems struct {
	file string
	all  []*FieldError
}

// add notes a mistake in what stands at p.
func (ps *problems) add(p position, path, format string, args ...any) {
	e := &FieldError{File: ps.file, Line: p.line, Column: p.column, Path: path, Msg: fmt.Sprintf(format, args...)}
	if p.override != nil {
		e.File, e.Line, e.Column = p.override.String(), 0, 0
		if path == p.override.Path {
			e.Path = ""
		}
	}
	ps.all = append(ps.all, e)
}

// value notes that the value of n is not what was wanted.
func (ps *problems) value(n *node, path, want string) {
	if n.override != nil && n.override.Path == path {
		ps.add(n.position, path, "%s", want)
		return
	}
	ps.add(n.position, path, "%s: %s", n.describe(), want)
}

// first is the first mistake by position, those in the file before those in
// overrides; nil if there is none.
func (ps *problems) first() error {
	if len(ps.all) == 0 {
		return nil
	}
	return slices.MinFunc(ps.all, func(a, b *FieldError) int {
		return cmp.Or(later(a, b), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// later orders overrides, which have no line, after the file.
func later(a, b *FieldError) int {
	switch {
	case a.Line == 0 && b.Line > 0:
		return 1
	case a.Line > 0 && b.Line == 0:
		return -1
	}
	return 0
}

// String returns the flag that makes the setting.
func (s Setting) String() string { return "--set " + s.Path + "=" + s.Value }

// suggest returns `; did you mean "x"?` for the name nearest to got, or
// nothing if none is near enough to have been meant.
func suggest(got string, names []string) string {
	best, least := "", 1+max(1, len(got)/3)
	for _, name := range names {
		if d := edlib.OSADamerauLevenshteinDistance(got, name); d < least {
			best, least = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}
