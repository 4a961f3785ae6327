package record_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/runner/record"
)

// TestStream: what is streamed is what Read holds, a pair that was run twice, a
// line that is none and one that was cut short among it.
func TestStream(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Header{Name: "n"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, pair := range []int{0, 1, 1, 2} {
		for _, arm := range []string{"a", "b"} {
			if err := w.Request(record.Request{Condition: `c,"pair":7`, Arm: arm, Pair: pair, Sample: "s", Label: i}); err != nil {
				t.Fatal(err)
			}
			if err := w.Decision(record.Decision{Condition: "c", Arm: arm, Pair: pair, Took: 1}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, record.RequestsFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("nonsense\n{\"condition\":\"c"); err != nil {
		t.Fatal(err)
	}
	want, err := record.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // it can be gone through again
		run, lines, err := record.Stream(dir)
		if err != nil {
			t.Fatal(err)
		}
		var got record.Run
		for r := range lines.Requests {
			got.Requests = append(got.Requests, *r)
		}
		for d := range lines.Decisions {
			got.Decisions = append(got.Decisions, *d)
		}
		byPlace := func(a, b record.Request) int { return (a.Pair-b.Pair)*2 + int(a.Arm[0]) - int(b.Arm[0]) }
		slices.SortFunc(got.Requests, byPlace)
		if diff := cmp.Diff(want.Requests, got.Requests); diff != "" || len(got.Requests) != 6 {
			t.Errorf("requests (-read +streamed)\n%s", diff)
		}
		if len(got.Decisions) != 6 {
			t.Errorf("%d decisions, want 6", len(got.Decisions))
		}
		if diff := cmp.Diff(want.Problems, run.Problems); diff != "" {
			t.Errorf("problems (-read +streamed)\n%s", diff)
		}
	}
}
