package external

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
)

// A name names an option: by its index, or its label.
type name struct {
	index int
	label string
	given kind
}

type kind int

const (
	nothing kind = iota
	index
	label
)

// UnmarshalJSON reads a whole number or a string; null is nothing.
func (n *name) UnmarshalJSON(text []byte) error {
	*n = name{}
	switch {
	case string(text) == "null":
		return nil
	case json.Unmarshal(text, &n.label) == nil:
		n.given = label
		return nil
	case json.Unmarshal(text, &n.index) == nil:
		n.given = index
		return nil
	}
	return fmt.Errorf("option %s: want its index or its label", quote(string(text)))
}

// among is the index of the option.
func (n name) among(labels []string) (int, error) {
	switch n.given {
	case label:
		if i := slices.Index(labels, n.label); i >= 0 {
			return i, nil
		}
		return 0, fmt.Errorf("option %s: want one of %s", quote(n.label), strings.Join(labels, ", "))
	case index:
		if n.index >= 0 && n.index < len(labels) {
			return n.index, nil
		}
		return 0, fmt.Errorf("option %d: want 0 to %d", n.index, len(labels)-1)
	}
	return 0, errors.New("no option")
}

// A nanoseconds is a time of up to a year; programs may work it out in floating
// point.
type nanoseconds time.Duration

// UnmarshalJSON reads a number.
func (d *nanoseconds) UnmarshalJSON(text []byte) error {
	var ns float64
	if err := json.Unmarshal(text, &ns); err != nil || !(ns >= 0 && ns <= float64(year)) {
		return fmt.Errorf("time %s: want 0 to %d ns", quote(string(text)), year)
	}
	*d = nanoseconds(math.Round(ns))
	return nil
}

const year = 365 * 24 * time.Hour

// quote is what a program said, for an error.
func quote(text string) string { return fmt.Sprintf("%q", short(strings.TrimSpace(text), 80)) }

// oneLine is what a program said, for a record: printable, and of at most 200
// characters.
func oneLine(text string) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	return short(strings.Join(words, " "), 200)
}

// short cuts text after so many characters.
func short(text string, most int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	n := 0
	for i := range text {
		if n++; n > most {
			return text[:i] + "…"
		}
	}
	return text
}
