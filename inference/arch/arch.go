// Package arch writes networks of published architectures with seeded weights:
// graphs that cost exactly what the trained ones cost, for measuring latency
// where no weights can be had. Their answers mean nothing.
package arch

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Size is what a network costs, apart from time.
type Size struct {
	Parameters int64 // learned numbers, as publications count them
	MACs       int64 // multiply-accumulates of convolutions and matrix products, for one image
	Bytes      int64 // of the file that Write writes, whatever the seed
	Input      int   // pixels, width and height of the image
	Classes    int
}

// Names are the networks that can be written, by torchvision's names, family
// by family and small to large.
func Names() []string {
	names := make([]string, len(networks))
	for i, n := range networks {
		names[i] = n.name
	}
	return names
}

// Describe says what network name costs. An unknown name is an error that
// lists those there are.
func Describe(name string) (Size, error) {
	n, err := lookup(name)
	if err != nil {
		return Size{}, err
	}
	return n.size(), nil
}

// Write writes network name to w as ONNX of operator set 13: input "input"
// float32 [N, 3, S, S], output "logits" float32 [N, 1000]. The weights are
// drawn by seed; the same name and seed give the same bytes on any machine.
// The file's metadata says that they are seeded. Memory does not grow with the
// size of the network.
func Write(w io.Writer, name string, seed uint64) error {
	n, err := lookup(name)
	if err != nil {
		return err
	}
	return n.write(w, seed)
}

func lookup(name string) (network, error) {
	i := slices.IndexFunc(networks, func(n network) bool { return n.name == name })
	if i < 0 {
		return network{}, fmt.Errorf("no architecture %q: want one of %s", name, strings.Join(Names(), ", "))
	}
	return networks[i], nil
}
