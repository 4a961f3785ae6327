package virtual_test

import (
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/profile"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/runner/virtual"
	"github.com/testbed/testbed/scenarios"
)

// published is what the table of the V&V plan says of a device: seconds for
// 10 000 images, and accuracies, of the model that greedy takes, the most
// accurate, and of the one that advanced takes, the fastest within 10 points.
var published = []struct {
	file           string
	greedy, fast   string
	before, after  time.Duration // of 10 000 images
	saving, points float64
}{
	// (30.79 − 16.80)/30.79 = 0.454368…, 95.11 − 91.04
	{"vnv-rtx3080ti-gpu.yaml", "resnet152", "resnet18", 30_790 * time.Millisecond, 16_800 * time.Millisecond, 0.454368, 4.07},
	// (1121.01 − 169.55)/1121.01 = 0.848752…, 95.11 − 91.04
	{"vnv-rtx3080ti-cpu.yaml", "resnet152", "resnet18", 1_121_010 * time.Millisecond, 169_550 * time.Millisecond, 0.848752, 4.07},
	// (65.03 − 23.28)/65.03 = 0.642011…, 91.73 − 86.72; resnet152 has 91.30
	{"vnv-nuc-gpu.yaml", "resnet101", "resnet18", 65_030 * time.Millisecond, 23_280 * time.Millisecond, 0.642011, 5.01},
}

// warm is what a request of a model that is open takes on the network, by
// F2: T = d + 8·(n + 66·⌈n/1448⌉)/R, each way, d being 5 ms.
//
//	up: n = 3072 + 200 + 204 = 3476 (image, JSON, HTTP), 3 segments, 3674 B
//	down: n = 505 + 10·4 + 155 = 700 (JSON, logits, HTTP), 1 segment, 766 B
//	together 10 ms + 4440 B at 8, 0.8 and 0.08 µs each
var warm = map[string]time.Duration{
	"warm-1Mbps":   45_520_000, // 10 ms + 35.520 ms
	"warm-10Mbps":  13_552_000, // 10 ms + 3.552 ms
	"warm-100Mbps": 10_355_200, // 10 ms + 0.3552 ms
}

// fetching is what fetching a model adds: a connection is opened (74 B there and
// back, 5 ms each), the file asked for (160 + 66 B, 5 ms), and sent, 250 B before
// it. In all 15 ms and 374 B before the file, and by F2
//
//	resnet18:  n = 46 830 453 + 250, 32 342 segments, 48 965 275 B on the wire
//	resnet101: n = 178 793 742 + 250, 123 477 segments, 186 943 474 B
//	resnet152: n = 241 627 562 + 250, 166 871 segments, 252 641 298 B
//
// The window begins with 10 segments, 15 140 B. That is 121.12 ms at 1 Mbit/s and
// 12.112 ms at 10 Mbit/s, longer than a round trip of a segment and its
// acknowledgement, 10 ms + 1580 B: the link never stands still. At 100 Mbit/s a
// round trip is 10.1264 ms, in which the link could carry 83 segments: it stands
// still in the rounds of 10, 20, 40 and 80 segments (9.6896 ms), and no more after
// that. So the file takes 4 round trips, and then, 150 segments of 1514 B less,
// F2.
var fetching = map[string]map[string]time.Duration{
	"cold-1Mbps": { // 15 ms + 374 B, 5 ms + wire, at 8 µs a byte
		"resnet18": 391_745_192_000, "resnet101": 1_495_570_784_000, "resnet152": 2_021_153_376_000,
	},
	"cold-10Mbps": { // the same at 0.8 µs
		"resnet18": 39_192_519_200, "resnet101": 149_575_078_400, "resnet152": 202_133_337_600,
	},
	"cold-100Mbps": { // 15 ms + 374 B, 4·10.1264 ms, 5 ms + wire − 227 100 B, at 0.08 µs
		"resnet18": 3_959_589_520, "resnet101": 14_997_845_440, "resnet152": 20_253_671_360,
	},
}

// network is what a request takes beside inference.
func network(condition, model string) time.Duration {
	if fetch, cold := fetching[condition][model]; cold {
		return fetch + warm["warm"+strings.TrimPrefix(condition, "cold")]
	}
	return warm[condition]
}

// simulate runs a shipped scenario once.
func simulate(t *testing.T, file string) record.Run {
	t.Helper()
	plan, err := scenarios.Read(scenarios.Shipped(), file, []scenarios.Setting{{Path: "load.repetitions", Value: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	d := plan.Scenario.Dataset
	o := virtual.Options{Classes: d.Labels, Devices: map[string]profile.Profile{}}
	for _, n := range plan.Scenario.Nodes {
		if o.Devices[n.Name], err = profile.Lookup(n.Device); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range plan.Scenario.Models {
		e, _ := model.Known(m.Name)
		o.Models = append(o.Models, model.Model{Name: m.Name, Bytes: e.WeightBytes})
	}
	w, err := virtual.Open(plan, o)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	out, err := record.Create(dir, record.Header{}, plan.Source)
	if err != nil {
		t.Fatal(err)
	}
	err = runner.Run(t.Context(), plan, runner.Options{World: w, Writer: out, Dataset: dataset.NewBlank(d.Images, d.Size, d.Labels)})
	if err := errors.Join(err, out.Close()); err != nil {
		t.Fatal(err)
	}
	run, err := record.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// TestPublished simulates the V&V plan's devices and compares the times with
// those worked out by hand, to the nanosecond.
func TestPublished(t *testing.T) {
	for _, tt := range published {
		run := simulate(t, tt.file)
		infer := map[string]time.Duration{tt.greedy: tt.before / 10_000, tt.fast: tt.after / 10_000}
		all := map[string]time.Duration{} // inference of all images, by arm
		chosen := map[string]string{"greedy": tt.greedy, "advanced": tt.fast}
		for _, r := range run.Requests {
			if r.Model != chosen[r.Arm] || r.Error != "" {
				t.Fatalf("%s: %s: %s takes %s, want %s; %s", tt.file, r.Condition, r.Arm, r.Model, chosen[r.Arm], r.Error)
			}
			if r.Condition == "inference" {
				all[r.Arm] += r.Measured
				continue
			}
			want := infer[r.Model] + network(r.Condition, r.Model)
			if r.Measured != want {
				t.Fatalf("%s: %s: %s takes %v by %s, want %v: phases %+v", tt.file, r.Condition, r.Arm, r.Measured, r.Model, want, r.Phases)
			}
		}
		if want := 2 * (10_000 + 6*20); len(run.Requests) != want {
			t.Errorf("%s: %d requests, want %d", tt.file, len(run.Requests), want)
		}
		if all["greedy"] != tt.before || all["advanced"] != tt.after {
			t.Errorf("%s: %v for all images, want %v and %v", tt.file, all, tt.before, tt.after)
		}
		if saving := float64(all["greedy"]-all["advanced"]) / float64(all["greedy"]); math.Abs(saving-tt.saving) > 1e-6 {
			t.Errorf("%s: saves %v, want %v", tt.file, saving, tt.saving)
		}
		accuracy := map[string]float64{}
		for _, o := range run.Header.Profile {
			accuracy[o.Model] = o.Accuracy
		}
		if points := 100 * (accuracy[tt.greedy] - accuracy[tt.fast]); math.Abs(points-tt.points) > 1e-6 {
			t.Errorf("%s: gives up %v points, want %v", tt.file, points, tt.points)
		}
	}
}
