package node

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/testbed/testbed/inference/model"
)

// files are where an inference node gets the files of models from.
type files struct {
	fetcher fetcher                // over the network, which is what arms experience
	own     map[string]model.Model // on this machine, by SHA-256

	mu    sync.Mutex
	stash map[string]*file // fetched for nobody's experience, by SHA-256
}

func newFiles(f fetcher, catalogue []model.Model) *files {
	s := &files{fetcher: f, own: make(map[string]model.Model), stash: make(map[string]*file)}
	for _, m := range catalogue {
		built, err := model.Lookup(m.Name)
		if m.File != "" || (err == nil && built.SHA256 == m.SHA256) {
			s.own[m.SHA256] = m
		}
	}
	return s
}

// fetch gets the file of m over the network. A node without a repository has
// its models on its disk: there is nothing to fetch.
func (s *files) fetch(ctx context.Context, m model.Model) (*file, sample, error) {
	if s.fetcher.repository == "" {
		f, err := s.local(ctx, m)
		return f, sample{}, err
	}
	f, err := newFile(m.Bytes)
	if err != nil {
		return nil, sample{}, err
	}
	taken, err := s.fetcher.fetch(ctx, m, f.File)
	if err != nil {
		return nil, taken, errors.Join(err, f.release())
	}
	return f, taken, nil
}

// local gets the file of m without the network that is being measured, as far
// as it can: from this machine, or else once from the repository, to be kept
// on the disk as long as the node has its runner.
func (s *files) local(ctx context.Context, m model.Model) (*file, error) {
	if own, ok := s.own[m.SHA256]; ok {
		f, err := newFile(m.Bytes)
		if err != nil {
			return nil, err
		}
		return f, s.copied(ctx, own, f)
	}
	if s.fetcher.repository == "" {
		return nil, fmt.Errorf("model %s: its file is not on this machine, and there is no repository to fetch it from", m.Name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.stash[m.SHA256]; f != nil {
		return f, nil
	}
	f, err := newDiskFile()
	if err != nil {
		return nil, err
	}
	if _, err := s.fetcher.fetch(ctx, m, f.File); err != nil {
		return nil, errors.Join(fmt.Errorf("fetch %s from %s: %w", m.Name, s.fetcher.repository, err), f.release())
	}
	f.kept, s.stash[m.SHA256] = true, f
	return f, nil
}

// copied fills f with the file of m, and closes it if that is another than it
// should be. What is verified is what was copied, not what is read later.
func (s *files) copied(ctx context.Context, m model.Model, f *file) error {
	err := copyVerified(ctx, f.File, m)
	if err != nil {
		err = errors.Join(err, f.release())
	}
	return err
}

func copyVerified(ctx context.Context, to io.Writer, m model.Model) error {
	from, err := m.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(to, h), &cancelled{ctx, io.LimitReader(from, m.Bytes+1)}); err != nil {
		return fmt.Errorf("model %s: %w", m.Name, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != m.SHA256 {
		return fmt.Errorf("model %s: %s: SHA-256 is %s: want %s", m.Name, m.File, got, m.SHA256)
	}
	return nil
}

// A cancelled reader ends with its context.
type cancelled struct {
	ctx context.Context
	io.Reader
}

func (c *cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.Reader.Read(p)
}

// close frees what was stashed. No local is under way.
func (s *files) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for sum, f := range s.stash {
		errs = append(errs, f.Close())
		delete(s.stash, sum)
	}
	return errors.Join(errs...)
}

// origin says where fetched files come from.
func (s *files) origin() string {
	if s.fetcher.repository == "" {
		return "this machine"
	}
	return s.fetcher.repository
}
