package view

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/testbed/testbed/runner/record"
)

// TestLive: a run is followed while it is written, cut short and gone on with.
func TestLive(t *testing.T) {
	r := begin(t, runIn(t), "a", "b")
	r.pairs(10)
	v := viewer(t, filepath.Dir(r.dir))
	first := looked(t, v, r.dir, "")
	if first.State.Pairs != 10 || first.State.Planned != 48 || first.State.Status != "running" || first.Sheet == nil || first.Sheet.Rows[0].Compared[0].Pairs != 10 {
		t.Fatalf("of ten pairs: %+v", first.State)
	}
	since := fmt.Sprintf("?since=%d", first.Sheet.Revision)
	if again := looked(t, v, r.dir, since); again.Sheet != nil {
		t.Error("numbers that are known already are sent again")
	}

	// It rests for two seconds at least: what is new shows in the count alone.
	r.pairs(4)
	if got := looked(t, v, r.dir, since); got.State.Pairs != 14 || got.Sheet != nil {
		t.Errorf("during the rest: %d pairs, numbers %v", got.State.Pairs, got.Sheet != nil)
	}
	d := v.analyst.files[0]
	if rest := time.Until(d.rest); rest <= 0 || rest > time.Minute {
		t.Errorf("rests for %v", rest)
	}
	v.analyst.mu.Lock()
	d.rest = time.Time{}
	v.analyst.mu.Unlock()
	next := looked(t, v, r.dir, since) // which begins it
	if next.Sheet == nil || next.Sheet.Revision <= first.Sheet.Revision || next.Sheet.Rows[1].Compared[0].Pairs+next.Sheet.Rows[0].Compared[0].Pairs != 14 {
		t.Errorf("after the rest: %+v", next.Sheet)
	}

	// A line is half written when the run is killed; it goes on.
	r.must(r.w.Close())
	f, err := os.OpenFile(filepath.Join(r.dir, record.RequestsFile), os.O_APPEND|os.O_WRONLY, 0)
	r.must(err)
	_, err = f.WriteString(`{"condition":"b","arm":"gre`)
	r.must(err)
	r.must(f.Close())
	if got := looked(t, v, r.dir, ""); got.State.Pairs != 14 {
		t.Errorf("half a line counts: %d pairs", got.State.Pairs)
	}
	r.w, _, err = record.Resume(r.dir)
	r.must(err)
	r.pairs(1)
	if got := looked(t, v, r.dir, ""); got.State.Pairs != 15 {
		t.Errorf("resumed: %d pairs, want 15", got.State.Pairs)
	}

	// What is done is gone through at once.
	r.end()
	end := looked(t, v, r.dir, "")
	if end.State.Status != "done" || end.Sheet == nil || end.Sheet.Pairs != 48 || end.Sheet.Verdict.Result == "" {
		t.Errorf("at the end: %+v", end.State)
	}
}

// TestQuiet: a run that writes nothing for long may have been killed.
func TestQuiet(t *testing.T) {
	r := begin(t, runIn(t), "a")
	r.pairs(3)
	of := &run{id: "x", dir: r.dir}
	if s := of.look(); s.Quiet != 0 {
		t.Errorf("quiet for %v s", s.Quiet)
	}
	before := time.Now().Add(-5 * time.Minute)
	for _, name := range []string{record.HeaderFile, record.RequestsFile, record.TelemetryFile, record.ChecksFile, record.ReplaysFile} {
		r.must(os.Chtimes(filepath.Join(r.dir, name), before, before))
	}
	if s := of.look(); s.Quiet < 299 || s.Quiet > 360 || s.Left.Known() {
		t.Errorf("quiet for %v s, %v left", s.Quiet, s.Left)
	}
}

func TestPace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "requests.jsonl")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	var p pace
	write("{}\n{\"warmup\":true}\n{}\n{\"half")
	if p.read(path, start); p.requests != 2 || p.perSecond() != 0 {
		t.Errorf("%d requests, %v a second", p.requests, p.perSecond())
	}
	write("{}\n{\"warmup\":true}\n{}\n{\"half\":1}\n{}\n")
	if p.read(path, start.Add(4*time.Second)); p.requests != 4 || p.perSecond() != 0.5 { // 2 in 4 s
		t.Errorf("%d requests, %v a second", p.requests, p.perSecond())
	}
	// What is longer ago than a minute does not count, but for where it began.
	p.read(path, start.Add(64*time.Second))
	p.read(path, start.Add(70*time.Second))
	if p.perSecond() != 0 {
		t.Errorf("it stands still, at %v a second", p.perSecond())
	}
	write("{}\n")
	if p.read(path, start.Add(80*time.Second)); p.requests != 1 {
		t.Errorf("another file: %d requests", p.requests)
	}
}
