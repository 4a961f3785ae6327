package emulator

import (
	"fmt"
	"strconv"

	"github.com/testbed/testbed/emulator/unit"
)

// What a frame is besides its IP packet.
const (
	header   unit.Bytes = 14 // addresses and type: the Ethernet layer has it
	checksum unit.Bytes = 4
	preamble unit.Bytes = 8 // with the start-of-frame delimiter
	gap      unit.Bytes = 12
	shortest unit.Bytes = 64 // of a frame with its checksum, by padding
)

// layers are the names of the layers.
var layers = [...]string{Ethernet: "ethernet", IP: "ip", Wire: "wire"}

// Size returns what a packet of n bytes (on the Ethernet layer) takes on layer
// l: n on Ethernet; n − 14 on IP, and at least 0; and on Wire n + 24, but at
// least 84, for shorter frames are padded.
func (l Layer) Size(n unit.Bytes) unit.Bytes {
	switch l {
	case IP:
		return max(n-header, 0)
	case Wire:
		return max(n, shortest-checksum) + checksum + preamble + gap
	}
	return n
}

// String returns the layer as scenarios call it: "ethernet", "ip" or "wire".
func (l Layer) String() string {
	if l < 0 || int(l) >= len(layers) {
		return "Layer(" + strconv.Itoa(int(l)) + ")"
	}
	return layers[l]
}

// MarshalText writes the layer as String does.
func (l Layer) MarshalText() ([]byte, error) {
	if l < 0 || int(l) >= len(layers) {
		return nil, fmt.Errorf("%v: want ethernet, ip or wire", l)
	}
	return []byte(l.String()), nil
}

// UnmarshalText reads what MarshalText writes, and nothing else.
func (l *Layer) UnmarshalText(text []byte) error {
	for i, name := range layers {
		if string(text) == name {
			*l = Layer(i)
			return nil
		}
	}
	return fmt.Errorf("%.40q: want ethernet, ip or wire", text)
}
