package scenarios_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/scenarios"
)

// recorded is a CSV of three seconds: 8, 0 and 16 Mbit/s down.
const recorded = "t_s,down_kbps,up_kbps,delay_ms,loss\n0,8000,1000,10,0\n1,0,1000,20,0.5\n2,16000,1000,30,0\n3,16000,1000,30,0\n"

// pinged is what ping -D prints.
const pinged = `PING 10.0.0.1 (10.0.0.1) 56(84) bytes of data.
[1700000000.000000] 64 bytes from 10.0.0.1: icmp_seq=1 ttl=64 time=20.0 ms
[1700000001.000000] 64 bytes from 10.0.0.1: icmp_seq=2 ttl=64 time=40.0 ms
`

// boxFiles are files of a scenario with one link.
func boxFiles(down string) fstest.MapFS {
	return fstest.MapFS{
		"s/x.yaml":    {Data: []byte("nodes: [{name: edge}]\nlinks:\n  edge:\n    down: " + down + "\n")},
		"s/net.csv":   {Data: []byte(recorded)},
		"s/back.csv":  {Data: []byte("t_s,down_kbps\n0,1\n2,1\n1,1\n")},
		"s/empty.csv": {Data: nil},
		"s/ping.txt":  {Data: []byte(pinged)},
		"s/x.trace":   {Data: []byte(goodTrace)},
	}
}

