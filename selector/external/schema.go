package external

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema returns a JSON Schema (draft 2020-12) of the messages and their
// answers. Each has a definition of its own: start, trial, select, learn, and
// the answers ready and choice.
func Schema() []byte { return slices.Clone(schema) }
