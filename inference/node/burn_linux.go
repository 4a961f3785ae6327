package node

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/testbed/testbed/emulator/load"
)

// Main makes this program a background load if it was started as one by
// SetLoad, and then does not return; else it returns at once. It must be among
// the first things that main (or TestMain) does.
func Main() {
	if len(os.Args) != 3 || os.Args[1] != argBurn {
		return
	}
	if err := burnMain(os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// burnMain burns until nobody holds the other end of standard input.
func burnMain(text string) error {
	share, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("background load: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0) // at once: whoever wanted the load is gone
	}()
	out := json.NewEncoder(os.Stdout)
	return load.Burn(ctx, load.Options{Level: share}, func(s load.Sample) {
		if out.Encode(burnSample{Achieved: s.Achieved}) != nil {
			cancel()
		}
	})
}
