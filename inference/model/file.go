package model

import (
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
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return Model{}, fmt.Errorf("model %s: %w", m.Name, err)
	}
	sum := hex.EncodeToString(h.Sum(nil))
	if m.SHA256 != "" && m.SHA256 != sum {
		return Model{}, mismatch(path, m.SHA256, sum)
	}
	m.File, m.SHA256, m.Bytes = abs, sum, n
	if m.Recipe == (Recipe{}) {
		m.Recipe = builtin()[0].Recipe
	}
	return m, nil
}

// ReadAll returns the bytes of the model's file, or of the program's own copy
// if it is built in. It never returns bytes that do not hash to m.SHA256.
func (m Model) ReadAll() ([]byte, error) {
	path := m.File
	read := os.ReadFile
	if path == "" {
		path, read = "zoo/"+m.Name+".onnx", zoo.ReadFile
	}
	data, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", m.Name, err)
	}
	if err := m.Verify(path, data); err != nil {
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

func mismatch(source, want, got string) error {
	return fmt.Errorf("%s: SHA-256 is %s: want %s", source, got, want)
}
