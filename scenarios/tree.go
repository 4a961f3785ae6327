package scenarios

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// A position is where a node stands: in the file, or in an override.
type position struct {
	line, column int
	override     *Setting
}

// A shape is what a node is made of.
type shape string

const (
	scalar  shape = "a value"
	mapping shape = "a mapping"
	list    shape = "a list"
	nothing shape = "nothing"
)

// A node is a piece of YAML with its position. Scalars keep their text: what
// it means is for the key to say, so that 5 is not a number where a rate was
// wanted. A node is not changed once made.
type node struct {
	position
	shape   shape
	text    string // of a scalar
	quoted  bool   // in the source
	entries []entry
	items   []*node
}

// An entry is one key of a mapping.
type entry struct {
	position
	key   string
	value *node
}

// child returns the value of key, nil if n is nil or has no such key.
func (n *node) child(key string) *node {
	if n == nil {
		return nil
	}
	for _, e := range n.entries {
		if e.key == key {
			return e.value
		}
	}
	return nil
}

// with returns a copy of n in which path leads to v; what is missing on the
// way, or is not a mapping, becomes a mapping with that one key.
func (n *node) with(path []string, v *node) *node {
	if len(path) == 0 {
		return v
	}
	out := &node{position: v.position, shape: mapping}
	if n != nil && n.shape == mapping {
		out.position = n.position
		out.entries = append(out.entries, n.entries...)
	}
	for i, e := range out.entries {
		if e.key == path[0] {
			out.entries[i].value = e.value.with(path[1:], v)
			return out
		}
	}
	var none *node
	out.entries = append(out.entries, entry{position: v.position, key: path[0], value: none.with(path[1:], v)})
	return out
}

// describe is n for a message.
func (n *node) describe() string {
	const most = 60 // bytes of a value that say enough in an error
	switch {
	case n.shape == scalar && len(n.text) > most:
		return strconv.Quote(n.text[:most]) + "…"
	case n.shape == scalar:
		return strconv.Quote(n.text)
	}
	return string(n.shape)
}

// yaml is n as YAML on one line.
func (n *node) yaml() string {
	switch n.shape {
	case mapping:
		parts := make([]string, len(n.entries))
		for i, e := range n.entries {
			parts[i] = e.key + ": " + e.value.yaml()
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case list:
		parts := make([]string, len(n.items))
		for i, item := range n.items {
			parts[i] = item.yaml()
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case nothing:
		return "null"
	}
	if n.quoted || strings.ContainsAny(n.text, ",[]{}#&*!|>'\"`:") {
		return strconv.Quote(n.text)
	}
	return n.text
}

// A builder makes nodes of what the YAML library parsed.
type builder struct {
	*problems
	override *Setting
}

func (b builder) at(n ast.Node) position {
	t := n.GetToken()
	if b.override != nil || t == nil || t.Position == nil {
		return position{line: 1, column: 1, override: b.override}
	}
	return position{line: t.Position.Line, column: t.Position.Column}
}

func (b builder) node(n ast.Node, path string) *node {
	switch n := n.(type) {
	case *ast.MappingNode:
		return b.mapping(n, n.Values, path)
	case *ast.MappingValueNode:
		return b.mapping(n, []*ast.MappingValueNode{n}, path)
	case *ast.SequenceNode:
		out := &node{position: b.at(n), shape: list}
		for i, item := range n.Values {
			out.items = append(out.items, b.node(item, fmt.Sprintf("%s[%d]", path, i)))
		}
		return out
	case *ast.StringNode:
		return &node{position: b.at(n), shape: scalar, text: n.Value, quoted: isQuoted(n)}
	case *ast.LiteralNode:
		return &node{position: b.at(n), shape: scalar, text: n.Value.Value, quoted: true}
	case *ast.NullNode:
		return &node{position: b.at(n), shape: nothing}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return &node{position: b.at(n), shape: scalar, text: n.GetToken().Value}
	}
	b.add(b.at(n), path, "anchors, aliases, tags and merge keys are not part of scenario files")
	return &node{position: b.at(n), shape: nothing}
}

func isQuoted(n *ast.StringNode) bool {
	origin := strings.TrimSpace(n.Token.Origin)
	return strings.HasPrefix(origin, `"`) || strings.HasPrefix(origin, "'")
}

func (b builder) mapping(n ast.Node, values []*ast.MappingValueNode, path string) *node {
	out := &node{position: b.at(n), shape: mapping}
	for i, v := range values {
		key := v.Key.GetToken().Value
		at := b.at(v.Key)
		if m, ok := n.(*ast.MappingNode); i == 0 && !(ok && m.IsFlowStyle) {
			out.position = at
		}
		if first := out.entry(key); first != nil {
			b.add(at, path, "duplicate key %q; first on line %d", key, first.line)
			continue
		}
		out.entries = append(out.entries, entry{position: at, key: key, value: b.node(v.Value, join(path, key))})
	}
	return out
}

func (n *node) entry(key string) *entry {
	for i := range n.entries {
		if n.entries[i].key == key {
			return &n.entries[i]
		}
	}
	return nil
}

// join appends a key to a path.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
