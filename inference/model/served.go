package model

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"
)

// settled is how long a file has to lie unchanged before it is hashed: file
// systems date by the clock's tick, and a change in the same tick would not show.
const settled = 100 * time.Millisecond

// A served file is verified once and watched for changes.
type served struct {
	model Model

	mu    sync.Mutex  // held while hashing, so that many requests hash once
	known fs.FileInfo // of the file when its hash was right; nil: not known to be
	sound bool        // the program's own copy hashed right; it cannot change
}

// verify hashes the file.
func (s *served) verify() error {
	content, err := s.open()
	if err != nil {
		return err
	}
	return content.Close()
}

// open opens the file for one reader, and hashes it first unless it is the
// unchanged file that was hashed before.
func (s *served) open() (io.ReadSeekCloser, error) {
	content, err := s.model.Open()
	if err != nil {
		return nil, err
	}
	if err := s.check(content); err != nil {
		content.Close()
		return nil, err
	}
	return content, nil
}

func (s *served) check(content io.ReadSeekCloser) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, onDisk := content.(*os.File)
	if !onDisk {
		return s.checkOwn(content)
	}
	now, err := f.Stat()
	if err != nil {
		return err
	}
	if s.known != nil && same(s.known, now) {
		return nil
	}
	s.known = nil
	if !now.Mode().IsRegular() || now.Size() != s.model.Bytes {
		return fmt.Errorf("%s: %v, %d bytes: want a file of %d", s.model.File, now.Mode(), now.Size(), s.model.Bytes)
	}
	if age := time.Since(now.ModTime()); age >= 0 && age < settled {
		time.Sleep(settled - age)
		if now, err = f.Stat(); err != nil {
			return err
		}
	}
	if err := s.hash(f); err != nil {
		return err
	}
	after, err := f.Stat()
	if err != nil {
		return err
	}
	if !same(now, after) {
		return fmt.Errorf("%s: it changed while it was read", s.model.File)
	}
	s.known = after
	return nil
}

func (s *served) checkOwn(content io.ReadSeeker) error {
	if s.sound {
		return nil
	}
	err := s.hash(content)
	s.sound = err == nil
	return err
}

func (s *served) hash(content io.ReadSeeker) error {
	sum, _, err := hashOf(content)
	if err != nil {
		return fmt.Errorf("model %s: %w", s.model.Name, err)
	}
	if sum != s.model.SHA256 {
		return mismatch(s.model.where(), s.model.SHA256, sum)
	}
	_, err = content.Seek(0, io.SeekStart)
	return err
}

func same(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
