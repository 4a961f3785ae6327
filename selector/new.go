package selector

import (
	"fmt"
	"strings"
)

// Names returns the names that New knows, the usual baseline first.
func Names() []string { return []string{"greedy", "advanced"} }

// New makes the Selector of that name, one of Names, for one trial: it knows
// nothing of any other. The budget binds "advanced"; "greedy" has no use for
// one, as it gives up no accuracy.
func New(name string, b Budget) (Selector, error) {
	switch name {
	case "greedy":
		return &greedy{}, nil
	case "advanced":
		return &advanced{budget: b}, nil
	}
	return nil, fmt.Errorf("selector %q: want one of %s", name, strings.Join(Names(), ", "))
}
