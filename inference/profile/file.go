package profile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/testbed/testbed/emulator/unit"
)

// maxFile is the largest profile file: some thousand models.
const maxFile = 4 * unit.MiB

// Write writes p as YAML, with units, so that Read gives the same p again.
func (p Profile) Write(w io.Writer) error {
	e := yaml.NewEncoder(w, yaml.IndentSequence(true),
		yaml.CustomMarshaler(func(n unit.Bytes) ([]byte, error) { return []byte(n.String()), nil }),
		yaml.CustomMarshaler(func(t time.Time) ([]byte, error) { return []byte(t.Format(time.RFC3339)), nil }))
	if err := e.Encode(p); err != nil {
		return fmt.Errorf("profile %s: %w", p.Name, err)
	}
	return e.Close()
}

// Read reads a profile from YAML. A key that it does not know, a number without
// its unit and what Check finds are errors that say file:line:column. name is
// for errors only; it is not opened.
func Read(r io.Reader, name string) (Profile, error) {
	source, err := io.ReadAll(io.LimitReader(r, int64(maxFile)+1))
	if err != nil {
		return Profile{}, fmt.Errorf("%s: %w", name, err)
	}
	if unit.Bytes(len(source)) > maxFile {
		return Profile{}, fmt.Errorf("%s: more than %v: want a profile", name, maxFile)
	}
	var p Profile
	d := yaml.NewDecoder(bytes.NewReader(source), yaml.Strict(),
		yaml.CustomUnmarshaler(readBytes), yaml.CustomUnmarshaler(readDuration))
	if err := d.Decode(&p); err != nil {
		return Profile{}, located(name, source, err)
	}
	if err := d.Decode(new(any)); err != io.EOF {
		return Profile{}, fmt.Errorf("%s: want one YAML document", name)
	}
	if err := p.Check(); err != nil {
		return Profile{}, placed(name, source, err)
	}
	return p, nil
}

// A quantityError is of a text that is no quantity. The YAML library does not
// say where it was.
type quantityError struct{ text, want string }

func (e *quantityError) Error() string { return fmt.Sprintf("%q: %s", e.text, e.want) }

func readBytes(n *unit.Bytes, text []byte) (err error) {
	s := scalar(text)
	if *n, err = unit.ParseBytes(s); err != nil {
		return &quantityError{s, "want a size with its unit, such as 44.7MB"}
	}
	return nil
}

func readDuration(d *time.Duration, text []byte) (err error) {
	s := scalar(text)
	if *d, err = time.ParseDuration(s); err != nil {
		return &quantityError{s, "want a time with its unit, such as 12.5ms"}
	}
	return nil
}

// scalar is the text of a YAML scalar without its quotes.
func scalar(text []byte) string { return strings.Trim(strings.TrimSpace(string(text)), `"'`) }

// located is an error of the YAML library, with its place, on one line.
func located(name string, source []byte, err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: empty: want a profile", name)
	}
	var q *quantityError
	if errors.As(err, &q) {
		return q.located(name, source)
	}
	var y yaml.Error
	if !errors.As(err, &y) {
		return fmt.Errorf("%s: %w", name, err)
	}
	msg, _, _ := strings.Cut(y.GetMessage(), "\n")
	if t := y.GetToken(); t != nil && t.Position != nil {
		return fmt.Errorf("%s:%d:%d: %s", name, t.Position.Line, t.Position.Column, msg)
	}
	return fmt.Errorf("%s: %s", name, msg)
}

// quantities are the keys whose values have units.
var quantities = []string{"memory", "size", "before", "loaded", "unloaded",
	"cold", "warm", "cached_cold", "cached", "mean", "p50", "p95", "preprocess"}

// located finds the text of e: the first value that it is, of a key whose
// values have units.
func (e *quantityError) located(name string, source []byte) error {
	file, err := parser.ParseBytes(source, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", name, e)
	}
	at := &finder{text: e.text}
	for _, doc := range file.Docs {
		ast.Walk(at, doc)
	}
	if at.found == nil {
		return fmt.Errorf("%s: %w", name, e)
	}
	return fmt.Errorf("%s:%d:%d: %w", name, at.found.Line, at.found.Column, e)
}

// A finder visits YAML for the first quantity of this text.
type finder struct {
	text  string
	found *token.Position
}

func (f *finder) Visit(n ast.Node) ast.Visitor {
	v, ok := n.(*ast.MappingValueNode)
	if ok && f.found == nil && slices.Contains(quantities, v.Key.String()) && scalar([]byte(v.Value.String())) == f.text {
		f.found = v.Value.GetToken().Position
	}
	return f
}

// placed adds to an error of Check where in source it is: at the key, or where
// that is missing at the nearest that is there.
func placed(name string, source []byte, err error) error {
	var field *FieldError
	file, parseErr := parser.ParseBytes(source, 0)
	if !errors.As(err, &field) || parseErr != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for at := "$." + field.Path; ; {
		path, pathErr := yaml.PathString(at)
		if pathErr == nil {
			if node, findErr := path.FilterFile(file); findErr == nil && node != nil {
				pos := start(node)
				return fmt.Errorf("%s:%d:%d: %w", name, pos.Line, pos.Column, err)
			}
		}
		cut := strings.LastIndexAny(at, ".[")
		if cut <= 1 {
			return fmt.Errorf("%s:1:1: %w", name, err)
		}
		at = at[:cut]
	}
}

// start is where a node begins: a mapping's token is the colon after its first
// key.
func start(n ast.Node) *token.Position {
	switch m := n.(type) {
	case *ast.MappingNode:
		if len(m.Values) > 0 {
			return start(m.Values[0])
		}
	case *ast.MappingValueNode:
		return m.Key.GetToken().Position
	}
	return n.GetToken().Position
}
