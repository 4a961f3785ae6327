package plots

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// An atlas is a sweep that nobody ran: devices × bandwidths × utilizations, a
// trial of some pairs in each, as a simulation would record it.
type atlas struct {
	devices, bandwidths, utilizations int
	pairs                             int
	decisions                         int // of every so many pairs
	rng                               *rand.Rand
	now                               time.Duration
}

// atlasModels are ten models, the more accurate the larger; those in the middle
// compute the fastest, so that it depends on bandwidth and load which is best.
var atlasModels = func() (all []record.Model) {
	for i := range 10 {
		all = append(all, record.Model{Name: fmt.Sprintf("net-b%d", i), Bytes: unit.Bytes(2+3*i) * unit.MB, MACs: 400e6 << (i / 2), Accuracy: 0.7 + 0.012*float64(i), Source: "published"})
	}
	return all
}()

func (a *atlas) header() record.Header {
	h := header(options{Seed: 1, Repetitions: 1})
	h.World, h.Status, h.Title, h.Unscored = "sim", "running", "An atlas", "its answers are simulated"
	h.Models, h.Profile, h.Conditions, h.Placements = atlasModels, nil, nil, nil
	h.Axes = []record.Axis{{Name: "device"}, {Name: "bandwidth"}, {Name: "utilization"}}
	for d := range a.devices {
		name := fmt.Sprintf("device%d", d)
		h.Axes[0].Values, h.Placements = append(h.Axes[0].Values, name), append(h.Placements, name)
		for i, m := range atlasModels {
			infer := time.Duration(float64(20*ms)*(1+math.Abs(float64(i-6))/4)) << d
			h.Profile = append(h.Profile, selector.Option{Model: m.Name, Node: name, Accuracy: m.Accuracy - 0.01*float64(d), Size: m.Bytes, Load: infer * 3, Preprocess: 2 * ms, Infer: infer})
		}
	}
	for b := range a.bandwidths { // 100 kbps to 1 Gbps
		h.Axes[1].Values = append(h.Axes[1].Values, unit.BitRate(math.Round(100*math.Pow(1e4, float64(b)/float64(max(a.bandwidths-1, 1))))*1e3).String())
	}
	for u := range a.utilizations {
		h.Axes[2].Values = append(h.Axes[2].Values, fmt.Sprintf("%d%%", 10*u))
	}
	for _, d := range h.Axes[0].Values {
		for _, b := range h.Axes[1].Values {
			for u, name := range h.Axes[2].Values {
				rate, err := unit.ParseBitRate(b)
				if err != nil {
					panic(err)
				}
				c := record.Condition{ID: d + "/" + b + "/" + name, Names: map[string]string{"device": d, "bandwidth": b, "utilization": name},
					Set: map[string]string{"placement": d, "links.*.rate": b}, Placements: []string{d}, Residency: "cold", Requests: a.pairs,
					Measure: []string{"fetch", "load", "upload", "queue", "preprocess", "infer", "download"},
					Links:   []record.Link{{Node: d, Direction: "down", Rate: rate, Delay: 10 * ms}, {Node: d, Direction: "up", Rate: rate, Delay: 10 * ms}}}
				if u > 0 {
					c.Background = []record.Background{{Node: d, Resource: record.CPU, Asked: 0.1 * float64(u)}}
				}
				h.Conditions = append(h.Conditions, c)
			}
		}
	}
	return h
}

