package scenarios

import "slices"

// usualImages is how many images of a built-in dataset samples are drawn from
// where nothing is said.
const usualImages = 4000

// dataset reads which images are sent.
func (d *decoder) dataset(o object) Dataset {
	s := Dataset{
		Name:    read(o, "name", oneOf(datasets...)),
		Path:    read(o, "path", asText),
		Classes: read(o, "classes", asText),
		Images:  read(o, "images", whole(1, maxImages)),
	}
	if !o.has("images") {
		s.Images = usualImages
	}
	if o.n == nil {
		return s
	}
	byPath := slices.Contains([]string{"folder", "cifar10"}, s.Name)
	switch {
	case byPath && s.Path == "":
		d.add(o.n.position, o.path, "missing key \"path\": want where the %s is", s.Name)
	case byPath && !o.has("images"):
		d.add(o.n.position, o.path, "missing key \"images\": want how many of the %s samples are drawn from, so that the plan is the same everywhere", s.Name)
	case !byPath && o.has("path"):
		d.add(o.n.child("path").position, join(o.path, "path"), "%s is built in: want dataset.name folder or cifar10 with a path", s.Name)
	}
	if s.Name != "folder" && o.has("classes") {
		d.add(o.n.child("classes").position, join(o.path, "classes"), "want it with dataset.name folder: the classes of %s are known", s.Name)
	}
	return s
}
