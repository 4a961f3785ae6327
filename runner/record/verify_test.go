package record_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// TestVerify changes a directory after it was sealed.
func TestVerify(t *testing.T) {
	in := func(dir, name string) string { return filepath.Join(dir, name) }
	for name, tt := range map[string]struct {
		change func(dir string) error
		want   []string
	}{
		"nothing": {func(string) error { return nil }, nil},
		"edited": {func(dir string) error { return os.WriteFile(in(dir, record.RequestsFile), []byte("{}\n"), 0o644) },
			[]string{"requests.jsonl: is not as in SHA256SUMS: it was changed since"}},
		"cut by a byte": {func(dir string) error { return os.Truncate(in(dir, record.ChecksFile), 10) },
			[]string{"checks.jsonl: is not as in SHA256SUMS: it was changed since"}},
		"removed": {func(dir string) error {
			os.Remove(in(dir, record.TelemetryFile))
			return os.Remove(in(dir, record.CrateFile))
		}, []string{"ro-crate-metadata.json: missing, and in SHA256SUMS", "telemetry.jsonl: missing, and in SHA256SUMS"}},
		"added": {func(dir string) error { return os.WriteFile(in(dir, "notes.txt"), nil, 0o644) },
			[]string{"notes.txt: not in SHA256SUMS: it was added since"}},
		"hidden":       {func(dir string) error { return os.WriteFile(in(dir, ".notes"), nil, 0o644) }, nil},
		"never sealed": {func(dir string) error { return os.Remove(in(dir, record.SumsFile)) }, nil},
		"no sums": {func(dir string) error { return os.WriteFile(in(dir, record.SumsFile), []byte("abc\n"), 0o644) },
			[]string{"SHA256SUMS:1: want a SHA-256 and a file's name"}},
	} {
		dir := small(t)
		run, err := record.Read(dir)
		must(t, err, record.Seal(dir, run.Header), tt.change(dir))
		if diff := cmp.Diff(tt.want, record.Verify(dir)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestResumeUnseals: what was changed before a run is gone on with is told then,
// and what the run itself adds is no change.
func TestResumeUnseals(t *testing.T) {
	dir := small(t)
	run, err := record.Read(dir)
	must(t, err, record.Seal(dir, run.Header), os.WriteFile(filepath.Join(dir, record.ScenarioFile), []byte("name: y\n"), 0o644))
	w, before, err := record.Resume(dir)
	must(t, err)
	if diff := cmp.Diff([]string{"scenario.yaml: is not as in SHA256SUMS: it was changed since"}, before.Problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	must(t, w.Request(request(9, "greedy")), w.Close())
	if changed := record.Verify(dir); changed != nil {
		t.Errorf("changed: %q", changed)
	}
}

// TestEssence: what is gone on with has what tells lines apart, and the times of
// decisions, of the latest of each.
func TestEssence(t *testing.T) {
	dir := small(t)
	w, _, err := record.Resume(dir)
	must(t, err)
	want := record.Decision{Condition: "c", Arm: "greedy", Repetition: 1, Pair: 2, Took: 5, Outcome: selector.Phases{Infer: 7}}
	want.Observed.Now = 11
	full := want
	full.Observed.Devices, full.Decision.Reason = []selector.Device{{Name: "edge"}}, "it is the best"
	must(t, w.Decision(record.Decision{Condition: "c", Arm: "greedy", Repetition: 1, Pair: 2}), w.Decision(full), w.Close())
	w, before, err := record.Resume(dir)
	must(t, err, w.Close())
	if diff := cmp.Diff(want, before.Decisions[len(before.Decisions)-1]); diff != "" || len(before.Decisions) != 4 {
		t.Errorf("%d decisions; the last (-want +got):\n%s", len(before.Decisions), diff)
	}
	first := record.Request{Condition: "5Mbps/cold", Arm: "greedy", Repetition: 1}
	if diff := cmp.Diff(first, before.Requests[0]); diff != "" || len(before.Requests) != 3 {
		t.Errorf("%d requests; the first (-want +got):\n%s", len(before.Requests), diff)
	}
}