// write records the atlas in a directory.
func (a *atlas) write(t testing.TB) string {
	dir := filepath.Join(t.TempDir(), "atlas")
	if err := a.record(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (a *atlas) record(dir string) error {
	h := a.header()
	w, err := record.Create(dir, h, []byte("name: atlas\n"))
	if err != nil {
		return err
	}
	defer w.Close()
	a.rng = rand.New(rand.NewPCG(1, 1))
	for i := range h.Conditions {
		if err := a.trial(w, &h, i); err != nil {
			return err
		}
	}
	return errors.Join(w.SetHeader(func(h *record.Header) { h.Status = "done" }), w.Close())
}

// trial records one condition.
func (a *atlas) trial(w *record.Writer, h *record.Header, i int) error {
	c := h.Conditions[i]
	device := i / (a.bandwidths * a.utilizations)
	opts := h.Profile[device*len(atlasModels):][:len(atlasModels)]
	rate, busy := c.Links[0].Rate, 0.0
	if len(c.Background) > 0 {
		busy = c.Background[0].Asked
	}
	a.now = 0
	if err := w.Check(record.Check{Condition: c.ID, Node: c.Links[0].Node, Engine: "sim", AskedRTT: 20 * ms, RTT: 20 * ms, Probes: 1,
		Links: []record.LinkCheck{{Direction: "down", AskedRate: rate, Rate: rate}, {Direction: "up", AskedRate: rate, Rate: rate}}}); err != nil {
		return err
	}
	// The other arm takes what is fastest within ten points, as predicted.
	best, second := len(opts)-1, selector.Decision{}
	for k, o := range opts {
		p := a.phases(o, rate, busy, 1)
		second.Candidates = append(second.Candidates, selector.Candidate{Option: o.Label(), Predicted: p, Total: p.Total(), Bound: p.Total() * 5 / 4})
		if o.Accuracy < opts[len(opts)-1].Accuracy-0.1 {
			second.Candidates[k].Excluded = "accuracy is below the floor"
		} else if p.Total() < second.Candidates[second.Choice].Total || second.Candidates[second.Choice].Excluded != "" {
			second.Choice = k
		}
	}
	for pair := range a.pairs {
		for arm, choice := range []int{best, second.Choice} {
			p := a.phases(opts[choice], rate, busy, math.Exp(0.08*a.rng.NormFloat64()))
			p.Queue = time.Duration(arm*device*device*device) * 500 * ms // so that it does not pay everywhere
			r := record.Request{Condition: c.ID, Arm: h.Arms[arm], Pair: pair, First: arm == pair%2, Sample: fmt.Sprintf("blank/%04d", pair%500),
				Option: opts[choice].Label(), Model: opts[choice].Model, Node: opts[choice].Node, Due: a.now, Sent: a.now, Done: a.now + p.Total(),
				Phases: p, Measured: p.Total(), Up: 3 * unit.KB, Down: 200, Got: opts[choice].Size, Label: 1, Prediction: 1, Confidence: 0.9}
			a.now = r.Done
			if err := w.Request(r); err != nil {
				return err
			}
			if pair%max(a.decisions, 1) != 0 {
				continue
			}
			d := second
			d.Choice, d.Reason = choice, fmt.Sprintf("%s is predicted fastest: %v", opts[choice].Model, second.Candidates[choice].Total)
			if err := w.Decision(record.Decision{Condition: c.ID, Arm: h.Arms[arm], Pair: pair, Outcome: p, Decision: d,
				Observed: selector.Observation{Seq: uint64(pair), Now: a.now, Upload: 3000, Download: 200, Devices: []selector.Device{{Name: opts[choice].Node, Down: rate, Up: rate, Back: rate, RTT: 20 * ms, Utilization: busy, Cores: 4}}}}); err != nil {
				return err
			}
		}
	}
	for at, long := time.Duration(0), max(time.Second, a.now/20); at < a.now; at += long {
		e := record.Telemetry{From: at, At: at + long, Condition: c.ID, Node: c.Links[0].Node, CPUAsked: busy, CPUAchieved: busy, CPUBusy: max(busy, 0.9), CPUOthers: busy,
			Links: []record.LinkSample{{Direction: "down", Asked: rate, Rate: rate / 2, Packets: 100}, {Direction: "up", Asked: rate, Rate: rate / 9, Packets: 10}}}
		if err := w.Telemetry(e); err != nil {
			return err
		}
	}
	return nil
}

func (a *atlas) phases(o selector.Option, rate unit.BitRate, busy, noise float64) selector.Phases {
	slow := noise / (1 - 0.9*busy)
	times := func(d time.Duration) time.Duration { return time.Duration(float64(d) * slow) }
	return selector.Phases{Upload: 10*ms + rate.TimeToSend(3*unit.KB), Fetch: 30*ms + rate.TimeToSend(o.Size), Load: times(o.Load),
		Preprocess: times(o.Preprocess), Infer: times(o.Infer), Download: 10 * ms}
}
