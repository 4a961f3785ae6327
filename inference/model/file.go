package model

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// FromFile describes the ONNX file at path. What the file cannot say comes
// from m: a name, and where known the declared accuracy, the recipe (zero: that
// of the built-in models) and the hash, which the file must then have.
// Parameters and MACs stay what m says, 0 if unknown. The file is hashed, not
// parsed: whether it is a model shows when it is opened.
func FromFile(path string, m Model) (Model, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return Model{}, fmt.Errorf("model %s: %w", m.Name, err)
	}
	f, err := os.Open(abs)
	if err != nil {
		return Model{}, fmt.Errorf("model %s: %w", m.Name, err)
	}
	defer f.Close()
	sum, n, err := hashOf(f)
	if err != nil {
		return Model{}, fmt.Errorf("model %s: %w", m.Name, err)
	}
	if m.SHA256 != "" && m.SHA256 != sum {
		return Model{}, mismatch(path, m.SHA256, sum)
	}
	m.File, m.SHA256, m.Bytes = abs, sum, n
	if m.Recipe == (Recipe{}) {
		m.Recipe = builtinRecipe
	}
	return m, nil
}

// Open returns the model's file, or the program's own copy if it is built in.
// What comes out of it is not verified. The caller closes it.
func (m Model) Open() (io.ReadSeekCloser, error) {
	if m.File != "" {
		f, err := os.Open(m.File)
		if err != nil {
			return nil, fmt.Errorf("model %s: %w", m.Name, err)
		}
		return f, nil
	}
	data, err := zoo.ReadFile(m.where())
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", m.Name, err)
	}
	return inMemory{bytes.NewReader(data)}, nil
}

type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// ReadAll returns the bytes of the model's file, or of the program's own copy
// if it is built in. It never returns bytes that do not hash to m.SHA256.
func (m Model) ReadAll() ([]byte, error) {
	f, err := m.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, max(m.Bytes, 0))
	n, err := io.ReadFull(f, data)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return nil, fmt.Errorf("model %s: %w", m.Name, err)
	}
	if err := m.Verify(m.where(), data[:n]); err != nil {
		return nil, err
	}
	return data, nil
}

// Verify returns an error that names source, and the hash that was wanted and
// the one that was got, unless data hashes to m.SHA256.
func (m Model) Verify(source string, data []byte) error {
	sum := sha256.Sum256(data)
	if got := hex.EncodeToString(sum[:]); got != m.SHA256 {
		return mismatch(source, m.SHA256, got)
	}
	return nil
}

// where is the path of the file, in the program if it is built in.
func (m Model) where() string {
	if m.File != "" {
		return m.File
	}
	return "zoo/" + m.Name + ".onnx"
}

// hashOf is the SHA-256 of what is left to read, hex, and how much that was.
func hashOf(r io.Reader) (sum string, n int64, err error) {
	h := sha256.New()
	// A file's own WriteTo would read 32 KiB at a time.
	n, err = io.CopyBuffer(h, struct{ io.Reader }{r}, make([]byte, 256<<10))
	if err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), n, nil
}

func mismatch(source, want, got string) error {
	return fmt.Errorf("%s: SHA-256 is %s: want %s", source, got, want)
}
