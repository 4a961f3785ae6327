package scenarios

import (
	"errors"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// parse reads YAML into a tree. It is nil if there was a mistake, and noted.
func (b builder) parse(source []byte) *node {
	file, err := parser.ParseBytes(source, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		b.syntax(err)
		return nil
	}
	docs := slices.DeleteFunc(file.Docs, func(d *ast.DocumentNode) bool { return d.Body == nil })
	switch len(docs) {
	case 0:
		return &node{position: position{line: 1, column: 1, override: b.override}, shape: nothing}
	case 1:
		return b.node(docs[0].Body, b.path())
	}
	b.add(b.node(docs[1].Body, b.path()).position, b.path(), "want one YAML document, not %d", len(docs))
	return nil
}

// path is that of the root of what is parsed.
func (b builder) path() string {
	if b.override != nil {
		return b.override.Path
	}
	return ""
}

// syntax notes what the YAML library found wrong.
func (b builder) syntax(err error) {
	at := position{line: 1, column: 1, override: b.override}
	msg := err.Error()
	var y yaml.Error
	if errors.As(err, &y) {
		msg = y.GetMessage()
		if t := y.GetToken(); t != nil && t.Position != nil && b.override == nil {
			at.line, at.column = t.Position.Line, t.Position.Column
		}
	}
	msg, _, _ = strings.Cut(msg, "\n")
	if strings.Contains(msg, "'\t'") {
		msg = "a tab; indent with spaces"
	}
	b.add(at, b.path(), "not YAML: %s", msg)
}

// tree parses a scenario file and applies the overrides, the later over the
// earlier.
func (ps *problems) tree(source []byte, overrides []Setting) *node {
	root := builder{problems: ps}.parse(source)
	if root == nil || len(ps.all) > 0 {
		return nil
	}
	if root.shape != mapping && root.shape != nothing {
		ps.value(root, "", "want keys with their values, such as seed: 1")
		return nil
	}
	for _, s := range overrides {
		if strings.HasPrefix(s.Path, "vary.") {
			continue // chooses among values: see pick
		}
		n := ps.setting(s)
		if n == nil || !ps.exists(n.position, s.Path, s.Path) {
			continue
		}
		root = root.with(strings.Split(s.Path, "."), n)
	}
	return root
}

// setting parses the value of an override; an empty one is an empty text.
func (ps *problems) setting(s Setting) *node {
	if strings.TrimSpace(s.Value) == "" {
		return &node{position: position{override: &s}, shape: scalar, quoted: true}
	}
	return builder{problems: ps, override: &s}.parse([]byte(s.Value))
}
