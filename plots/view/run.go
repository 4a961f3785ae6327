package view

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/testbed/testbed/plots/stats"
	"github.com/testbed/testbed/runner/record"
)

// quietAfter is how long a run that goes on may write nothing before it is said.
const quietAfter = 30 * time.Second

// A run is a directory that is looked at.
type run struct {
	id, dir string

	mu      sync.Mutex
	seen    map[string]string // stamps of files, as they were read
	header  record.Header
	fault   string // why the header could not be read
	verdict *verdict
	pace    pace
}

// A state is how a run stands. Times are in seconds; negative: not known.
type state struct {
	ID         string       `json:"id"`
	Dir        string       `json:"dir"`
	Gone       bool         `json:"gone"`
	Fault      string       `json:"fault"` // why it cannot be read
	Scenario   string       `json:"scenario"`
	Title      string       `json:"title"`
	World      string       `json:"world"`
	Status     string       `json:"status"`
	Started    time.Time    `json:"started"`
	Took       float64      `json:"took"`
	Arms       []string     `json:"arms"`
	Conditions []string     `json:"conditions"` // their labels
	Seed       uint64       `json:"seed"`
	Pairs      int          `json:"pairs"` // recorded, of one that goes on
	Planned    int          `json:"planned"`
	Left       stats.Number `json:"left"`
	Quiet      float64      `json:"quiet"`   // since it wrote something, if that is long ago; 0: it is not
	Verdict    *verdict     `json:"verdict"` // of its report; null: there is none
	Report     bool         `json:"report"`  // report.html is there
}

// A verdict is the head of summary.json.
type verdict struct {
	Result       string              `json:"result"`
	Sentence     string              `json:"sentence"`
	Requirements []stats.Requirement `json:"requirements"`
}

// look says how the run stands now.
func (r *run) look() state {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := state{ID: r.id, Dir: r.dir, Arms: []string{}, Conditions: []string{}, Left: stats.Missing()}
	if r.changed(record.HeaderFile) {
		r.header, r.fault = record.Header{}, ""
		if h, err := record.ReadHeader(r.dir); err != nil {
			r.fault = err.Error()
		} else {
			h.Resolved, h.Nodes = nil, nil // large, and not shown
			r.header = h
		}
	}
	if r.seen[record.HeaderFile] == "" {
		s.Gone, s.Fault = true, "the directory is gone, or is no run any more"
		return s
	}
	h := &r.header
	s.Fault, s.Scenario, s.Title, s.World, s.Status, s.Seed = r.fault, h.Name, h.Title, h.World, h.Status, h.Seed
	s.Started, s.Took = h.Started, h.Took.Seconds()
	s.Arms = append(s.Arms, h.Arms...)
	for _, c := range h.Conditions {
		s.Conditions = append(s.Conditions, c.ID)
		s.Planned += c.Requests * h.Repetitions
	}
	if r.changed(summaryFile) {
		r.verdict = verdictIn(filepath.Join(r.dir, summaryFile))
	}
	if s.Verdict = r.verdict; h.Status == "running" {
		s.Verdict = nil // that of an earlier session
		r.goesOn(&s, time.Now())
	}
	_, err := os.Stat(filepath.Join(r.dir, "report.html"))
	s.Report = err == nil
	return s
}

// goesOn says how far the run is.
func (r *run) goesOn(s *state, now time.Time) {
	s.Took = now.Sub(r.header.Started).Seconds()
	r.pace.read(filepath.Join(r.dir, record.RequestsFile), now)
	s.Pairs = min(r.pace.requests/max(len(r.header.Arms), 1), s.Planned)
	if perSecond := r.pace.perSecond() / float64(max(len(r.header.Arms), 1)); perSecond > 0 {
		s.Left = stats.Number(float64(s.Planned-s.Pairs) / perSecond)
	}
	latest := time.Time{}
	for _, name := range []string{record.HeaderFile, record.RequestsFile, record.TelemetryFile, record.ChecksFile, record.ReplaysFile} {
		if info, err := os.Stat(filepath.Join(r.dir, name)); err == nil && info.ModTime().After(latest) {
			latest = info.ModTime()
		}
	}
	if quiet := now.Sub(latest); quiet > quietAfter {
		s.Quiet, s.Left = quiet.Seconds(), stats.Missing()
	}
}

// changed says whether a file is another than when it was last asked.
func (r *run) changed(name string) bool {
	if r.seen == nil {
		r.seen = map[string]string{}
	}
	now := stamp(r.dir, name)
	before := r.seen[name]
	r.seen[name] = now
	return now != before
}

// stamp tells versions of a file apart; empty: there is none.
func stamp(dir, name string) string {
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano())
}

// stamps tells versions of what a run is made of apart.
func stamps(dir string) string {
	var all []string
	for _, name := range []string{record.HeaderFile, record.RequestsFile, record.DecisionsFile, record.TelemetryFile, record.ChecksFile, record.ReplaysFile} {
		all = append(all, stamp(dir, name))
	}
	return strings.Join(all, " ")
}

const summaryFile = "summary.json"

// verdictIn is that of a summary.json, which is read no further; nil if there
// is none to be read.
func verdictIn(path string) *verdict {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	in := json.NewDecoder(f)
	if _, err := in.Token(); err != nil {
		return nil
	}
	for in.More() {
		key, err := in.Token()
		if err != nil {
			return nil
		}
		if key == "verdict" {
			v := new(verdict)
			if in.Decode(v) != nil {
				return nil
			}
			return v
		}
		var skipped json.RawMessage
		if in.Decode(&skipped) != nil {
			return nil
		}
	}
	return nil
}
