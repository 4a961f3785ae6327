package formats

import (
	"math"

	"github.com/testbed/testbed/emulator/trace"
)

// detectMahimahi wants a whole number a line, none below the one before.
func detectMahimahi(head []byte, _ string) bool {
	rows := numeric(head, 1)
	for _, row := range rows {
		if row[0] < 0 || row[0] != math.Trunc(row[0]) {
			return false
		}
	}
	return rows != nil && rising(rows, 0)
}

// readMahimahi reads opportunities, which stay what they are: as rates they
// would lose when in a second they were.
func readMahimahi(src *source) (*Recording, error) {
	t, err := trace.ParseMahimahi(src, src.name)
	if err != nil {
		return nil, err
	}
	return &Recording{Trace: t}, nil
}
