//go:build race

package dataset_test

// raced is whether the race detector, under which a sync.Pool forgets some of
// what it is given, is in this program.
const raced = true
