package onnx_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/testbed/testbed/inference/host"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnx"
	"google.golang.org/protobuf/encoding/protowire"
)

// message makes a field of a protobuf message that is one itself.
func message(num protowire.Number, parts ...[]byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), slices.Concat(parts...))
}

func number(num protowire.Number, x uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.VarintType), x)
}

func text(num protowire.Number, s string) []byte { return message(num, []byte(s)) }

// length makes the head of a field of n bytes, which are to follow.
func length(num protowire.Number, n int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.BytesType), uint64(n))
}

// tensorInfo is a ValueInfoProto of float32.
func tensorInfo(num protowire.Number, name string, dims ...uint64) []byte {
	var shape [][]byte
	for _, d := range dims {
		shape = append(shape, message(1, number(1, d)))
	}
	return message(num, text(1, name), message(2, message(1, number(1, 1), message(2, shape...))))
}

// TestTooBigForMemory: a model of which three copies are more than there is
// memory is refused for its size, before any of it is read. The file is all
// hole: it says that it has that many weights.
func TestTooBigForMemory(t *testing.T) {
	e := open(t)
	available, ok := host.Memory()
	if !ok {
		t.Skip("it is not known how much memory there is")
	}
	weights := int(available / 2 / 4)
	tensor := slices.Concat(number(1, uint64(weights)), number(2, 1), text(8, "w"), length(9, 4*weights))
	graph := slices.Concat(
		message(1, text(1, "x"), text(2, "y"), text(4, "Relu")),
		tensorInfo(11, "x", 1, 3, 4, 4), tensorInfo(12, "y", 1, 48),
		length(5, len(tensor)+4*weights), tensor)
	head := slices.Concat(number(1, 7), message(8, number(2, 13)), length(7, len(graph)+4*weights), graph)
	path := filepath.Join(t.TempDir(), "huge.onnx")
	if err := os.WriteFile(path, head, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, int64(len(head)+4*weights)); err != nil {
		t.Skipf("no file with a hole: %v", err)
	}
	for _, o := range []onnx.Options{{}, {Cache: t.TempDir()}} {
		s, err := e.LoadFile(path, "", o)
		if err == nil {
			t.Fatal("no error", s.Close())
		}
		for _, want := range []string{path, "times as many", "bytes of memory are available"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("error %v; want %q in it", err, want)
			}
		}
	}
}

// TestLoadFileNamesWhatIsWrong: the error names the file, and what of it.
func TestLoadFileNamesWhatIsWrong(t *testing.T) {
	e := open(t)
	whole, err := model.Builtin()[0].ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	external := message(7, message(5, text(8, "w"), number(2, 1), number(1, 4), message(13, text(1, "location"), text(2, "weights.bin")), number(14, 1)),
		message(1, text(1, "x"), text(2, "y"), text(4, "Relu")), tensorInfo(11, "x", 1, 3, 4, 4), tensorInfo(12, "y", 1, 48))
	for _, tt := range []struct {
		name string
		file []byte
		want string
	}{
		{"nothing", nil, "empty"},
		{"a page", []byte("<!DOCTYPE html><html><body>404</body></html>"), "not a whole ONNX model"},
		{"cut short", whole[:len(whole)/2], "not a whole ONNX model"},
		{"weights elsewhere", slices.Concat(number(1, 7), message(8, number(2, 13)), external), `"weights.bin"`},
		{"channels last", means(t, []int64{-1, 4, 4, 3}, []int64{-1, 3}, true), `input "image" FLOAT [?, 4, 4, 3]`},
		{"a segmentation", means(t, []int64{-1, 3, 4, 4}, []int64{-1, 3, 4, 4}, false), `output "means" FLOAT [?, 3, 4, 4]`},
	} {
		path := filepath.Join(t.TempDir(), "model.onnx")
		if err := os.WriteFile(path, tt.file, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := e.LoadFile(path, "", onnx.Options{})
		if err == nil {
			t.Errorf("%s: no error", tt.name)
			s.Close()
			continue
		}
		for _, want := range []string{path, tt.want} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v; want %q in it", tt.name, err, want)
			}
		}
	}
	if _, err := e.LoadFile("/nowhere/model.onnx", "", onnx.Options{}); err == nil || !strings.Contains(err.Error(), "/nowhere/model.onnx") {
		t.Errorf("no file: error %v; want one that names it", err)
	}
}
