package scenarios

import (
	"slices"
	"strings"

	"github.com/testbed/testbed/inference/model"
)

const wantModels = "want models, such as [signs-resnet8, signs-resnet44] or {family: signs-resnet}"

// models reads names, files and families.
func (d *decoder) models(o object) []Model {
	n := o.n.child("models")
	if n == nil {
		return family("signs-resnet")
	}
	if n.shape == mapping {
		return d.family(o.in("models"))
	}
	ns, paths := o.items("models", wantModels)
	var all []Model
	for i, n := range ns {
		var m Model
		if n.shape == mapping {
			m = d.fileModel(d.object(n, paths[i], "models[]"))
		} else {
			m = Model{Name: value(d, n, paths[i], asBuiltin)}
		}
		if slices.ContainsFunc(all, func(a Model) bool { return a.Name == m.Name }) && m.Name != "" {
			d.add(n.position, paths[i], "another model is called %q", m.Name)
		}
		all = append(all, m)
	}
	return all
}

// family reads {family: prefix}.
func (d *decoder) family(o object) []Model {
	all := family(read(o, "family", asText))
	if len(all) == 0 && o.has("family") {
		d.value(o.n.child("family"), join(o.path, "family"), "want the beginning of names of built-in models, such as signs-resnet")
	}
	return all
}

// family are the built-in models whose names begin with prefix, cheapest first.
func family(prefix string) (all []Model) {
	for _, m := range model.Builtin() {
		if prefix != "" && strings.HasPrefix(m.Name, prefix) {
			all = append(all, Model{Name: m.Name})
		}
	}
	return all
}

// asBuiltin accepts the names of built-in models.
func asBuiltin(text string) (string, string) {
	var names []string
	for _, m := range model.Builtin() {
		if m.Name == text {
			return text, ""
		}
		names = append(names, m.Name)
	}
	return "", "want a built-in model, one of " + strings.Join(names, ", ") + ", or one with its file" + suggest(text, names)
}

func (d *decoder) fileModel(o object) Model {
	m := Model{
		Name:     read(o, "name", asName),
		File:     read(o, "file", asText),
		SHA256:   read(o, "sha256", asSHA256),
		Accuracy: read(o, "accuracy", asShare),
	}
	if recipe := o.in("recipe"); recipe.n != nil {
		m.Recipe = model.Recipe{
			Size: read(recipe, "size", whole(1, 4096)),
			Mean: d.channels(recipe, "mean"),
			Std:  d.channels(recipe, "std"),
		}
		if slices.Contains(m.Recipe.Std[:], 0) && len(d.all) == 0 {
			d.value(recipe.n.child("std"), join(recipe.path, "std"), "want no 0 to divide by")
		}
	}
	return m
}

// channels reads one number for each of red, green and blue.
func (d *decoder) channels(o object, key string) (rgb [3]float32) {
	const want = "want three numbers, of red, green and blue, such as [0.5, 0.5, 0.5]"
	ns, paths := o.items(key, want)
	if ns != nil && len(ns) != len(rgb) {
		d.value(o.n.child(key), join(o.path, key), want)
		return rgb
	}
	for i, n := range ns {
		rgb[i] = value(d, n, paths[i], asNumber)
	}
	return rgb
}
