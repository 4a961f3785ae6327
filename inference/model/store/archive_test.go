package store_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"testing"
)

// A member of an archive; link makes it a symbolic link to that.
type member struct {
	name string
	data []byte
	link string
}

func tarOf(t *testing.T, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Mode: 0o644, Size: int64(len(m.data)), Typeflag: tar.TypeReg}
		if m.link != "" {
			h.Typeflag, h.Linkname = tar.TypeSymlink, m.link
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(m.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipOf(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipOf(t *testing.T, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		f, err := w.CreateHeader(&zip.FileHeader{Name: m.name, Method: zip.Deflate})
		if err != nil {
			t.Fatal(err)
		}
		f.Write(m.data)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestAddArchive: as the ONNX Model Zoo packs its models, with test data beside.
func TestAddArchive(t *testing.T) {
	data := onnx(t, 0)
	members := []member{
		{name: "m/test_data_set_0/input_0.pb", data: []byte("x")},
		{name: "m/m.onnx", data: data},
		{name: "./m/README.md", data: []byte("hello")},
	}
	for name, packed := range map[string][]byte{
		"m.tar":    tarOf(t, members...),
		"m.tar.gz": gzipOf(t, tarOf(t, members...)),
		"m.zip":    zipOf(t, members...),
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			m, err := s.Add(background, file(t, name, packed), mine(0))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := m.ReadAll(); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
}

func TestArchiveRefused(t *testing.T) {
	good := member{name: "m.onnx", data: onnx(t, 0)}
	var many []member
	for i := range 10_001 {
		many = append(many, member{name: fmt.Sprint(i)})
	}
	tests := []struct {
		name    string
		members []member
		what    string
	}{
		{"climbs", []member{{name: "../m.onnx", data: good.data}}, `member "../m.onnx"`},
		{"climbs within", []member{good, {name: "a/../../b", data: nil}}, `member "a/../../b"`},
		{"absolute", []member{{name: "/etc/m.onnx", data: good.data}}, `member "/etc/m.onnx"`},
		{"backslash", []member{{name: `..\m.onnx`, data: good.data}}, "want a path within"},
		{"empty", nil, "no member of the kind .onnx"},
		{"no model", []member{{name: "README", data: []byte("x")}}, "no member of the kind .onnx"},
		{"two models", []member{good, {name: "other.ONNX", data: good.data}}, `two models, "m.onnx" and "other.ONNX"`},
		{"too many", many, "more than 10000 members"},
		{"not a model", []member{{name: "m.onnx", data: []byte("hello, this is no model")}}, "not a whole ONNX model"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for name, packed := range map[string][]byte{"m.tar.gz": gzipOf(t, tarOf(t, test.members...)), "m.zip": zipOf(t, test.members...)} {
				if name == "m.zip" && test.name == "empty" {
					continue // has no member to tell it by
				}
				s := open(t)
				_, err := s.Add(background, file(t, name, packed), mine(0))
				says(t, err, name, test.what)
				empty(t, s)
			}
		})
	}
	s := open(t)
	_, err := s.Add(background, file(t, "m.tar", tarOf(t, member{name: "m.onnx", link: "/etc/passwd"})), mine(0))
	says(t, err, `member "m.onnx" is L`, "want files only")
	empty(t, s)
	whole := gzipOf(t, tarOf(t, good))
	_, err = s.Add(background, file(t, "m.tar.gz", whole[:len(whole)/2]), mine(0))
	says(t, err, "m.tar.gz", "unexpected EOF")
	empty(t, s)
}
