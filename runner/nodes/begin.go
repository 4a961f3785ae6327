package nodes

import (
	"errors"
	"fmt"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/scenarios"
)

// ProfileRuns and ProfileLoads make medians that a stray stall cannot move.
const (
	ProfileRuns  = 15
	ProfileLoads = 3
)

// Model returns that of the name among those of a world.
func Model(models []model.Model, name string) (model.Model, error) {
	for _, m := range models {
		if m.Name == name {
			return m, nil
		}
	}
	return model.Model{}, fmt.Errorf("model %s: not among those of the world", name)
}

// Rehearse is an error for what conditions ask of nodes that these do not have:
// a load of the GPU is made once by set, whose errors name the node, and ended.
func Rehearse(conditions []scenarios.Condition, names []string, set func(name string, l emulator.Load) error) error {
	tried := map[string]bool{}
	for _, c := range conditions {
		for _, name := range names {
			asked := emulator.Load{GPU: c.Background[name].GPU}
			if asked.IsZero() || tried[name] {
				continue
			}
			if err := errors.Join(set(name, asked), set(name, emulator.Load{})); err != nil {
				return fmt.Errorf("condition %s: background: %w", c.ID, err)
			}
			tried[name] = true
		}
	}
	return nil
}
