package scenarios

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// A queue is what may wait, in one of three measures.
type queue struct {
	bytes     unit.Bytes
	packets   int
	time      time.Duration
	unlimited bool
}

// packetsForm is a number of packets with its unit.
var packetsForm = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) ?packets?$`)

// asQueue reads 64KiB, 100packets, 50ms or unlimited.
func asQueue(text string) (queue, string) {
	if text == "unlimited" {
		return queue{unlimited: true}, ""
	}
	if m := packetsForm.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil || n < 1 || n > 1<<20 {
			return queue{}, "want a whole number of packets from 1 to 1048576"
		}
		return queue{packets: n}, ""
	}
	if d, err := unit.ParseDuration(text); err == nil {
		if d <= 0 || d > maxDelay {
			return queue{}, "want a time above 0 and at most " + plain(maxDelay)
		}
		return queue{time: d}, ""
	}
	n, err := unit.ParseBytes(text)
	switch {
	case err != nil:
		return queue{}, "want a size with its unit, such as 64KiB, 100packets or 50ms"
	case n < emulator.FullFrame:
		return queue{}, "want at least one full frame, 1514B, or nothing would pass"
	case n > unit.GiB:
		return queue{}, "want at most 1GiB, or unlimited"
	}
	return queue{bytes: n}, ""
}

// asPackets reads a mean number of packets.
func asPackets(text string) (float64, string) {
	m := packetsForm.FindStringSubmatch(text)
	if m == nil {
		return 0, "want a mean number of packets, such as 4packets"
	}
	x, err := strconv.ParseFloat(m[1], 64)
	if err != nil || x < 1 || x > 1e6 {
		return 0, "want from 1packets (nearly independent losses) to 1000000packets"
	}
	return x, ""
}

// asYes reads yes or no, and true or false.
func asYes(text string) (bool, string) {
	switch text {
	case "yes", "true":
		return true, ""
	case "no", "false":
		return false, ""
	}
	return false, "want yes or no"
}

// asFactor reads 1x, 30x or 0.5x.
func asFactor(text string) (float64, string) {
	number, ok := strings.CutSuffix(text, "x")
	x, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !ok || err != nil || !(x >= 1e-6 && x <= 1e6) {
		return 0, "want a factor such as 30x or 0.5x"
	}
	return x, ""
}

func asLayer(text string) (emulator.Layer, string) {
	word, want := oneOf(layers...)(text)
	return map[string]emulator.Layer{"ethernet": emulator.Ethernet, "ip": emulator.IP, "wire": emulator.Wire}[word], want
}

func asShape(text string) (emulator.Shape, string) {
	word, want := oneOf(shapes...)(text)
	return map[string]emulator.Shape{"uniform": emulator.Uniform, "normal": emulator.Normal, "pareto": emulator.Pareto}[word], want
}
