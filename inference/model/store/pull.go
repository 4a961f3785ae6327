package store

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/model/transfer"
)

// zoo are the places that hold the ONNX Model Zoo's files under their paths,
// tried in this order: the repository's large files, whose quota is often spent,
// and the copy that the repository names as its successor.
var zoo = []string{
	"https://media.githubusercontent.com/media/onnx/models/main/",
	"https://huggingface.co/onnxmodelzoo/legacy_models/resolve/main/",
}

// Options of Pull.
type Options struct {
	Name     string                  // of the model in the store; empty: the entry's
	Mirror   string                  // base URL that the file's path is below; empty: TESTBED_MIRROR, else where the ONNX Model Zoo is
	Client   *http.Client            // nil: one that honours the proxies of the environment
	Progress func(done, total int64) // bytes of the file; nil: none
}

// Pull gets the file f of the weights v of e into the store, and describes the
// model by the catalogue: the accuracy is the published one. A transfer that is
// cut is resumed, now or by a later Pull; what arrives is hashed before it is
// anything. A file that the store has is not fetched again.
func (s *Store) Pull(ctx context.Context, e model.Entry, v model.Variant, f model.ZooFile, o Options) (model.Model, error) {
	m := e.Model(v)
	m.SHA256, m.Bytes = f.SHA256, f.Bytes
	if o.Name != "" {
		m.Name = o.Name
	}
	bases, err := o.bases()
	if err != nil {
		return model.Model{}, err
	}
	if err := errors.Join(check(m), s.free(m)); err != nil {
		return model.Model{}, fmt.Errorf("model %s: %w", m.Name, err)
	}
	in, err := s.receive(ctx, f.SHA256+".part")
	if err != nil {
		return model.Model{}, err
	}
	if have, err := s.have(ctx, m); err == nil { // since before, or since another process let go of the part
		in.discard()
		return have, nil
	}
	if err := in.download(ctx, bases, f, o); err != nil {
		in.keep()
		return model.Model{}, fmt.Errorf("model %s: %w", m.Name, err)
	}
	defer in.discard()
	if m, err = in.inspect(m); err != nil {
		return model.Model{}, fmt.Errorf("model %s: %w", m.Name, err)
	}
	return in.place(ctx, m)
}

func (o Options) bases() ([]string, error) {
	mirror := o.Mirror
	if mirror == "" {
		mirror = os.Getenv("TESTBED_MIRROR")
	}
	if mirror == "" {
		return zoo, nil
	}
	u, err := url.Parse(mirror)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("mirror %q: want a URL such as https://host/path", mirror)
	}
	return []string{mirror}, nil
}

// download tries each base in turn. What one brought, the next goes on from.
func (in *incoming) download(ctx context.Context, bases []string, f model.ZooFile, o Options) error {
	var failed []error
	for _, base := range bases {
		from, err := url.JoinPath(base, f.Path)
		if err != nil {
			return err
		}
		d := transfer.Download{Client: o.Client, URL: from, SHA256: f.SHA256, Bytes: f.Bytes, Progress: o.Progress}
		_, err = d.To(ctx, in.File)
		if err == nil || ctx.Err() != nil {
			return err
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// have writes m's entry if its file is in the store and whole.
func (s *Store) have(ctx context.Context, m model.Model) (model.Model, error) {
	f, err := os.Open(s.blob(m.SHA256))
	if err != nil {
		return model.Model{}, err
	}
	defer f.Close()
	if err := verifyFile(ctx, f, m.SHA256, func(int64) {}); err != nil {
		return model.Model{}, err
	}
	if m, err = (&incoming{store: s, File: f}).inspect(m); err != nil {
		return model.Model{}, err
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return model.Model{}, err
	}
	defer unlock()
	if _, err := os.Stat(s.blob(m.SHA256)); err != nil { // GC was faster
		return model.Model{}, err
	}
	if err := errors.Join(s.free(m), s.write(m)); err != nil {
		return model.Model{}, err
	}
	return s.describe(m), nil
}
