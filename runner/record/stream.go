package record

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"iter"
	"slices"
)

// Lines are the requests and decisions of a run, one at a time, so that a run of
// millions needs no room for them. What they give is theirs: it changes with the
// next.
type Lines struct {
	Requests  iter.Seq[*Request]
	Decisions iter.Seq[*Decision]
}

// Lines are those that the run holds.
func (run *Run) Lines() Lines { return Lines{held(run.Requests), held(run.Decisions)} }

func held[T any](all []T) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for i := range all {
			if !yield(&all[i]) {
				return
			}
		}
	}
}

// Stream is Read of a run that may be too large to hold: the Run is without its
// requests and decisions, which are read from the directory each time they are
// gone through. What cannot be used of them is in Run.Problems afterwards.
func Stream(dir string) (*Run, Lines, error) {
	run, err := readHeader(dir)
	if err != nil {
		return nil, Lines{}, err
	}
	run.readRest()
	return &run, Lines{streamed[Request](&run, RequestsFile), streamed[Decision](&run, DecisionsFile)}, nil
}

// streamed reads a file of JSON lines but those that a later line replaces.
func streamed[T any](run *Run, name string) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		replaced := replacedLines(run.Dir, name)
		v, none := new(T), *new(T)
		eachLine(run, name, func(n int, line []byte) bool {
			if replaced[n] {
				return true
			}
			*v = none
			if err := decode(line, v); err != nil {
				run.Problems = append(run.Problems, fmt.Sprintf("%s:%d: %v", name, n, err))
				return true
			}
			return yield(v)
		})
	}
}

// replacedLines are the numbers of the lines whose key a later line has: the
// condition, arm, repetition and pair, with which every line that is written
// here begins. Keys are told apart by 64 bits of a hash.
func replacedLines(dir, name string) map[int]bool {
	var keys []uint64 // by line; 0: it is no line of ours
	seed := maphash.MakeSeed()
	eachLine(&Run{Dir: dir}, name, func(_ int, line []byte) bool {
		key := uint64(0)
		_, rest, ok := bytes.Cut(line, []byte(`,"pair":`)) // in a string the quotes would be escaped
		if end := bytes.IndexByte(rest, ','); ok && end > 0 && line[len(line)-1] == '}' {
			key = maphash.Bytes(seed, line[:len(line)-len(rest)+end])
		}
		keys = append(keys, key)
		return true
	})
	sorted := slices.Sorted(slices.Values(keys))
	twice := map[uint64]bool{}
	for i := 1; i < len(sorted); i++ {
		if sorted[i] == sorted[i-1] && sorted[i] != 0 {
			twice[sorted[i]] = true
		}
	}
	out, last := map[int]bool{}, map[uint64]int{}
	for i, key := range keys {
		if !twice[key] {
			continue
		}
		if before, ok := last[key]; ok {
			out[before] = true
		}
		last[key] = i + 1
	}
	return out
}
