package scenarios_test

import (
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/scenarios"
)

// TestEstimate works one small plan out by hand. With one model there is
// nothing to choose, so it holds whatever models are built in.
func TestEstimate(t *testing.T) {
	const yaml = `
models: [signs-resnet44]
links: {edge: {down: {rate: 5Mbps}, up: {rate: 5Mbps}}}
load: {requests: 4, warmup: 1, repetitions: 3}
vary: [{name: models, paths: [residency], values: [warm, first, cold]}]
`
	m, err := model.Lookup("signs-resnet44")
	if err != nil {
		t.Fatal(err)
	}
	e := read(t, yaml).Estimate()
	// 3 conditions · 3 repetitions · 5 pairs · 2 arms; fetched once a trial
	// and arm in first, each time in cold; and by the oracle, after the first
	// pair.
	fetches := 3*2*(1+5) + 3*(1+1)
	want := scenarios.Estimate{Conditions: 3, Trials: 9, Requests: 90, Up: (90 + 9) * 2800, Down: unit.Bytes(fetches) * unit.Bytes(m.Bytes)}
	least := e.Duration
	e.Duration = 0
	if e != want {
		t.Errorf("%+v, want %+v", e, want)
	}
	// The models alone take 8·bytes over 5 Mbit/s · 1448/1514 each; nine
	// trials and the rest add less than 30 s.
	fetching := time.Duration(float64(fetches) * 8 * float64(m.Bytes) / (5e6 * 1448 / 1514) * float64(time.Second))
	if least < fetching || least > fetching+30*time.Second {
		t.Errorf("duration %v, want %v and at most 30s more", least, fetching)
	}
}

// TestShippedDurations: what the files promise in their comments.
func TestShippedDurations(t *testing.T) {
	for name, most := range map[string]time.Duration{"quick.yaml": 15 * time.Second, "lowbw.yaml": 5 * time.Minute} {
		p, err := scenarios.Read(scenarios.Shipped(), name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if e := p.Estimate(); e.Duration > most || e.Duration < 5*time.Second {
			t.Errorf("%s: %v, want at most %v", name, e.Duration, most)
		}
	}
}
