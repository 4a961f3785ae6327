//go:build race

package selector_test

// slowed says that the race detector slows everything down.
const slowed = true
