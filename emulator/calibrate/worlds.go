//go:build linux

package calibrate

import (
	"context"
	"errors"
	"time"

	"github.com/testbed/testbed/emulator/netns"
)

// worlds are how long a world of four nodes takes to be up, and to be gone:
// medians of several.
func worlds(ctx context.Context, b *bench) ([]Row, error) {
	var nodes []netns.Node
	for _, name := range []string{"control", "repository", "edge", "cloud"} {
		nodes = append(nodes, netns.Node{Name: name, Args: []string{NodeArg}})
	}
	repeats := 5
	if b.Quick {
		repeats = 3
	}
	var up, down []time.Duration
	for range repeats {
		start := now()
		w, err := netns.Open(ctx, netns.Config{Nodes: nodes, Engine: b.engine, Break: b.Break})
		up = append(up, now()-start)
		if err != nil {
			return nil, err
		}
		start = now()
		err = w.Close()
		down = append(down, now()-start)
		if err != nil {
			return nil, errors.Join(errors.New("end of a world"), err)
		}
	}
	return []Row{
		b.judged(Row{Name: "world of 4 nodes, up", Unit: "ms", Bound: Most, Asked: ms(WorldUp), Achieved: ms(quantile(up, 0.5))}, ""),
		b.judged(Row{Name: "world of 4 nodes, down", Unit: "ms", Bound: Most, Asked: ms(WorldDown), Achieved: ms(quantile(down, 0.5))}, ""),
	}, nil
}
