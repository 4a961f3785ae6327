package view

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/testbed/testbed/runner/record"
)

// How deep below a folder runs are looked for, in how many folders at most, and
// how often.
const (
	deepest     = 4
	mostFolders = 20_000
	rescanAfter = 2 * time.Second
)

// A shelf is the runs in some folders. One that was found is not forgotten,
// since somebody may be looking at it.
type shelf struct {
	dirs []string // as they were given

	mu     sync.Mutex
	known  map[string]*run // by id
	listed []*run          // that are there now
	next   time.Time       // before which folders are not looked through again
}

func newShelf(dirs []string) (*shelf, error) {
	for _, dir := range dirs {
		if info, err := os.Stat(dir); err != nil {
			return nil, err
		} else if !info.IsDir() {
			return nil, fmt.Errorf("%s: want a run directory, or a folder of them", dir)
		}
	}
	return &shelf{dirs: dirs, known: map[string]*run{}}, nil
}

// all are the runs that are there. It looks through the folders at most every
// two seconds, and for at most a twentieth of the time.
func (s *shelf) all() []*run {
	s.mu.Lock()
	defer s.mu.Unlock()
	if start := time.Now(); !start.Before(s.next) {
		s.scan()
		s.next = time.Now().Add(max(rescanAfter, 20*time.Since(start)))
	}
	return slices.Clone(s.listed)
}

// find is a run by its id; nil if there never was one.
func (s *shelf) find(id string) *run {
	s.mu.Lock()
	r := s.known[id]
	s.mu.Unlock()
	if r == nil { // such as a bookmark's
		s.all()
		s.mu.Lock()
		r = s.known[id]
		s.mu.Unlock()
	}
	return r
}

func (s *shelf) scan() {
	s.listed = nil
	left := mostFolders
	for _, dir := range s.dirs {
		s.below(dir, 0, &left)
	}
}

// below adds dir, if it is a run, or else those in it. Links to folders are not
// followed, so that there is no way out of what was given.
func (s *shelf) below(dir string, depth int, left *int) {
	if *left--; *left < 0 {
		return
	}
	if info, err := os.Stat(filepath.Join(dir, record.HeaderFile)); err == nil && info.Mode().IsRegular() {
		s.add(dir)
		return
	}
	if depth == deepest {
		return
	}
	entries, _ := os.ReadDir(dir) // what cannot be read, or is gone, holds none
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			s.below(filepath.Join(dir, e.Name()), depth+1, left)
		}
	}
}

func (s *shelf) add(dir string) {
	id := idOf(dir)
	if s.known[id] == nil {
		s.known[id] = &run{id: id, dir: dir}
	}
	if !slices.Contains(s.listed, s.known[id]) {
		s.listed = append(s.listed, s.known[id])
	}
}

// idOf names a directory in a URL, the same each time: by its own name and, as
// others may share that, some of the hash of its whole path.
func idOf(dir string) string {
	whole, err := filepath.Abs(dir)
	if err != nil {
		whole = dir
	}
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '_'
	}, filepath.Base(whole))
	return fmt.Sprintf("%s~%.4x", plain, sha256.Sum256([]byte(whole)))
}