// TestBoxes reads every key of a direction.
func TestBoxes(t *testing.T) {
	hold := func(at []time.Duration, values ...float64) *trace.Series {
		return &trace.Series{Name: "timeline", At: at, Value: values, Period: at[len(at)-1] + time.Second, Wrap: trace.Hold}
	}
	s := time.Second
	for _, tt := range []struct {
		name, yaml string
		want       emulator.Link
	}{
		{"a layer", "{rate: 10Mbps, layer: ip, queue: unlimited}", emulator.Link{Rate: 10 * unit.Mbps, Layer: emulator.IP}},
		{"bursty loss", "{loss: 1%, loss_burst: 4packets}", emulator.Link{Loss: 0.01, LossBurst: 4}},
		{"a queue in packets", "{rate: 10Mbps, queue: 100packets}", emulator.Link{Rate: 10 * unit.Mbps, QueuePackets: 100}},
		{"a queue in time, with CoDel", "{rate: 10Mbps, queue: 200ms, codel: {target: 10ms}}",
			emulator.Link{Rate: 10 * unit.Mbps, QueueTime: 200 * ms, CoDel: &emulator.CoDel{Target: 10 * ms, Interval: 100 * ms}}},
		{"shaped jitter", "{delay: 10ms, jitter: 2ms, jitter_shape: pareto, unordered: yes}",
			emulator.Link{Delay: 10 * ms, Jitter: 2 * ms, JitterShape: emulator.Pareto, Unordered: true}},
		{"spoiled packets", "{delay: 10ms, reorder: 1%, duplicate: 2%, corrupt: 3%}", emulator.Link{Delay: 10 * ms, Reorder: .01, Duplicate: .02, Corrupt: .03}},
		{"outages", "{outages: [{from: 1s, to: 2s}, {from: 10s, to: 11s, every: 10s}]}",
			emulator.Link{Outages: []emulator.Outage{{From: s, To: 2 * s}, {From: 10 * s, To: 11 * s, Every: 10 * s}}}},
		{"waking up", "{rate: 10Mbps, queue: unlimited, idle: {after: 5s, penalty: 80ms}}",
			emulator.Link{Rate: 10 * unit.Mbps, IdleAfter: 5 * s, IdlePenalty: 80 * ms}},
		// 1 Mbps from 10 to 20 s, 5 Mbps from 30 s on for good.
		{"a timeline", "{rate: 10Mbps, queue: unlimited, timeline: [{from: 10s, to: 20s, rate: 1Mbps}, {at: 30s, rate: 5Mbps, loss: 2%}]}",
			emulator.Link{Rates: hold([]time.Duration{0, 10 * s, 20 * s, 30 * s}, 10e6, 1e6, 10e6, 5e6), Losses: hold([]time.Duration{0, 30 * s}, 0, 0.02)}},
		{"flapping", "{delay: 10ms, timeline: [{from: 1s, to: 2s, every: 3s, times: 2, delay: 50ms}, {from: 0s, to: 1s, every: 60s, outage: yes}]}",
			emulator.Link{Delays: hold([]time.Duration{0, s, 2 * s, 4 * s, 5 * s}, .01, .05, .01, .05, .01), Outages: []emulator.Outage{{From: 0, To: s, Every: 60 * s}}}},
		{"the later event counts", "{loss: 1%, timeline: [{from: 1s, to: 4s, loss: 2%}, {from: 2s, to: 3s, loss: 3%}]}",
			emulator.Link{Losses: hold([]time.Duration{0, s, 2 * s, 3 * s, 4 * s}, .01, .02, .03, .02, .01)}},
		// What holds for good gives way to what begins later, however listed.
		{"at in any order", "{rate: 5Mbps, queue: unlimited, timeline: [{at: 1s, rate: 2Mbps}, {at: 0s, rate: 3Mbps}]}",
			emulator.Link{Rates: hold([]time.Duration{0, s}, 3e6, 2e6)}},
		{"a recorded rate", "{trace: {file: net.csv, wrap: hold}, queue: unlimited}",
			emulator.Link{Rates: &trace.Series{Name: "net.csv", At: []time.Duration{0, s, 2 * s, 3 * s}, Value: []float64{8e6, 0, 16e6, 16e6}, Period: 4 * s, Wrap: trace.Hold}}},
		{"twice as fast, half as much", "{trace: {file: net.csv, column: up, speed: 2x, scale: 0.5x}, queue: unlimited}",
			emulator.Link{Rates: &trace.Series{Name: "net.csv", At: []time.Duration{0, 500 * ms, s, 1500 * ms}, Value: []float64{5e5, 5e5, 5e5, 5e5}, Period: 2 * s}}},
		{"recorded delay and loss", "{delay_trace: {file: net.csv, scale: 0.5x}, loss_trace: {file: net.csv, from: 1s, to: 3s, wrap: stop}}",
			emulator.Link{Delays: &trace.Series{Name: "net.csv", At: []time.Duration{0, s, 2 * s, 3 * s}, Value: []float64{.005, .01, .015, .015}, Period: 4 * s},
				Losses: &trace.Series{Name: "net.csv", At: []time.Duration{0, s}, Value: []float64{.5, 0}, Period: 2 * s, Wrap: trace.Stop}}},
	} {
		p, err := scenarios.Read(boxFiles(tt.yaml), "s/x.yaml", nil)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if diff := cmp.Diff(tt.want, p.Conditions[0].Links["edge"].Down); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// everyBox has every key of a direction that can stand beside the others.
const everyBox = `{rate: 10Mbps, layer: wire, delay: 10ms, jitter: 2ms, jitter_shape: normal, unordered: yes, loss: 1%, loss_burst: 2.5packets,
      queue: 50ms, codel: {target: 5ms, interval: 100ms}, outages: [{from: 1s, to: 2s, every: 10s}], idle: {after: 5s, penalty: 80ms},
      reorder: 1%, duplicate: 1%, corrupt: 0.1%, timeline: [{from: 1s, to: 2s, every: 5s, times: 3, rate: 1Mbps, delay: 5ms, loss: 2%}, {from: 3s, to: 4s, outage: yes}]}`

// TestEveryBox: boxes stand beside each other.
func TestEveryBox(t *testing.T) {
	p, err := scenarios.Read(boxFiles(everyBox), "s/x.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	l := p.Conditions[0].Links["edge"].Down
	if l.Rates == nil || l.Rate != 0 || l.Losses == nil || l.Loss != 0 || len(l.Outages) != 2 || l.Corrupt != 0.001 || !l.Unordered {
		t.Errorf("link %+v", l)
	}
}

// TestBoxMistakes: each message says where, and what to write instead.
func TestBoxMistakes(t *testing.T) {
	const down = "links.edge.down"
	for _, tt := range []struct{ yaml, want string }{
		{"{loss: 1}", `4:18: ` + down + `.loss: "1": want a share from 0% to less than 100%, such as 0.1%`},
		{"{loss: 1% 25%}", `4:18: ` + down + `.loss: "1% 25%": want one share; netem's correlation loses next to nothing, so say loss: 1% and loss_burst: 4packets for losses in a row`},
		{"{loss_burst: 4packets}", `4:24: ` + down + `.loss_burst: "4packets": want a loss too, or nothing is lost`},
		{"{loss: 1%, loss_burst: 4}", `4:34: ` + down + `.loss_burst: "4": want a mean number of packets, such as 4packets`},
		{"{rate: 0Mbps}", `4:18: ` + down + `.rate: "0Mbps": want a rate above 0, or unlimited; outages: [{from: 10s, to: 12s}] lets nothing pass for a while`},
		{"{rate: 1Mbps, queue: 0packets}", `4:32: ` + down + `.queue: "0packets": want a whole number of packets from 1 to 1048576`},
		{"{rate: 1Mbps, queue: 1000B}", `4:32: ` + down + `.queue: "1000B": want at least one full frame, 1514B, or nothing would pass`},
		{"{layer: ip}", `4:19: ` + down + `.layer: "ip": want a rate or trace too, or there is nothing to count`},
		{"{rate: 1Mbps, layer: tcp}", `4:32: ` + down + `.layer: "tcp": want ethernet, ip or wire`},
		{"{delay: 1ms, jitter: 1ms, jitter_shape: gauss}", `4:51: ` + down + `.jitter_shape: "gauss": want uniform, normal or pareto`},
		{"{jitter_shape: normal}", `4:26: ` + down + `.jitter_shape: "normal": want a jitter too, or there is nothing to spread`},
		{"{reorder: 1%}", `4:21: ` + down + `.reorder: "1%": want a delay too, or there is nothing to overtake`},
		{"{codel: {}}", `4:19: ` + down + `.codel: a mapping: want a rate or trace too, or nothing waits`},
		{"{outages: [{from: 2s, to: 1s}]}", `4:37: ` + down + `.outages[0].to: "1s": want a time after from, 2s`},
		{"{outages: [{from: 1s, to: 3s, every: 2s}]}", `4:48: ` + down + `.outages[0].every: "2s": want more than it lasts, 2s`},
		{"{idle: {after: 1s}}", `4:18: ` + down + `.idle: missing key "penalty"`},
		{"{timeline: [{from: 1s, to: 2s}]}", `4:23: ` + down + `.timeline[0]: want what changes: rate, delay, loss or outage`},
		{"{timeline: [{rate: 1Mbps}]}", `4:23: ` + down + `.timeline[0]: want at, or from and to`},
		{"{timeline: [{at: 1s, rate: 1Mbps}]}", `4:38: ` + down + `.timeline[0].rate: "1Mbps": want a rate of the link, and here, too; unlimited has no number`},
		{"{timeline: [{from: 1s, to: 2s, every: 5s, delay: 1ms}]}", `4:49: ` + down + `.timeline[0].every: "5s": want times too: how often`},
		{"{rate: 5Mbps, timeline: [{from: 1s, to: 2s, every: 5s, times: 0, rate: 1Mbps}]}", `4:73: ` + down + `.timeline[0].times: "0": want a whole number from 1 to 100000`},
		{"{delay_trace: {file: ping.txt}}", `4:25: ` + down + `.delay_trace: ping.txt has round trips, and a delay is of one direction: want scale: 0.5x for half of them here (or 1x for all)`},
		{"{timeline: [{at: 1s, outage: yes}]}", `4:40: ` + down + `.timeline[0].outage: "yes": want from and to: what begins and never ends would hold up all that comes`},
		{"{trace: {}}", `4:19: ` + down + `.trace: want file, or mahimahi as short for it with format: mahimahi; one of them`},
		{"{trace: {file: net.csv, column: sideways}}", `4:43: ` + down + `.trace.column: "sideways": want a column of rates: down, up`},
		{"{delay_trace: {file: x.trace}}", `4:25: ` + down + `.delay_trace: x.trace (mahimahi) has no delays`},
		{"{trace: {file: x.trace, speed: 2x}}", `4:42: ` + down + `.trace.speed: "2x": a trace of opportunities is played as it is, and loops; make a trace of rates of it by testbed traces convert`},
		{"{trace: {file: net.csv, format: pcap}}", `4:43: ` + down + `.trace.format: "pcap": want auto`},
		{"{trace: {file: net.csv, speed: 2}}", `4:42: ` + down + `.trace.speed: "2": want a factor such as 30x or 0.5x`},
	} {
		_, err := scenarios.Read(boxFiles(tt.yaml), "s/x.yaml", nil)
		want := "s/x.yaml:" + tt.want
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s:\n got %v\nwant %s", tt.yaml, err, want)
		}
	}
}

// TestBrokenTraces: a recording that cannot be read is an error with its own
// file and line.
func TestBrokenTraces(t *testing.T) {
	for file, want := range map[string]string{
		"back.csv":  "s/back.csv:4: ",
		"empty.csv": "s/empty.csv: ",
	} {
		_, err := scenarios.Read(boxFiles("{trace: {file: "+file+"}}"), "s/x.yaml", nil)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s…", file, err, want)
		}
	}
}

// TestStandingStill: what an engine cannot play is refused where it is asked.
func TestStandingStill(t *testing.T) {
	for _, down := range []string{"{outages: [{from: 1s, to: 2s}]}", "{trace: {file: net.csv}}"} {
		fs := boxFiles(down)
		fs["s/x.yaml"].Data = append(fs["s/x.yaml"].Data, "engine: tc\n"...)
		_, err := scenarios.Read(fs, "s/x.yaml", nil)
		if err == nil || !strings.Contains(err.Error(), "engine tc cannot stand still") || !strings.HasPrefix(err.Error(), "s/x.yaml:4:") {
			t.Errorf("%s: got %v", down, err)
		}
	}
}

// TestPlaces reads who is where.
func TestPlaces(t *testing.T) {
	const places = `nodes: [{name: edge}, {name: cloud}, {name: helper, beside: cloud}]
repository: {beside: cloud}
links:
  edge: {down: {rate: 5Mbps}}
  edge/cloud: {up: {delay: 3ms}}
  control: {down: {delay: 1ms}}
vary: [{name: a, values: [{name: b, set: {residency: warm}}, {name: c, set: {links.edge/helper.up.delay: 9ms}}]}]
`
	p, err := scenarios.Read(files(places), "s/x.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"edge/cloud", "edge/helper"}, p.Scenario.Pairs); diff != "" {
		t.Errorf("pairs (-want +got):\n%s", diff)
	}
	for _, c := range p.Conditions {
		for _, name := range []string{"edge", "cloud", "edge/cloud", "edge/helper", "control"} {
			if _, ok := c.Links[name]; !ok {
				t.Errorf("condition %s has no link %s", c.ID, name)
			}
		}
		if _, ok := c.Links["helper"]; ok {
			t.Errorf("condition %s: helper has a link of its own, though it is beside cloud", c.ID)
		}
	}
	if p.Scenario.LinkOf("helper") != "cloud" || p.Scenario.Repository.Beside != "cloud" {
		t.Errorf("helper has the link of %s, the repository is beside %s", p.Scenario.LinkOf("helper"), p.Scenario.Repository.Beside)
	}
	for _, tt := range []struct{ old, new, want string }{
		{"edge/cloud:", "edge/clod:", `5:3: links: no node "clod"; did you mean "cloud"?`},
		{"edge/cloud:", "edge/edge:", `5:3: links: want a pair of two nodes`},
		{"edge/cloud:", "helper/repository:", `5:3: links: "helper" and "repository" are beside each other: there is no link between them`},
		{"links.edge/helper.", "links.cloud/edge.", `1:1: links: cloud/edge and edge/cloud are one link: give it one name`},
		{"edge/cloud:", "helper:", `5:3: links: "helper" is beside "cloud" and has its link`},
		{"{beside: cloud}", "{beside: moon}", `2:22: repository.beside: "moon": no such node`},
		{"{beside: cloud}", "{beside: helper}", `2:22: repository.beside: "helper": want a node with a link of its own: that one is beside "cloud"`},
		{"helper, beside: cloud", "helper, beside: helper", `1:61: nodes[2].beside: "helper": want another node`},
	} {
		_, err := scenarios.Read(files(strings.Replace(places, tt.old, tt.new, 1)), "s/x.yaml", nil)
		if err == nil || !strings.HasPrefix(err.Error(), "s/x.yaml:"+tt.want) {
			t.Errorf("%s:\n got %v\nwant %s", tt.new, err, tt.want)
		}
	}
}
