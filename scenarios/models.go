package scenarios

import (
	"slices"
	"strings"

	"github.com/testbed/testbed/inference/model"
)

const wantModels = "want models, such as [signs-resnet8, signs-resnet44] or {family: resnet}"

// models reads names, files and families.
func (d *decoder) models(o object) []Model {
	n := o.n.child("models")
	switch {
	case n == nil:
		return d.stand(place{path: "models"}, family("signs-resnet"))
	case n.shape == mapping:
		return d.stand(place{n.position, "models"}, d.family(o.in("models")))
	}
	ns, paths := o.items("models", wantModels)
	var all []Model
	for i, n := range ns {
		var m Model
		if n.shape == mapping {
			m = d.model(d.object(n, paths[i], "models[]"))
		} else {
			m = Model{Name: value(d, n, paths[i], d.asKnown)}
		}
		if slices.ContainsFunc(all, func(a Model) bool { return a.Name == m.Name }) && m.Name != "" {
			d.add(n.position, paths[i], "another model is called %q", m.Name)
		}
		all = append(all, d.stand(place{n.position, paths[i]}, []Model{m})...)
	}
	return all
}

// stand notes where models stand in the file.
func (d *decoder) stand(at place, models []Model) []Model {
	for range models {
		d.modelsAt = append(d.modelsAt, at)
	}
	return models
}

// family reads {family: prefix}.
func (d *decoder) family(o object) []Model {
	all := family(read(o, "family", asText))
	if len(all) == 0 && o.has("family") {
		d.value(o.n.child("family"), join(o.path, "family"), "want signs-resnet, or a family of published models, one of "+strings.Join(model.Families(), ", "))
	}
	weights := d.weights(o)
	for i := range all {
		all[i].Weights = weights
	}
	return all
}

// family are the published models of a family, or else the built-in ones whose
// names begin so, cheapest first.
func family(name string) (all []Model) {
	for _, e := range model.Entries(name) {
		all = append(all, Model{Name: e.Name})
	}
	if len(all) > 0 {
		return all
	}
	for _, m := range model.Builtin() {
		if name != "" && strings.HasPrefix(m.Name, name) {
			all = append(all, Model{Name: m.Name})
		}
	}
	return all
}

// weights reads whether the weights are to be random.
func (d *decoder) weights(o object) model.Weights {
	if read(o, "weights", oneOf(weightses...)) == string(model.Seeded) {
		return model.Seeded
	}
	return model.Trained
}

// asKnown accepts the names of models that are built in, stored or published;
// the last also by other names that they go by.
func (d *decoder) asKnown(text string) (string, string) {
	names := append(builtinNames(), d.stored...)
	if slices.Contains(names, text) {
		return text, ""
	}
	if e, ok := model.Known(text); ok {
		return e.Name, ""
	}
	for _, e := range model.Catalogue() {
		names = append(names, e.Name)
	}
	return "", "want a model that is built in, published or stored (testbed models list), or one with its file" + suggest(text, names)
}

// model reads a name with its weights, or a file.
func (d *decoder) model(o object) Model {
	if !o.has("file") {
		d.refuse(o, []string{"sha256", "accuracy", "recipe"}, "is for a model with a file: of others it is known")
		return Model{Name: read(o, "name", d.asKnown), Weights: d.weights(o)}
	}
	d.refuse(o, []string{"weights"}, "is for a model without a file")
	if !o.has("accuracy") {
		d.add(o.n.position, o.path, "missing key \"accuracy\": want what is declared for the file, such as 76.1%%")
	}
	m := Model{
		Name:     read(o, "name", asName),
		File:     read(o, "file", asText),
		SHA256:   read(o, "sha256", asSHA256),
		Accuracy: read(o, "accuracy", asShare),
	}
	if n := o.n.child("recipe"); n != nil && n.shape == scalar {
		m.Recipe = value(d, n, join(o.path, "recipe"), asRecipe)
	} else if n != nil {
		m.Recipe = d.recipe(o.in("recipe"))
	}
	return m
}

// asRecipe reads a recipe by its name or in one text, as commands take it.
func asRecipe(text string) (model.Recipe, string) {
	r, err := model.ParseRecipe(text)
	if err != nil {
		return r, "want a recipe: " + err.Error()
	}
	return r, ""
}

// recipe reads how an image becomes the input.
func (d *decoder) recipe(o object) model.Recipe {
	r := model.Recipe{
		Resize:        read(o, "resize", whole(1, 4096)),
		Size:          read(o, "size", whole(1, 4096)),
		Interpolation: model.Interpolation(plainly(read(o, "interpolation", oneOf(interpolations...)), interpolations[0])),
		Scale:         read(o, "scale", asDivisor),
		Mean:          d.channels(o, "mean"),
		Std:           d.channels(o, "std"),
	}
	if r.Scale == 255 {
		r.Scale = 0
	}
	if r.Resize != 0 && r.Resize < r.Size {
		d.value(o.n.child("resize"), join(o.path, "resize"), "want at least size, or nothing could be cut out")
	}
	if slices.Contains(r.Std[:], 0) && len(d.all) == 0 {
		d.value(o.n.child("std"), join(o.path, "std"), "want no 0 to divide by")
	}
	return r
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
