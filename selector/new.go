package selector

import (
	"fmt"
	"strings"
)

// Names returns the names that New knows, the usual baseline first.
func Names() []string { return []string{"greedy", "advanced"} }

// A Config is what a selector knows from the start.
type Config struct {
	Budget   Budget // of "advanced"; "greedy" has no use for one, as it gives up no accuracy
	Slowdown Curve  // of the node under load, from its device profile; nil: the Prior
}

// New makes the Selector of that name, one of Names, for one trial: it knows
// nothing of any other.
func New(name string, c Config) (Selector, error) {
	load := slowdown{curve: c.Slowdown}
	switch name {
	case "greedy":
		return &greedy{slowdown: load}, nil
	case "advanced":
		return &advanced{budget: c.Budget, slowdown: load}, nil
	}
	return nil, fmt.Errorf("selector %q: want one of %s", name, strings.Join(Names(), ", "))
}
