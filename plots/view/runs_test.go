package view

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

const ms = time.Millisecond

// A writing is a run that is being written: of 12 pairs in each of two trials of
// each condition.
type writing struct {
	t    *testing.T
	w    *record.Writer
	dir  string
	at   time.Duration
	ids  []string
	next int // pair, of the whole run
}

const pairsATrial, repetitions = 12, 2

// begin begins a run below a folder.
func begin(t *testing.T, dir string, conditions ...string) *writing {
	t.Helper()
	h := record.Header{Name: "lowbw", Title: "A run <b>&</b> its title", World: "netns", Seed: 7, Started: time.Now(), Arms: []string{"greedy", "advanced"}, Repetitions: repetitions,
		Require: record.Require{Saving: .2, AccuracyDrop: .1, Confidence: .95}, Tolerance: record.Tolerance{Rate: .05, Delay: ms, CPU: .05}, Node: "edge",
		Models: []record.Model{{Name: "small", Accuracy: .9}, {Name: "large", Accuracy: .95}}}
	for _, id := range conditions {
		h.Conditions = append(h.Conditions, record.Condition{ID: id, Residency: "warm", Measure: []string{"infer"}, Requests: pairsATrial,
			Links: []record.Link{{Node: "edge", Direction: "down", Rate: 5 * unit.Mbps}}})
	}
	w, err := record.Create(dir, h, []byte("name: lowbw\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := &writing{t: t, w: w, dir: dir, ids: conditions}
	t.Cleanup(func() { w.Close() })
	return r
}

func (r *writing) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// pairs writes the next pairs: the baseline takes 40 ms and something, the other
// arm half of it or, in every other condition, as long.
func (r *writing) pairs(n int) {
	r.t.Helper()
	for range n {
		trial, pair := r.next/pairsATrial, r.next%pairsATrial
		condition, repetition := trial%len(r.ids), trial/len(r.ids)
		id := r.ids[condition]
		if pair == 0 {
			r.must(r.w.Check(record.Check{Condition: id, Repetition: repetition, Node: "edge", Engine: "relay", Probes: 1,
				Links: []record.LinkCheck{{Direction: "down", AskedRate: 5 * unit.Mbps, Rate: 5 * unit.Mbps}}}))
			r.request(id, "greedy", repetition, -1, 41*ms, "large")
		}
		t := time.Duration(40+pair) * ms
		r.request(id, "greedy", repetition, pair, t, "large")
		if condition%2 == 0 {
			r.request(id, "advanced", repetition, pair, t/2, "small")
		} else {
			r.request(id, "advanced", repetition, pair, t, "large")
		}
		r.must(r.w.Telemetry(record.Telemetry{From: r.at - 80*ms, At: r.at, Condition: id, Repetition: repetition, Node: "edge", CPUAsked: .5, CPUAchieved: .5, CPUBusy: .6,
			Links: []record.LinkSample{{Direction: "down", Asked: 5 * unit.Mbps, Rate: unit.BitRate(1+pair%4) * unit.Mbps, Packets: 10}}}))
		r.next++
	}
}

func (r *writing) request(id, arm string, repetition, pair int, took time.Duration, model string) {
	r.t.Helper()
	r.must(r.w.Request(record.Request{Condition: id, Arm: arm, Repetition: repetition, Pair: pair, Warmup: pair < 0, First: arm == "greedy", Sample: "signs/1", Option: model + "@edge", Model: model, Node: "edge",
		Due: r.at, Sent: r.at, Done: r.at + took, Phases: selector.Phases{Infer: took}, Measured: took, Label: 1, Prediction: 1}))
	r.at += took
}

// end writes what is left, and that the run is done.
func (r *writing) end() {
	r.t.Helper()
	r.pairs(len(r.ids)*repetitions*pairsATrial - r.next)
	r.must(r.w.SetHeader(func(h *record.Header) { h.Status, h.Took = "done", r.at }))
	r.must(r.w.Close())
}

// done is a whole run below a folder.
func done(t *testing.T, dir string, conditions ...string) string {
	t.Helper()
	begin(t, dir, conditions...).end()
	return dir
}

// ask gets a path of a viewer, as the machine's own browser does.
func ask(v http.Handler, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	r.Host = "127.0.0.1:8080"
	w := httptest.NewRecorder()
	v.ServeHTTP(w, r)
	return w
}

// looked is the answer about a run, once it was gone through.
func looked(t *testing.T, v http.Handler, dir string, more string) (out struct {
	State state
	Sheet *sheet
	Busy  bool
	Fault string
}) {
	t.Helper()
	for range 500 {
		w := ask(v, "/api/run/"+idOf(dir)+more)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", dir, w.Code, w.Body)
		}
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
		if !out.Busy {
			return out
		}
		time.Sleep(20 * ms)
	}
	t.Fatal("it takes too long")
	return out
}

func viewer(t *testing.T, dirs ...string) *Viewer {
	t.Helper()
	v, err := New(dirs)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func runIn(t *testing.T) string { return filepath.Join(t.TempDir(), "run") }
