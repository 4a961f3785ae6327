package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// deliver writes a result to --out: to standard output, or to a file, whole or
// not at all. What is there and is no ordinary file (a device, a pipe) is
// written to as it is; a link is followed.
func (a *app) deliver(data []byte) error {
	return a.deliverBy(a.settings.GetString("out"), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// deliverBy is deliver of what write writes, to the file of that name.
func (a *app) deliverBy(name string, write func(io.Writer) error) error {
	if name == "-" {
		return write(a.out)
	}
	given := name
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	info, err := os.Stat(name)
	switch {
	case name == "" || strings.HasSuffix(name, "/") || err == nil && info.IsDir():
		return badInput(fmt.Errorf("--out %q: want the name of a file", given))
	case err == nil && !info.Mode().IsRegular():
		return outError(name, writeInto(name, write))
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return outError(name, err)
	}
	return outError(name, replace(name, write))
}

// outError says that --out cannot be written; the mistake is in the flag.
func outError(name string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err // without names of our own making
	}
	if err == nil {
		return nil
	}
	return badInput(fmt.Errorf("--out %s: %w", name, err))
}

// writeInto writes to what is there.
func writeInto(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// replace makes a file beside its place and moves it there.
func replace(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".tmp-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone if all goes well
	if err = errors.Join(write(f), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
