package scenarios

import "embed"

//go:embed *.yaml traces/*.down traces/*.up traces/*.csv
var shipped embed.FS

// Shipped holds the scenarios inside the program, such as lowbw.yaml, and the
// traces that they use. Read takes it like any other directory.
func Shipped() embed.FS { return shipped }
