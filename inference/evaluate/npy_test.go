package evaluate_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// npyHeader is what NumPy writes of little-endian arrays in C order.
var npyHeader = regexp.MustCompile(`^\{'descr': '([|<][uf][14])', 'fortran_order': False, 'shape': \(([0-9, ]+)\), *\} *\n$`)

// readNPY reads a file of NumPy's format, version 1, whose elements are T.
func readNPY[T uint8 | float32](t *testing.T, path string) (shape []int, data []T) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const magic = "\x93NUMPY\x01\x00"
	if len(file) < 10 || string(file[:8]) != magic {
		t.Fatalf("%s: not NumPy's format", path)
	}
	end := 10 + int(binary.LittleEndian.Uint16(file[8:]))
	m := npyHeader.FindStringSubmatch(string(file[10:end]))
	want := map[string]string{"uint8": "|u1", "float32": "<f4"}[fmt.Sprintf("%T", *new(T))]
	if m == nil || m[1] != want {
		t.Fatalf("%s: header %q: want elements %s", path, file[10:end], want)
	}
	n := 1
	for dim := range strings.SplitSeq(m[2], ",") {
		if dim = strings.TrimSpace(dim); dim == "" {
			continue
		}
		d, err := strconv.Atoi(dim)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		shape, n = append(shape, d), n*d
	}
	data = make([]T, n)
	if err := binary.Read(bytes.NewReader(file[end:]), binary.LittleEndian, data); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return shape, data
}
