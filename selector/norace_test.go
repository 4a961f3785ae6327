//go:build !race

package selector_test

const slowed = false
