package tc

import (
	"fmt"

	"github.com/testbed/testbed/emulator"
)

// Lines returns the commands of iproute2's tc that do what Apply does for l on
// ifname; a link that varies is as it stands at first. They are equivalent,
// not equal: tc has tables of its own for the shapes of jitter, and before
// version 6.15 rounds token buckets to whole microseconds.
func Lines(ifname string, l emulator.Link) ([]string, error) {
	k, err := kindOf(l)
	if err != nil {
		return nil, fmt.Errorf("tc lines: %w", err)
	}
	now, stopped, _ := l.At(0)
	var lines []string
	for _, o := range k.objects(now, stopped, Options{}) {
		lines = append(lines, o.Line(ifname))
	}
	return lines, nil
}
