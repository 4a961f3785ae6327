package store

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Bounds on what an archive may hold beside the model.
const (
	maxMembers  = 10_000
	maxUnpacked = 2 * MaxFile // bytes, of every member together
)

// copyModel copies the file at path, or the one model of the archive there.
func copyModel(ctx context.Context, in *incoming, path string) (string, int64, error) {
	f, err := openRegular(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	start := make([]byte, 512)
	n, err := f.ReadAt(start, 0)
	if err != nil && err != io.EOF {
		return "", 0, err
	}
	start = start[:n]
	a := archive{ctx: ctx, in: in}
	// None of these can begin a protobuf message.
	switch {
	case bytes.HasPrefix(start, []byte("\x1f\x8b")):
		packed, err := gzip.NewReader(f)
		if err != nil {
			return "", 0, err
		}
		return a.tar(packed)
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return a.zip(f)
	case len(start) == 512 && bytes.HasPrefix(start[257:], []byte("ustar")):
		return a.tar(f)
	}
	return in.copyFrom(ctx, f)
}

// An archive is being looked through for its one model.
type archive struct {
	ctx     context.Context
	in      *incoming
	members int

	model string // the member that was copied
	sum   string
	bytes int64
}

func (a *archive) tar(r io.Reader) (string, int64, error) {
	limited := &io.LimitedReader{R: r, N: maxUnpacked}
	t := tar.NewReader(limited)
	for {
		h, err := t.Next()
		if limited.N <= 0 {
			return "", 0, fmt.Errorf("archive: more than %d bytes unpacked", int64(maxUnpacked))
		}
		if err == io.EOF {
			return a.found()
		}
		if err != nil {
			return "", 0, fmt.Errorf("archive: %w", err)
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		if err := a.member(h.Name, h.FileInfo().Mode(), t); err != nil {
			return "", 0, err
		}
	}
}

func (a *archive) zip(f *os.File) (string, int64, error) {
	info, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return "", 0, fmt.Errorf("archive: %w", err)
	}
	for _, m := range z.File {
		r := &lazy{open: m.Open}
		err := a.member(m.Name, m.Mode(), r)
		r.Close()
		if err != nil {
			return "", 0, err
		}
	}
	return a.found()
}

// member looks at one member and copies it if it is the model. Nothing is ever
// written to the path that the archive gives, but an archive whose paths lead
// out of it was not made in good faith.
func (a *archive) member(name string, mode fs.FileMode, r io.Reader) error {
	if a.members++; a.members > maxMembers {
		return fmt.Errorf("archive: more than %d members", maxMembers)
	}
	if !filepath.IsLocal(filepath.FromSlash(name)) || strings.ContainsAny(name, "\\\x00") {
		return fmt.Errorf("archive: member %q: want a path within the archive", name)
	}
	if mode.IsDir() {
		return nil
	}
	if !mode.IsRegular() {
		return fmt.Errorf("archive: member %q is %v: want files only", name, mode)
	}
	if !strings.EqualFold(path.Ext(name), ".onnx") {
		return nil
	}
	if a.model != "" {
		return fmt.Errorf("archive: two models, %q and %q: want one", a.model, name)
	}
	sum, n, err := a.in.copyFrom(a.ctx, r)
	if err != nil {
		return fmt.Errorf("archive: member %q: %w", name, err)
	}
	a.model, a.sum, a.bytes = name, sum, n
	return nil
}

func (a *archive) found() (string, int64, error) {
	if a.model == "" {
		return "", 0, errors.New("archive: no member of the kind .onnx")
	}
	return a.sum, a.bytes, nil
}

// lazy opens when it is read.
type lazy struct {
	open func() (io.ReadCloser, error)
	r    io.ReadCloser
}

func (l *lazy) Read(p []byte) (n int, err error) {
	if l.r == nil {
		if l.r, err = l.open(); err != nil {
			return 0, err
		}
	}
	return l.r.Read(p)
}

func (l *lazy) Close() error {
	if l.r == nil {
		return nil
	}
	return l.r.Close()
}
