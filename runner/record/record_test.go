package record_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

func request(pair int, arm string) record.Request {
	return record.Request{
		Condition: "5Mbps/cold", Arm: arm, Repetition: 1, Pair: pair, First: true, Sample: "signs/000007", Model: "m", Node: "edge",
		Due: 1, Sent: 2, Done: 30, Phases: selector.Phases{Upload: 3, Queue: 1, Fetch: 4, Load: 5, Preprocess: 6, Infer: 7, Download: 2},
		Measured: 28, Up: 2800, Down: 700, Got: 90 * unit.KB, Label: 3, Prediction: -1, Error: "it broke: \"quoted\"\nand more",
	}
}

func begin(t *testing.T) *record.Writer {
	t.Helper()
	w, err := record.Create(filepath.Join(t.TempDir(), "run"), record.Header{Name: "x", Seed: 7, Started: time.Unix(1, 0).UTC()}, []byte("name: x\n"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsWrittenReadsBack(t *testing.T) {
	w := begin(t)
	req := request(0, "greedy")
	dec := record.Decision{Condition: "c", Arm: "greedy", Observed: selector.Observation{Devices: []selector.Device{{Name: "edge", Down: 5 * unit.Mbps, Held: []string{"a"}}}},
		Decision: selector.Decision{Choice: 1, Reason: "r", Candidates: []selector.Candidate{{Option: "a@edge", Total: 9, Bound: 11, Excluded: "why"}}}, Took: 5}
	tel := record.Telemetry{From: 4, At: 5, Condition: "c", Node: "edge", CPUAsked: .5, CPUAchieved: .49, RSS: 12,
		Links: []record.LinkSample{{Direction: "down", Asked: 5, Rate: 4, Delay: 3, Packets: 2, Lost: 1, Dropped: 6, LagP99: 7, LagMax: 8}}}
	chk := record.Check{Condition: "c", Node: "edge", Engine: "relay", Reason: "why", AskedRTT: 4, RTT: 5,
		Links: []record.LinkCheck{{Direction: "up", AskedRate: 5, Rate: 4, Loss: .1}}}
	rep := record.Replay{Condition: "c", Repetition: 1, Pair: 4, Sample: "signs/000007", Rewound: true,
		Options: []record.ReplayOption{{Phases: selector.Phases{Infer: 7}, Measured: 7, Right: 1}, {Error: "it broke"}},
		Shadows: []record.ReplayShadow{{Selector: "random", Option: 1, Took: 3, Failed: "late"}}}
	must(t, w.Request(req), w.Decision(dec), w.Telemetry(tel), w.Check(chk), w.Replay(rep), w.SetHeader(func(h *record.Header) { h.Status = "done" }), w.Close())

	run, err := record.Read(w.Dir())
	must(t, err)
	want := record.Run{Dir: w.Dir(), Header: record.Header{Schema: record.Schema, Status: "done", Name: "x", Seed: 7, Started: time.Unix(1, 0).UTC()},
		Requests: []record.Request{req}, Decisions: []record.Decision{dec}, Telemetry: []record.Telemetry{tel}, Checks: []record.Check{chk}, Replays: []record.Replay{rep}}
	// json.RawMessage(nil) is written as null.
	run.Header.Resolved, run.Header.Nodes = nil, nil
	if diff := cmp.Diff(want, run); diff != "" {
		t.Errorf("read back (-written +read):\n%s", diff)
	}
	if b, _ := os.ReadFile(filepath.Join(w.Dir(), record.ScenarioFile)); string(b) != "name: x\n" {
		t.Errorf("scenario.yaml = %q", b)
	}
}

// small is a run directory with three lines in each of the growing files.
func small(t *testing.T) string {
	t.Helper()
	w := begin(t)
	for i := range 3 {
		must(t, w.Request(request(i, "greedy")), w.Decision(record.Decision{Condition: "c", Pair: i}), w.Replay(record.Replay{Condition: "c", Pair: i}),
			w.Telemetry(record.Telemetry{Condition: "c", Node: "edge", At: time.Duration(i)}), w.Check(record.Check{Condition: "c", Repetition: i}))
	}
	must(t, w.Close())
	return w.Dir()
}

// counts are how many lines were used of each file.
func counts(run record.Run) map[string]int {
	return map[string]int{record.RequestsFile: len(run.Requests), record.DecisionsFile: len(run.Decisions), record.TelemetryFile: len(run.Telemetry),
		record.ChecksFile: len(run.Checks), record.ReplaysFile: len(run.Replays)}
}

// TestCutAnywhere cuts each file after every byte: all whole lines are used, the
// rest is reported with its place, and a resumed run begins on a line of its own.
func TestCutAnywhere(t *testing.T) {
	dir := small(t)
	for name := range counts(record.Run{}) {
		path := filepath.Join(dir, name)
		whole, err := os.ReadFile(path)
		must(t, err)
		for n := range len(whole) {
			must(t, os.WriteFile(path, whole[:n], 0o644))
			lines := bytes.Count(whole[:n], []byte("\n"))
			want := counts(record.Run{Requests: make([]record.Request, 3), Decisions: make([]record.Decision, 3), Telemetry: make([]record.Telemetry, 3),
				Checks: make([]record.Check, 3), Replays: make([]record.Replay, 3)})
			want[name] = lines
			var problems []string
			if n > 0 && whole[n-1] != '\n' {
				problems = []string{fmt.Sprintf("%s:%d: cut short", name, lines+1)}
			}
			run, err := record.Read(dir)
			must(t, err)
			if diff := cmp.Diff(want, counts(run)) + cmp.Diff(problems, run.Problems); diff != "" {
				t.Fatalf("%s cut at %d: lines and problems (-want +got):\n%s", name, n, diff)
			}
			if n%40 > 0 {
				continue // it takes its time
			}
			again, _, err := record.Resume(dir)
			must(t, err)
			must(t, again.Close())
			run, err = record.Read(dir)
			must(t, err)
			if diff := cmp.Diff(want, counts(run)); diff != "" || len(run.Problems) != 0 {
				t.Fatalf("%s cut at %d and resumed: problems %q, lines (-want +got):\n%s", name, n, run.Problems, diff)
			}
		}
		must(t, os.WriteFile(path, whole, 0o644))
	}
}

// TestCutHeader cuts run.json after every byte: without it whole there is no
// run, and the error names it.
func TestCutHeader(t *testing.T) {
	dir := small(t)
	path := filepath.Join(dir, record.HeaderFile)
	whole, err := os.ReadFile(path)
	must(t, err)
	for n := range len(whole) - 1 { // the last is the newline
		must(t, os.WriteFile(path, whole[:n], 0o644))
		if _, err := record.Read(dir); err == nil || !strings.HasPrefix(err.Error(), path+": ") {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}

// TestMissing: a file that is not there is reported, and the others are used.
func TestMissing(t *testing.T) {
	for name := range counts(record.Run{}) {
		dir := small(t)
		must(t, os.Remove(filepath.Join(dir, name)))
		run, err := record.Read(dir)
		must(t, err)
		got := 0
		for _, n := range counts(run) {
			got += n
		}
		if diff := cmp.Diff([]string{name + ": missing"}, run.Problems); diff != "" || got != 12 {
			t.Errorf("%d lines; problems (-want +got):\n%s", got, diff)
		}
	}
}

// TestSpoiltLine: a line that is no line of its file is reported, and those
// after it are used.
func TestSpoiltLine(t *testing.T) {
	for name, of := range counts(record.Run{Requests: make([]record.Request, 2), Decisions: make([]record.Decision, 2), Telemetry: make([]record.Telemetry, 2),
		Checks: make([]record.Check, 2), Replays: make([]record.Replay, 2)}) {
		for _, spoilt := range []string{"", "null", "7", "[]", "{", "\x00\x00", `{"condition":3}`, `"text"`} {
			dir := small(t)
			path := filepath.Join(dir, name)
			whole, err := os.ReadFile(path)
			must(t, err)
			lines := strings.SplitAfter(string(whole), "\n")
			lines[1] = spoilt + "\n"
			must(t, os.WriteFile(path, []byte(strings.Join(lines, "")), 0o644))
			run, err := record.Read(dir)
			must(t, err)
			if counts(run)[name] != of || len(run.Problems) != 1 || !strings.HasPrefix(run.Problems[0], name+":2: ") {
				t.Errorf("%s with %q: %d lines, problems %q", name, spoilt, counts(run)[name], run.Problems)
			}
		}
	}
}

// TestRunAgainReplaces: a pair that was cut short is run again as a whole.
func TestRunAgainReplaces(t *testing.T) {
	w := begin(t)
	again := request(0, "greedy")
	again.Model = "other"
	must(t, w.Request(request(0, "greedy")), w.Request(request(1, "greedy")), w.Request(again),
		w.Replay(record.Replay{Condition: "c"}), w.Replay(record.Replay{Condition: "c", Repetition: 1}), w.Replay(record.Replay{Condition: "c", Pair: 5}),
		w.Replay(record.Replay{Condition: "c", Sample: "again"}), w.Close())
	run, err := record.Read(w.Dir())
	must(t, err)
	if len(run.Requests) != 2 || run.Requests[0].Model != "other" || run.Requests[1].Pair != 1 {
		t.Errorf("requests = %+v", run.Requests)
	}
	if len(run.Replays) != 3 || run.Replays[0].Sample != "again" || run.Replays[1].Repetition != 1 || run.Replays[2].Pair != 5 {
		t.Errorf("replays = %+v", run.Replays)
	}
}

func TestBadLineIsReportedByNumber(t *testing.T) {
	w := begin(t)
	must(t, w.Request(request(0, "greedy")), w.Close())
	path := filepath.Join(w.Dir(), record.RequestsFile)
	good, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, append(append([]byte{}, good...), "{\"pair\": \"x\"}\n"...), 0o644))
	run, err := record.Read(w.Dir())
	must(t, err)
	if len(run.Requests) != 1 || len(run.Problems) != 1 || !strings.HasPrefix(run.Problems[0], "requests.jsonl:2: ") {
		t.Errorf("%d requests, problems %q", len(run.Requests), run.Problems)
	}
}

func TestRefusals(t *testing.T) {
	w := begin(t)
	if _, err := record.Create(w.Dir(), record.Header{}, nil); err == nil || !strings.Contains(err.Error(), "holds a run already") {
		t.Errorf("Create in a used directory: %v", err)
	}
	if _, _, err := record.Resume(w.Dir()); !errors.Is(err, record.ErrInUse) {
		t.Errorf("Resume of a run in progress: %v", err)
	}
	if _, err := record.Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a run directory") {
		t.Errorf("Read of an empty directory: %v", err)
	}
	for schema, want := range map[int]string{
		0: "schema 0: want 2; this is no run of testbed's",
		1: "schema 1: this program reads schema 2; use the testbed that recorded the run (v0.9), or run the scenario again",
		3: "schema 3: this program reads schema 2; use a testbed as new as the one that recorded the run (v0.9)",
	} {
		must(t, w.SetHeader(func(h *record.Header) { h.Schema, h.Testbed = schema, "v0.9" }))
		_, err := record.Read(w.Dir())
		if diff := cmp.Diff(fmt.Sprintf("%s/run.json: %s", w.Dir(), want), fmt.Sprint(err)); diff != "" {
			t.Errorf("Read of another schema (-want +got):\n%s", diff)
		}
		if _, _, err := record.Resume(w.Dir()); err == nil {
			t.Errorf("schema %d was resumed", schema)
		}
	}
}

// TestDiscard: a run that came to nothing leaves what was there before it; one
// that recorded anything, or was gone on with, is kept whole.
func TestDiscard(t *testing.T) {
	whole := entries(t, begin(t).Dir())
	at := func(dir string) func(*testing.T, string) *record.Writer {
		return func(t *testing.T, tmp string) *record.Writer {
			w, err := record.Create(tmp+"/"+dir, record.Header{Name: "x"}, nil)
			must(t, err)
			return w
		}
	}
	for name, tt := range map[string]struct {
		begin func(t *testing.T, tmp string) *record.Writer
		do    func(w *record.Writer) error
		want  []string // in the directory; nil: it is gone
	}{
		"new":              {at("run"), nil, nil},
		"new, below new":   {at("a/run"), nil, nil},
		"new, with slash":  {at("run/"), nil, nil},
		"failed":           {at("run"), func(w *record.Writer) error { return w.SetHeader(func(h *record.Header) { h.Status = "failed" }) }, nil},
		"was there":        {at("mine"), nil, []string{}},
		"something beside": {at("run"), func(w *record.Writer) error { return os.WriteFile(filepath.Join(w.Dir(), "notes"), nil, 0o644) }, []string{"notes"}},
		"request":          {at("run"), func(w *record.Writer) error { return w.Request(request(0, "greedy")) }, whole},
		"decision":         {at("run"), func(w *record.Writer) error { return w.Decision(record.Decision{}) }, whole},
		"telemetry":        {at("run"), func(w *record.Writer) error { return w.Telemetry(record.Telemetry{}) }, whole},
		"replay":           {at("run"), func(w *record.Writer) error { return w.Replay(record.Replay{}) }, whole},
		"check":            {at("mine"), func(w *record.Writer) error { return w.Check(record.Check{}) }, whole},
		"profile": {at("run"), func(w *record.Writer) error {
			return w.SetHeader(func(h *record.Header) { h.Profile = []selector.Option{{Model: "m"}} })
		}, whole},
		"closed": {at("run"), (*record.Writer).Close, whole},
		"gone on with": {func(t *testing.T, tmp string) *record.Writer {
			must(t, at("run")(t, tmp).Close())
			w, _, err := record.Resume(filepath.Join(tmp, "run"))
			must(t, err)
			return w
		}, nil, whole},
	} {
		t.Run(name, func(t *testing.T) {
			tmp := t.TempDir()
			must(t, os.Mkdir(filepath.Join(tmp, "mine"), 0o755))
			w := tt.begin(t, tmp)
			if tt.do != nil {
				must(t, tt.do(w))
			}
			must(t, w.Discard())
			if diff := cmp.Diff(tt.want, entries(t, w.Dir())); diff != "" {
				t.Errorf("left (-want +got):\n%s", diff)
			}
			if err := w.Request(request(0, "greedy")); !errors.Is(err, fs.ErrClosed) {
				t.Errorf("a line after Discard: %v", err)
			}
		})
	}
}

// entries are the names in dir; nil if it is not there.
func entries(t *testing.T, dir string) []string {
	t.Helper()
	all, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	must(t, err)
	names := []string{}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

// TestSeal checks the sums against the bytes and that sealing twice changes
// nothing.
func TestSeal(t *testing.T) {
	w := begin(t)
	must(t, w.Request(request(0, "greedy")), w.Close())
	h := w.Header()
	must(t, record.Seal(w.Dir(), h))
	first, err := os.ReadFile(filepath.Join(w.Dir(), record.SumsFile))
	must(t, err)
	must(t, record.Seal(w.Dir(), h))
	second, err := os.ReadFile(filepath.Join(w.Dir(), record.SumsFile))
	must(t, err)
	if diff := cmp.Diff(string(first), string(second)); diff != "" {
		t.Errorf("sealed twice:\n%s", diff)
	}
	// printf 'name: x\n' | sha256sum
	if want := "a2a79ea37edb1963efaae29281523ab441a8a99df048d204f22f3f413e325afc  scenario.yaml\n"; !strings.Contains(string(first), want) {
		t.Errorf("SHA256SUMS lacks %q:\n%s", want, first)
	}
	for _, name := range []string{"ro-crate-metadata.json", "run.json", "requests.jsonl", "scenario.yaml"} {
		if !strings.Contains(string(first), "  "+name+"\n") {
			t.Errorf("SHA256SUMS has no %s:\n%s", name, first)
		}
	}
	var crate struct {
		Graph []map[string]any `json:"@graph"`
	}
	b, err := os.ReadFile(filepath.Join(w.Dir(), record.CrateFile))
	must(t, err, json.Unmarshal(b, &crate))
	if len(crate.Graph) < 5 {
		t.Errorf("crate has %d entities", len(crate.Graph))
	}
}

// TestLoaded: load is what was asked for, or what was there unasked.
func TestLoaded(t *testing.T) {
	for _, tt := range []struct {
		line record.Telemetry
		want bool
	}{
		{record.Telemetry{CPUBusy: 1, CPUOthers: .5, Loads: []record.LoadSample{{Resource: record.GPU}}}, false},
		{record.Telemetry{CPUAsked: .1}, true},
		{record.Telemetry{Loads: []record.LoadSample{{}, {Asked: .1}}}, true},
		{record.Telemetry{Loads: []record.LoadSample{{Resource: record.TrafficDown, Achieved: .1}}}, true}, // a bulk transfer
	} {
		if got := tt.line.Loaded(); got != tt.want {
			t.Errorf("%+v: loaded %v", tt.line, got)
		}
	}
}
