package profile

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
)

// published are profiles that others have measured and published, as data: a
// file each, which names its source.
//
//go:embed published/*.yaml
var published embed.FS

var readPublished = sync.OnceValue(func() []Profile {
	files, err := published.ReadDir("published")
	if err != nil {
		panic("profile: " + err.Error())
	}
	var all []Profile
	for _, f := range files {
		name := path.Join("published", f.Name())
		source, err := published.Open(name)
		if err != nil {
			panic("profile: " + err.Error())
		}
		p, err := Read(source, name)
		if err != nil {
			panic("profile: " + err.Error())
		}
		all = append(all, p)
	}
	return all
})

// Published returns the profiles that are built in, by name. Their loads and
// slowdowns are not known, and each says in its Notes what its numbers are of.
// They are shared: do not write to what they hold.
func Published() []Profile { return slices.Clone(readPublished()) }

// Lookup returns the published profile of that name. The error of an unknown
// name lists the names there are.
func Lookup(name string) (Profile, error) {
	all := readPublished()
	names := make([]string, len(all))
	for i, p := range all {
		if p.Name == name {
			return p, nil
		}
		names[i] = p.Name
	}
	return Profile{}, fmt.Errorf("no published profile %q: want one of %s", name, strings.Join(names, ", "))
}
