package onnxfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// ErrFormat is wrapped by errors of Read about what the file holds; other
// errors are those of reading it.
var ErrFormat = errors.New("not a whole ONNX model")

// ReadFile reads the Info of the file at path. Errors name it.
func ReadFile(path string) (Info, error) {
	f, err := os.Open(path)
	if err != nil {
		return Info{}, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return Info{}, err
	}
	if !st.Mode().IsRegular() {
		return Info{}, fmt.Errorf("%s: not a regular file", path)
	}
	info, err := Read(f, st.Size())
	if err != nil {
		return Info{}, fmt.Errorf("%s: %w", path, err)
	}
	return info, nil
}

// Read reads the Info of the ONNX file of size bytes in r. It reads names and
// shapes only and steps over weights. Errors name the field, and are
// ErrFormat if the file is damaged, cut short or something else. A file may
// make it hold some ten megabytes and parse some million fields, no more.
func Read(r io.ReaderAt, size int64) (Info, error) {
	if size <= 0 {
		return Info{}, fmt.Errorf("%w: empty", ErrFormat)
	}
	d := decoder{
		cursor: cursor{r: r, size: size},
		stored: map[string]int64{}, fixed: map[string]bool{}, files: map[string]bool{},
	}
	d.info.Ops = map[string]int{}
	if err := d.model(); err != nil {
		if d.failed != nil {
			return Info{}, fmt.Errorf("read: %w", d.failed)
		}
		if what := d.resembles(); what != "" {
			return Info{}, fmt.Errorf("%w: it is %s", ErrFormat, what)
		}
		return Info{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return d.finish()
}

// A decoder gathers an Info.
type decoder struct {
	cursor
	info  Info
	depth int // of graphs

	hasGraph bool
	stored   map[string]int64 // elements of each stored tensor that may be a weight, else 0
	fixed    map[string]bool  // names of values that are no weights
	files    map[string]bool  // info.External
}

func (d *decoder) model() error {
	var producer, version string
	err := d.each(modelSchema, d.size, func(fd field) (err error) {
		switch fd.num {
		case modelIR:
			d.info.IR = int64(fd.x)
		case modelProducer:
			producer, err = d.text(fd)
		case modelProducerVersion:
			version, err = d.text(fd)
		case modelOpset:
			err = d.opset(fd)
		case modelMetadata:
			err = d.metadata(fd)
		case modelFunction:
			err = d.function(fd)
		case modelGraph:
			d.hasGraph = true
			err = d.graph(fd)
		}
		return err
	})
	if err != nil {
		return err
	}
	if !d.hasGraph {
		return errors.New("graph: missing")
	}
	d.info.Producer = producer
	if version != "" {
		d.info.Producer += " " + version
	}
	return nil
}

func (d *decoder) opset(fd field) error {
	var domain string
	var version int64
	err := d.each(opsetSchema, fd.end, func(fd field) (err error) {
		switch fd.num {
		case opsetDomain:
			domain, err = d.text(fd)
		case opsetVersion:
			version = int64(fd.x)
		}
		return err
	})
	if domain == "" || domain == "ai.onnx" {
		d.info.Opset = version
	}
	return err
}

func (d *decoder) metadata(fd field) error {
	key, value, err := d.entry(fd)
	if err != nil {
		return err
	}
	if d.info.Metadata == nil {
		d.info.Metadata = map[string]string{}
	}
	d.info.Metadata[key] = value
	return d.keep(64)
}

// entry reads a StringStringEntryProto.
func (d *decoder) entry(fd field) (key, value string, err error) {
	err = d.each(entrySchema, fd.end, func(fd field) (err error) {
		switch fd.num {
		case entryKey:
			key, err = d.text(fd)
		case entryValue:
			value, err = d.text(fd)
		}
		return err
	})
	return key, value, err
}

// finish works out what only the whole file can say.
func (d *decoder) finish() (Info, error) {
	for name, n := range d.stored {
		if d.fixed[name] {
			continue
		}
		if d.info.Parameters += n; d.info.Parameters < 0 {
			return Info{}, fmt.Errorf("%w: graph: initializer: more elements than can be counted", ErrFormat)
		}
	}
	d.info.Inputs = slices.DeleteFunc(d.info.Inputs, func(v Value) bool {
		_, weight := d.stored[v.Name]
		return weight
	})
	return d.info, nil
}

// resembles says what a file that is not ONNX is, for the kinds that are met in
// place of a model; else it is empty.
func (d *decoder) resembles() string {
	head := make([]byte, min(64, d.size))
	if d.cursor.read(head, 0) != nil {
		return ""
	}
	for _, kind := range []struct{ magic, what string }{
		{"version https://git-lfs", "a Git LFS pointer, which stands for the file"},
		{"<!DOCTYPE", "a web page"}, {"<!doctype", "a web page"}, {"<html", "a web page"},
		{"PK\x03\x04", "a ZIP archive (or a PyTorch checkpoint)"},
		{"\x1f\x8b", "compressed by gzip"},
		{"\x80\x02", "a Python pickle"}, {"\x89HDF", "HDF5 (Keras)"},
	} {
		if len(head) >= len(kind.magic) && string(head[:len(kind.magic)]) == kind.magic {
			return kind.what
		}
	}
	if len(head) >= 8 && string(head[4:8]) == "TFL3" {
		return "a TensorFlow Lite model"
	}
	if len(head) >= 8 && string(head[4:8]) == "ORTM" {
		return "a model in ONNX Runtime's own format, which only one version and machine can run"
	}
	return ""
}
