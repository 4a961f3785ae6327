package onnx

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/testbed/testbed/inference/host"
	"github.com/testbed/testbed/inference/onnxfile"
)

// The cache holds a file KEY-SUM.ort for each optimised model: SUM is the
// CRC-32C of its bytes, so that one that was damaged is not run. A checksum of
// 32 bits is for accidents: who can write here can run anything as this user.

const (
	suffix     = ".ort"
	temporary  = "new-"
	cacheBytes = 16 << 30
	abandoned  = 24 * time.Hour // a temporary directory that old has no owner
)

// cacheable reports whether there is something to keep: other providers than
// the CPU compile the graph themselves, and what is not optimised is the file.
func (o Options) cacheable() bool { return o.provider() == cpuProvider && o.optimization() != "off" }

// key is of all that an optimised model depends on: the file, the version of
// ONNX Runtime, the provider, the instructions of the CPU and the options.
func key(model, version string, flags []string, o Options) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %q", strings.ToLower(model), version, o.provider(), flags, o.optimization())
	return hex.EncodeToString(h.Sum(nil))
}

// loadCached opens the optimised model out of the cache, or makes it.
func (e *Engine) loadCached(path, model string, g onnxfile.Classifier, o Options) (*Session, error) {
	key := key(model, e.version, host.Flags(), o)
	for _, file := range cached(o.Cache, key) {
		s, err := openCached(file, g, o)
		if err == nil {
			return s, nil
		}
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("cache: %w", err)
		}
	}
	return fill(path, key, g, o)
}

// openCached opens a session that works on a file of the cache, if it is whole.
func openCached(file string, g onnxfile.Classifier, o Options) (*Session, error) {
	m, err := mapFile(file)
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(file, "-"+checksum(m)+suffix) {
		return nil, errors.Join(fmt.Errorf("%s: damaged", file), m.unmap())
	}
	s, err := open(source{optimized: m}, g, o)
	if err != nil {
		return nil, errors.Join(err, m.unmap())
	}
	now := time.Now()
	os.Chtimes(file, now, now) // when it was used last; of no matter if it fails
	return s, nil
}

// fill opens the model itself and keeps what the optimisation made of it.
func fill(path, key string, g onnxfile.Classifier, o Options) (*Session, error) {
	if err := enoughFor(path, filling); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Cache, 0o700); err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	// A directory of its own, for the runtime writes the file by name.
	dir, err := os.MkdirTemp(o.Cache, temporary)
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	defer os.RemoveAll(dir)
	save := filepath.Join(dir, "model"+suffix)
	s, err := open(source{path: path, save: save}, g, o)
	if err != nil {
		return nil, err
	}
	if err := keep(save, o.Cache, key); err != nil {
		return nil, errors.Join(fmt.Errorf("cache: %w", err), s.Close())
	}
	return s, nil
}

// keep moves a new file into the cache, all of it at once, and makes room.
func keep(file, cache, key string) error {
	m, err := mapFile(file)
	if err != nil {
		return err
	}
	name := key + "-" + checksum(m) + suffix
	if err := m.unmap(); err != nil {
		return err
	}
	if err := os.Rename(file, filepath.Join(cache, name)); err != nil {
		return err
	}
	return prune(cache, cacheBytes, time.Now())
}

// cached are the files of the cache with this key: one as a rule.
func cached(cache, key string) []string {
	entries, err := os.ReadDir(cache)
	if err != nil {
		return nil // there is none yet, or fill says what is wrong
	}
	var files []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), key+"-") && strings.HasSuffix(e.Name(), suffix) {
			files = append(files, filepath.Join(cache, e.Name()))
		}
	}
	return files
}

func checksum(data []byte) string {
	return fmt.Sprintf("%08x", crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
}
