//go:build linux && !race

package relay

// raced is whether the race detector, which allocates, is in this program.
const raced = false
