package scenarios

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/selector"
)

// Schema returns a JSON Schema (draft 2020-12) of scenario files, for editors
// that complete and check while one types. It knows keys, words and the forms
// of quantities; what depends on other keys only Read checks.
func Schema() []byte {
	s := schemaOf("")
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "testbed scenario"
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic("scenarios: " + err.Error())
	}
	return append(text, '\n')
}

// schemaOf is the schema of the mapping of a pattern.
func schemaOf(pattern string) map[string]any {
	s := map[string]any{"type": "object"}
	keys := keysOf(pattern)
	if slices.Equal(keys, []string{"*"}) {
		s["additionalProperties"] = schemaOfField(fieldAt(join(pattern, "*")))
		return s
	}
	properties, must := map[string]any{}, []string{}
	for _, key := range keys {
		f := fieldAt(join(pattern, key))
		properties[key] = schemaOfField(f)
		if f.def == required {
			must = append(must, key)
		}
	}
	s["properties"], s["additionalProperties"] = properties, false
	if len(must) > 0 {
		s["required"] = must
	}
	return s
}

func schemaOfField(f field) map[string]any {
	s := schemaOfKind(f)
	s["description"] = f.doc
	if f.def != "" && f.def != required {
		s["default"] = f.def
	}
	return s
}

func schemaOfKind(f field) map[string]any {
	switch f.kind {
	case "map":
		if f.path == "vary[].values[].set" {
			return map[string]any{"type": "object"}
		}
		return schemaOf(f.path)
	case "recipe":
		return oneOfSchemas(map[string]any{"type": "string"}, schemaOf(f.path))
	case "level", "traffic":
		return oneOfSchemas(map[string]any{"type": "string", "pattern": patterns[f.kind]}, schemaOf(f.path))
	case "names":
		return oneOfSchemas(map[string]any{"type": "string"}, listOf(map[string]any{"type": "string"}))
	case "terms":
		return listOf(words(selector.Terms()...))
	case "models":
		return oneOfSchemas(schemaOf("models"), listOf(oneOfSchemas(map[string]any{"type": "string", "pattern": nameForm.String()}, schemaOf("models[]"))))
	case "values":
		return oneOfSchemas(listOf(map[string]any{}), schemaOf(f.path)) // plain values as well as named settings
	case "list":
		return listOf(itemOf(f.path))
	case "phases":
		return listOf(words(selector.PhaseNames[:]...))
	case "world", "noise", "explore", "scale", "engine", "device", "layer", "shape", "wrap", "format", "residency", "dataset", "policy", "accuracy", "per", "transport",
		"provider", "optimization", "protocol", "weights", "interpolation", "stopping":
		return words(wordsOf(f.kind)...)
	}
	if f.kind == "yes" {
		return yesNo()
	}
	if p, ok := patterns[f.kind]; ok {
		return map[string]any{"type": "string", "pattern": p}
	}
	if slices.Contains(numbers, f.kind) {
		return map[string]any{"type": "integer", "minimum": 0}
	}
	if f.kind == "channels" {
		return map[string]any{"type": "array", "items": map[string]any{"type": "number"}, "minItems": 3, "maxItems": 3}
	}
	return map[string]any{"type": []string{"string", "number", "boolean"}}
}

// itemOf is the schema of the items of the list at path.
func itemOf(path string) map[string]any {
	switch path {
	case "selectors":
		return oneOfSchemas(map[string]any{"type": "string"}, schemaOf("selectors[]"))
	case "judge.selectors":
		return oneOfSchemas(map[string]any{"type": "string"}, schemaOf("judge.selectors[]"))
	case "vary[].paths":
		return map[string]any{"type": "string"}
	}
	return schemaOf(path + "[]")
}

func listOf(items map[string]any) map[string]any {
	return map[string]any{"type": "array", "items": items}
}

func oneOfSchemas(alternatives ...map[string]any) map[string]any {
	return map[string]any{"oneOf": alternatives}
}

func words(w ...string) map[string]any { return map[string]any{"enum": w} }

// yesNo is the schema of a truth, which YAML has words and a type for.
func yesNo() map[string]any { return map[string]any{"enum": []any{true, false, "yes", "no"}} }

// wordsOf are the values of a kind that has few.
func wordsOf(kind string) []string {
	switch kind {
	case "world":
		return worlds
	case "noise":
		return noises
	case "explore":
		return explored
	case "scale":
		return scales
	case "stopping":
		return stops
	case "engine":
		return engines
	case "device":
		return devices
	case "layer":
		return layers
	case "shape":
		return shapes
	case "wrap":
		return wraps
	case "format":
		return formatNames()
	case "residency":
		return residencies
	case "dataset":
		return datasets
	case "provider":
		return providers
	case "optimization":
		return optimizations
	case "protocol":
		return protocols
	case "weights":
		return weightses
	case "interpolation":
		return interpolations
	case "accuracy":
		return accuracies
	case "per":
		return pers
	case "transport":
		return transports
	}
	return append(selector.Policies(), EndRun)
}

func builtinNames() (names []string) {
	for _, m := range model.Builtin() {
		names = append(names, m.Name)
	}
	return names
}

// numbers are the kinds that are whole numbers.
var numbers = strings.Fields("seed cpus images pixels requests repetitions warmup times batch labels steps")

// patterns are the forms of quantities, after package unit.
var patterns = map[string]string{
	"rate":       `^(unlimited|[0-9]+(\.[0-9]+)? ?[kMG]?(bps|bit/s|bit))$`,
	"queue":      `^(unlimited|[0-9]+ ?packets?|[0-9]+(\.[0-9]+)? ?(([kKMG]|[KMG]i)?B|us|µs|ms|s))$`,
	"packets":    `^[0-9]+(\.[0-9]+)? ?packets?$`,
	"factor":     `^[0-9]+(\.[0-9]+)? ?x$`,
	"time":       `^[0-9]+(\.[0-9]+)? ?(ns|us|µs|ms|s|m|h)([0-9].*)?$`,
	"timeout":    `^[0-9]+(\.[0-9]+)? ?(ns|us|µs|ms|s|m|h)([0-9].*)?$`,
	"share":      `^[0-9]+(\.[0-9]+)? ?%$`,
	"level":      `^[0-9]+(\.[0-9]+)? ?%$`,
	"quota":      `^[0-9]+(\.[0-9]+)? ?%$`,
	"traffic":    `^[0-9]+(\.[0-9]+)? ?(%|[kMG]?(bps|bit/s|bit))$`,
	"size":       `^[0-9]+(\.[0-9]+)? ?([kKMG]|[KMG]i)?B$`,
	"url":        `^https?://`,
	"loss":       `^[0-9]+(\.[0-9]+)? ?%$`,
	"confidence": `^[0-9]+(\.[0-9]+)? ?%$`,
	"points":     `^[0-9]+(\.[0-9]+)? ?pp$`,
	"budget":     `^(strict|[0-9]+(\.[0-9]+)? ?(pp|%))$`,
	"sha256":     `^[0-9a-f]{64}$`,
	"variable":   `^[A-Za-z_][A-Za-z0-9_]*$`,
	"address":    `^https?://[^/]+:[0-9]+$`,
	"hostport":   `^.+:[0-9]+$`,
	"listen":     `^.*:[0-9]+$`,
	"node":       `^[a-z0-9][a-z0-9-]{0,9}$`,
}
