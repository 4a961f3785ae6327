package formats_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/trace/formats"
)

const (
	ms  = time.Millisecond
	sec = time.Second
)

// networkColumn is a Column that Read would make of a file named f.
func networkColumn(name string, q formats.Quantity, period time.Duration, at []time.Duration, value ...float64) formats.Column {
	return formats.Column{Name: name, Quantity: q, Series: trace.Series{Name: "f", At: at, Value: value, Period: period}}
}

// networkExamples are a file of each format, and what it says.
var networkExamples = []struct {
	format, in string
	want       []formats.Column
	notes      []string // parts of the notes, in their order
}{
	{"mahimahi", "0\n3\n3\n8\n", nil, nil},
	{"cooked", "0.5 4\n1.0\t0\n3 1.5\n", []formats.Column{ // holds until its time
		networkColumn("down", formats.Rate, 3*sec, []time.Duration{0, 500 * ms, 1 * sec}, 4e6, 0, 1.5e6),
	}, []string{"gaps: 1 (steps of more than 3 times the median 500ms), the longest 2s, from 500ms after the first row; the value after"}},
	{"cooked", "0 9\n1 2\n2 3\n", []formats.Column{ // 9 holds for no time
		networkColumn("down", formats.Rate, 2*sec, []time.Duration{0, 1 * sec}, 2e6, 3e6),
	}, []string{"the first row is left out"}},
	{"cooked", "1100 9\n1105 2\n1110 3\n", []formats.Column{ // cut out of a longer one
		networkColumn("down", formats.Rate, 10*sec, []time.Duration{0, 5 * sec}, 2e6, 3e6),
	}, []string{"the first row is left out"}},
	{"cooked", "2 45.0\n", []formats.Column{
		networkColumn("down", formats.Rate, 2*sec, []time.Duration{0}, 45e6),
	}, nil},
	{"sabre", "[\n {\"duration_ms\": 500, \"bandwidth_kbps\": 1200, \"latency_ms\": 20},\n {\"duration_ms\":0,\"bandwidth_kbps\":7,\"latency_ms\":1}, {\"duration_ms\": 1500, \"bandwidth_kbps\": 0, \"latency_ms\": 30}]", []formats.Column{
		networkColumn("down", formats.Rate, 2*sec, []time.Duration{0, 500 * ms}, 1.2e6, 0),
		networkColumn("delay", formats.Delay, 2*sec, []time.Duration{0, 500 * ms}, .02, .03),
	}, []string{"left out: 1 steps of no length", "delays are round trips"}},
	{"sabre", `[{"duration_ms": 500, "bandwidth_kbps": 1200}]`, []formats.Column{
		networkColumn("down", formats.Rate, 500*ms, []time.Duration{0}, 1.2e6),
	}, nil},
	{"norway", // 125000 B in 1000 ms are 1 Mbit/s, 250 B in 2000 ms 1 kbit/s
		"1285743175 5000 59.8 10.7 125000 1000\n1285743177 7000 59.8 -10.7 250 2000\n", []formats.Column{
			networkColumn("down", formats.Rate, 3*sec, []time.Duration{0, 1 * sec}, 1e6, 1e3),
		}, nil},
	{"norway", // the second line has 1000 ms of 4000: its rate is still that of 1000 ms
		"1285743175 5000 59.8 10.7 125000 1000\n1285743179 9000 59.8 10.7 125000 1000\n", []formats.Column{
			networkColumn("down", formats.Rate, 5*sec, []time.Duration{0, 1 * sec}, 1e6, 1e6),
		}, []string{"lines whose length is not the time since the line before: 1"}},
	{"ghent", // 57919 B · 8 / 0.148 s
		"1453121790686 148 51.03 3.73 57919 148\n1453121791686 1148 51.03 3.73 2256500 1000\n", []formats.Column{
			networkColumn("down", formats.Rate, 1148*ms, []time.Duration{0, 148 * ms}, 57919*8/0.148, 2256500*8),
		}, nil},
	{"fcc", // bytes a second; 0 failed
		"unit_id,dtime,target,address,fetch_time,bytes_total,bytes_sec,objects\n7,2015-06-01 00:59:59,http://a,1.2.3.4,900000,5000,125000,3\n7,2015-06-01 01:59:59,http://a,1.2.3.4,900000,0,0,3\n7,2015-06-01 02:59:59,http://a,1.2.3.4,1,1,250000,3\n", []formats.Column{
			networkColumn("down", formats.Rate, 4*time.Hour, []time.Duration{0, 2 * time.Hour}, 1e6, 2e6),
		}, []string{"left out: 1 fetches of 0 bytes", "up to 2h0m0s (median) apart"}},
	{"fcc", // no header; two targets, each with its own beginning
		"7,2015-06-01 00:00:00,http://a,x,1,1,1000,3\n7,2015-06-01 00:00:05,\"b,c\",x,1,1,2000,3\n7,2015-06-01 00:00:10,http://a,x,1,1,3000,3\n", []formats.Column{
			networkColumn("7/http://a", formats.Rate, 20*sec, []time.Duration{0, 10 * sec}, 8000, 24000),
			networkColumn("7/b,c", formats.Rate, 1*sec, []time.Duration{0}, 16000),
		}, []string{"10s (median) apart", "2 measurements, a column each", "7/b,c: one row only"}},
	{"irish", // kbit/s; the mean of a second; - is missing; a gap of 6 s
		"Timestamp,NetworkMode,DL_bitrate,UL_bitrate,State,PINGAVG,PINGLOSS\n2020.02.14_12.58.59,5G,10,1,D,-,-\n2020.02.14_12.58.59,5G,30,1,D,-,-\n2020.02.14_12.59.00,5G,-,0,I,50.0,40.0\n2020.02.14_12.59.01,5G,2,0,I,-,-\n2020.02.14_12.59.07,5G,2,4,I,-,-\n", []formats.Column{
			networkColumn("down", formats.Rate, 9*sec, []time.Duration{0, 2 * sec, 8 * sec}, 20e3, 2e3, 2e3),
			networkColumn("up", formats.Rate, 9*sec, []time.Duration{0, 1 * sec, 2 * sec, 8 * sec}, 1e3, 0, 0, 4e3),
			networkColumn("delay", formats.Delay, 9*sec, []time.Duration{0}, .05),
			networkColumn("loss", formats.Loss, 9*sec, []time.Duration{0}, .4),
		}, []string{"rows with the time of the row before: 1", "gaps: 1 (steps of more than 3 times the median 1s), the longest 6s, from 2s after", "column down: missing: 1 of 4", "column delay: missing: 3 of 4", "column loss: missing: 3 of 4", "round trips"}},
	{"lumos5g", "run_num,seq_num,latitude,Throughput,mobility_mode,trajectory_direction,tower_id\n1,1,44.9,100.5,walking,CW,2\n1,2,44.9,0,walking,CW,2\n1,1,44.9,7,driving,CW,2\n", []formats.Column{
		networkColumn("1/walking/CW", formats.Rate, 2*sec, []time.Duration{0, 1 * sec}, 100.5e6, 0),
		networkColumn("1/driving/CW", formats.Rate, 1*sec, []time.Duration{0}, 7e6),
	}, []string{"2 measurements, a column each"}},
	{"nyu-mets", "0.57,Mbits/sec\n791,Kbits/sec\n0,bits/sec\n", []formats.Column{
		networkColumn("down", formats.Rate, 3*sec, []time.Duration{0, 1 * sec, 2 * sec}, 570e3, 791e3, 0),
	}, nil},
	{"cellreplay", "0 20 0 0 1\n25 31 0 2 2 7\n60 22 0 1\n", []formats.Column{ // the median step is 25 ms
		networkColumn("delay", formats.Delay, 85*ms, []time.Duration{0, 25 * ms, 60 * ms}, .02, .031, .022),
	}, []string{"the opportunities of the packet trains are left out"}},
	{"ping-csv", "Probe Number,RTT [ms],Probe Send Time,TTL,Country Name\n1,146.1,23:59:59,46,X\n2,,00:00:00,,X\n3,98,00:00:01,46,X\n", []formats.Column{
		networkColumn("delay", formats.Delay, 3*sec, []time.Duration{0, 2 * sec}, .1461, .098),
		networkColumn("loss", formats.Loss, 3*sec, []time.Duration{0, 1 * sec, 2 * sec}, 0, 1, 0),
	}, []string{"round trips"}},
	{"ping", // 4 probes, the third lost; 603 ms for three distances; replies out of order
		"PING a (192.0.2.1) 56(84) bytes of data.\n64 bytes from 192.0.2.1: icmp_seq=1 ttl=57 time=10.4 ms\n64 bytes from 192.0.2.1: icmp_seq=4 ttl=57 time=9 ms\n64 bytes from 192.0.2.1: icmp_seq=2 ttl=57 time=350 ms\n64 bytes from 192.0.2.1: icmp_seq=2 ttl=57 time=360 ms (DUP!)\n\n--- a ping statistics ---\n4 packets transmitted, 3 received, 25% packet loss, time 603ms\n", []formats.Column{
			networkColumn("delay", formats.Delay, 804*ms, []time.Duration{0, 201 * ms, 603 * ms}, .0104, .35, .009),
			networkColumn("loss", formats.Loss, 804*ms, []time.Duration{0, 201 * ms, 402 * ms, 603 * ms}, 0, 0, 1, 0),
		}, []string{"round trips"}},
	{"ping", // -D, and 65535 goes on to 0
		"[1700000000.500000] 64 bytes from x: icmp_seq=65535 ttl=57 time=1 ms\n[1700000000.700000] 64 bytes from x: icmp_seq=0 ttl=57 time=2 ms\n", []formats.Column{
			networkColumn("delay", formats.Delay, 400*ms, []time.Duration{0, 200 * ms}, .001, .002),
		}, []string{"round trips"}},
	{"ping", "64 bytes from x: icmp_seq=0 ttl=57 time=1.5 ms\n64 bytes from x: icmp_seq=1 ttl=57 time=2 ms\n", []formats.Column{
		networkColumn("delay", formats.Delay, 2*sec, []time.Duration{0, 1 * sec}, .0015, .002),
	}, []string{"probes are taken to be 1s apart", "round trips"}},
	{"iperf3", // sent up; two streams with an RTT in µs; an omitted interval
		`{"start":{"version":"iperf 3.9","test_start":{"protocol":"TCP","num_streams":2}},"intervals":[
{"streams":[],"sum":{"start":0,"end":1,"bits_per_second":5,"omitted":true,"sender":true}},
{"streams":[{"rtt":20000},{"rtt":40000}],"sum":{"start":0,"end":1,"bits_per_second":1e6,"sender":true}},
{"streams":[{"rtt":0}],"sum":{"start":1,"end":1.5,"bits_per_second":0,"sender":true}}],"end":{}}`, []formats.Column{
			networkColumn("up", formats.Rate, 1500*ms, []time.Duration{0, 1 * sec}, 1e6, 0),
			networkColumn("delay", formats.Delay, 1500*ms, []time.Duration{0}, .03),
		}, []string{"the sum of 2 TCP streams", "written by the sender", "left out: 1 intervals", "round trips"}},
	{"iperf3", // no sum; 10 of 40 lost; the other direction too
		`{"start":{"test_start":{"protocol":"UDP","num_streams":1,"reverse":1}},"intervals":[{"streams":[
{"start":0,"end":2,"bits_per_second":1000,"lost_packets":4,"packets":20},{"start":0,"end":2,"bits_per_second":500,"lost_packets":6,"packets":20}],"sum_bidir_reverse":{"bits_per_second":7}}]}`, []formats.Column{
			networkColumn("down", formats.Rate, 2*sec, []time.Duration{0}, 1500),
			networkColumn("up", formats.Rate, 2*sec, []time.Duration{0}, 7),
			networkColumn("loss", formats.Loss, 2*sec, []time.Duration{0}, .25),
		}, nil},
	{"testbed", "# source: walk, 2026\n# hold: start\n# length_s: 2.5\nt_s,down_kbps,up_mbps,delay_ms,loss,cpu_pct,gpu_share\n0,12000,3,40,0,12.5,1\n0.5,0,,300,0.02,,0\n", []formats.Column{
		networkColumn("down", formats.Rate, 2500*ms, []time.Duration{0, 500 * ms}, 12e6, 0),
		networkColumn("up", formats.Rate, 2500*ms, []time.Duration{0}, 3e6),
		networkColumn("delay", formats.Delay, 2500*ms, []time.Duration{0, 500 * ms}, .04, .3),
		networkColumn("loss", formats.Loss, 2500*ms, []time.Duration{0, 500 * ms}, 0, .02),
		networkColumn("cpu", formats.Utilization, 2500*ms, []time.Duration{0}, .125),
		networkColumn("gpu", formats.Utilization, 2500*ms, []time.Duration{0, 500 * ms}, 1, 0),
	}, []string{"source: walk, 2026"}},
	{"testbed", "# hold: end\nt_ms,down_bps\n100,8\n400,9\n", []formats.Column{
		networkColumn("down", formats.Rate, 400*ms, []time.Duration{0, 100 * ms}, 8, 9),
	}, nil},
	{"testbed", "t_s,down_bps\n10,8\n11,9\n13,7\n", []formats.Column{ // the median step is 1 s
		networkColumn("down", formats.Rate, 4*sec, []time.Duration{0, 1 * sec, 3 * sec}, 8, 9, 7),
	}, nil},
}

// TestNetworkFormats reads each example by its content and by its name.
func TestNetworkFormats(t *testing.T) {
	for _, tt := range networkExamples {
		for _, format := range []string{"", tt.format} {
			for _, in := range []string{tt.in, "\ufeff" + strings.ReplaceAll(tt.in, "\n", "\r\n")} {
				if tt.format == "mahimahi" && in != tt.in {
					continue // the format is Mahimahi's own, to the byte
				}
				r, err := formats.Read(strings.NewReader(in), "f", format)
				if err != nil {
					t.Errorf("%s: %v\n%s", tt.format, err, in)
					continue
				}
				if r.Format != tt.format || r.Name != "f" {
					t.Errorf("read %s as %s, of %q", tt.format, r.Format, r.Name)
				}
				if diff := cmp.Diff(tt.want, r.Columns); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tt.format, diff)
				}
				if len(r.Notes) != len(tt.notes) || !slices.EqualFunc(r.Notes, tt.notes, strings.Contains) {
					t.Errorf("%s: notes %q, want %q", tt.format, r.Notes, tt.notes)
				}
			}
		}
	}
}

// TestNetworkExamplesAll: every format of networks has an example.
func TestNetworkExamplesAll(t *testing.T) {
	has := make(map[string]bool)
	for _, e := range networkExamples {
		has[e.format] = true
	}
	if len(has) != 14 {
		t.Errorf("%d formats have examples, want 14", len(has))
	}
	for _, f := range formats.Formats() {
		delete(has, f.Name)
	}
	if len(has) > 0 {
		t.Errorf("examples of formats that are not: %v", has)
	}
}

func TestNetworkErrors(t *testing.T) {
	const (
		irish = "Timestamp,DL_bitrate,UL_bitrate\n"
		lumos = "run_num,seq_num,Throughput\n"
		pings = "RTT [ms],Probe Send Time\n"
	)
	for _, tt := range []struct {
		format, in, want string
		is               error
	}{
		{"mahimahi", "1\n5\n4\n", "f:3: time goes backwards: 4ms after 5ms", trace.ErrBackwards},
		{"mahimahi", "", "f: no delivery opportunity", trace.ErrEmpty},
		{"cooked", "", "f:1: the file ends without a row of values: want at least one", trace.ErrEmpty},
		{"cooked", "\n\n", "f:2: the file ends without a row of values: want at least one", trace.ErrEmpty},
		{"cooked", "1 5\n\n0.5 5\n", "f:3: time goes backwards: 500ms after 1s", trace.ErrBackwards},
		{"cooked", "0 45.0\n", "f:1: lasts no time: a value holds since the row before: want two rows, or a first time above 0", trace.ErrPeriod},
		{"cooked", "1 5 6\n", "f:1: 3 fields: want two, a time in seconds and a rate in Mbit/s", nil},
		{"cooked", "1 -5\n", `f:1: "-5": want a rate in Mbit/s, a number, 0 or more`, nil},
		{"cooked", "1 NaN\n", `f:1: "NaN": want a rate in Mbit/s, a number, 0 or more`, nil},
		{"cooked", "1 1e303\n", `f:1: "1e303": want a rate in Mbit/s that is smaller`, nil},
		{"cooked", "-1 5\n", `f:1: "-1": want a time in seconds, a number, 0 or more`, nil},
		{"cooked", "1e300 5\n", `f:1: "1e300": want a time in seconds of this age`, nil},
		{"cooked", "0 5\n31622401 5\n", "f:2: 8784h0m1s after the first row: want at most 8784h0m0s", nil},
		{"cooked", "1 5\n" + strings.Repeat("1", 1<<20), "f:2: longer than 1048576 bytes: want lines of text", nil},
		{"sabre", "{}", "f:1: want an array of duration_ms, bandwidth_kbps and latency_ms", nil},
		{"sabre", "[]", "f:1: the file ends without a row of values: want at least one", trace.ErrEmpty},
		{"sabre", "[\n{\"duration_ms\":1}]", "f:2: a step without duration_ms or bandwidth_kbps: want both", nil},
		{"sabre", "[\n{\"duration_ms\":1,\"bandwidth_kbps\":-1}]", "f:2: bandwidth_kbps -1, latency_ms NaN: want 0 or more", nil},
		{"sabre", "[\n{\"duration_ms\":-1,\"bandwidth_kbps\":1}]", "f:2: duration_ms -1: want 0 or more, and at most 366 days", nil},
		{"sabre", "[\n\n{\"duration_ms\":\"1\"}]", "f:3: duration_ms is a string: want an array of duration_ms, bandwidth_kbps and latency_ms", nil},
		{"sabre", "[{\"duration_ms\":1,\"bandwidth_kbps\":1}", "f:1: unexpected EOF: want an array of duration_ms, bandwidth_kbps and latency_ms", nil},
		{"norway", "1 2 3 4 5\n", "f:1: 5 fields: want six: epoch, ms, latitude, longitude, bytes and ms since the last line", nil},
		{"norway", "1 2 3 4 5 0\n", "f:1: 0 ms since the last line: want more", nil},
		{"norway", "1 2000 3 4 5 1000\n2 1500 3 4 5 1000\n", "f:2: time goes backwards: 1.5s after 2s", trace.ErrBackwards},
		{"ghent", "1 2000 3 4 x 1000\n", `f:1: "x": want a count of bytes, a number, 0 or more`, nil},
		{"fcc", "unit_id,dtime,bytes_sec\n", "f:1: no column target: want a header with unit_id, dtime, target, bytes_sec", nil},
		{"fcc", "7,2015-06-01,a,b,1,1,5\n", `f:1: "2015-06-01": want a time such as 2006-01-02 15:04:05`, nil},
		{"fcc", "7,2015-06-01 00:00:01,a,b\n", "f:1: 4 fields: want at least unit_id,dtime,target,address,fetch_time,bytes_total,bytes_sec", nil},
		{"fcc", "7,2015-06-01 00:00:01,a,b,1,1,5\n7,2015-06-01 00:00:00,a,b,1,1,5\n", "f:2: time goes backwards: 2015-06-01 00:00:00 after 2015-06-01 00:00:01", trace.ErrBackwards},
		{"fcc", "7,2015-06-01 00:00:01,a,b,1,1,0\n", "f:1: the file ends without a row of values: want at least one", trace.ErrEmpty},
		{"irish", "Timestamp,Speed\n", "f:1: no column DL_bitrate or UL_bitrate: want one", nil},
		{"irish", "Speed\n", "f:1: no column Timestamp: want the header of G-NetTrack", nil},
		{"irish", irish, "f:1: the file ends without a row of values: want at least one", trace.ErrEmpty},
		{"irish", irish + "2020.02.14_12.58.17,-,-\n", "f:2: the file ends, and all values are missing: want at least one", trace.ErrEmpty},
		{"irish", irish + "2020.02.14_12.58.17,1\n", "f:2: 2 fields: want 3, as in the header", nil},
		{"irish", irish + "14.02.2020,1,1\n", `f:2: "14.02.2020": want a time such as 2006.01.02_15.04.05`, nil},
		{"irish", irish + "2020.02.14_12.58.17,1,1\n2020.02.14_12.58.16,1,1\n", "f:3: time goes backwards: 2020-02-14 12:58:16 after 2020-02-14 12:58:17", trace.ErrBackwards},
		{"irish", "Timestamp,DL_bitrate,PINGLOSS\n2020.02.14_12.58.17,1,101\n", `f:2: "101": want a loss of at most 100 %`, nil},
		{"lumos5g", "run_num,seq_num\n", "f:1: no column throughput: want a header with run_num, seq_num, throughput", nil},
		{"lumos5g", lumos + "1,2,5\n1,1,5\n", "f:3: time goes backwards: 1s after 2s", trace.ErrBackwards},
		{"nyu-mets", "5\n", "f:1: 1 fields: want two, a rate and its unit, such as 0.57,Mbits/sec", nil},
		{"nyu-mets", "5,MBytes/sec\n", `f:1: unit "MBytes/sec": want bits/sec, Kbits/sec, Mbits/sec or Gbits/sec`, nil},
		{"cellreplay", "5\n", "f:1: 1 fields: want a time in ms, a base delay in ms, and the opportunities of a train", nil},
		{"cellreplay", "5 1 0\n4 1 0\n", "f:2: time goes backwards: 4ms after 5ms", trace.ErrBackwards},
		{"ping-csv", "RTT [ms]\n", "f:1: no column probe send time: want a header with rtt [ms], probe send time", nil},
		{"ping-csv", pings + "5,11:00:02\n6,11:00:01\n", "f:3: time goes backwards: 11h0m1s after 11h0m2s", trace.ErrBackwards},
		{"ping-csv", pings + "5,25:00:00\n", `f:2: "25:00:00": want a time of day such as 11:35:01`, nil},
		{"ping", "PING x\n", "f:1: the file ends without a row of values: want at least one", trace.ErrEmpty},
		{"iperf3", "{\"start\":{},\n\"error\":\"unable to connect\"}", "f:2: no intervals, for iperf3 failed: unable to connect", nil},
		{"iperf3", "{\n\"intervals\":[{}]}", "f:2: an interval without sum and streams: want one of them", nil},
		{"iperf3", "{\n\"intervals\":[{\"sum\":{\"start\":1,\"end\":1}}]}", "f:2: an interval from 1 to 1 s: want times that rise", nil},
		{"iperf3", "{\n\"intervals\":[\n{\"sum\":{\"start\":1,\"end\":2}},\n{\"sum\":{\"start\":0,\"end\":1}}]}", "f:4: time goes backwards: 0s after 1s", trace.ErrBackwards},
		{"iperf3", "{\n\"intervals\":[{\"sum\":{\"end\":1,\"bits_per_second\":-1}}]}", "f:2: bits_per_second below 0: want 0 or more", nil},
		{"iperf3", "[]", "f:1: want the output of iperf3 --json", nil},
		{"testbed", "", "f:1: the file ends without a row of values: want at least one", trace.ErrEmpty},
		{"testbed", "# source: x\n", "f:1: the file ends without a row of values: want at least one", trace.ErrEmpty},
		{"testbed", "t_s,down\n", `f:1: column "down" has no unit: want a name that ends in one, such as down_kbps, delay_ms or cpu_pct`, nil},
		{"testbed", "t,down_kbps\n", `f:1: column "t" has no unit: want a name that ends in one, such as down_kbps, delay_ms or cpu_pct`, nil},
		{"testbed", "t_s,cpu\n", `f:1: column "cpu" has no unit: want a name that ends in one, such as down_kbps, delay_ms or cpu_pct`, nil},
		{"testbed", "down_kbps\n", "f:1: want a header with t_s and at least one column, such as t_s,down_kbps", nil},
		{"testbed", "t_s\n", "f:1: want a header with t_s and at least one column, such as t_s,down_kbps", nil},
		{"testbed", "t_s,down_kbps,down_bps\n", `f:1: column "down_bps": want names that differ in more than the unit`, nil},
		{"testbed", "t_s,loss\n0,1.5\n", `f:2: "1.5": want a loss of at most 1, which is 100 %`, nil},
		{"testbed", "t_s,cpu_pct\n0,101\n", `f:2: "101": want a utilization of at most 1, which is 100 %`, nil},
		{"testbed", "t_s,down_kbps\n1,5\n0.5,5\n", "f:3: time goes backwards: 500ms after 1s", trace.ErrBackwards},
		{"testbed", "t_s,down_kbps\n1\n", "f:2: 1 fields: want 2, as in the header", nil},
		{"testbed", "# hold: middle\n", `f:1: hold "middle": want start or end`, nil},
		{"testbed", "#\n# wrap: round\n", `f:2: wrap "round": want loop, hold or stop`, nil},
		{"testbed", "# length_s: 99999999\n", "f:1: length_s 99999999: want at most 8784h0m0s", nil},
		{"testbed", "# length_s: 1\nt_s,down_kbps\n0,5\n1,5\n", "f:1: length_s 1: want more than 1s, where column down has its last value", trace.ErrPeriod},
	} {
		_, err := formats.Read(strings.NewReader(tt.in), "f", tt.format)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: %.60q: %v\nwant %s", tt.format, tt.in, err, tt.want)
		}
		if tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: %.60q: %v is not %v", tt.format, tt.in, err, tt.is)
		}
		var syntax *trace.SyntaxError
		if !errors.As(err, &syntax) && tt.in != "" {
			t.Errorf("%s: %.60q: %v is not a SyntaxError", tt.format, tt.in, err)
		}
	}
}

// TestNetworkDetectsNothing: what is none of the formats is not taken for one.
func TestNetworkDetectsNothing(t *testing.T) {
	for _, in := range []string{
		"", "\n", "hello\n", "1,2,3\n", "a b c\n", "{}", "[]", "5 4\n3 2\n", "-1\n", "1.5\n", "3\n2.5\n",
		"Timestamp,Speed\n", "down_kbps,up_kbps\n0,1\n", "0.57,MBytes/sec\n", "1 2 3\n2 3 -1\n", "1 2 3 4 5 6 7.5\n",
	} {
		if r, err := formats.Read(strings.NewReader(in), "f", ""); err == nil || !strings.Contains(err.Error(), "not a format that is known") {
			t.Errorf("%q: %+v, %v; want no format", in, r, err)
		}
	}
}

// TestNetworkLimits: files that are hostile in size are refused, and soon.
func TestNetworkLimits(t *testing.T) {
	if !testing.Short() {
		in := strings.Repeat("0,bits/sec\n", 4<<20+1)
		if _, err := formats.Read(strings.NewReader(in), "f", "nyu-mets"); err == nil || err.Error() != "f: more than 4194304 lines: cut it" {
			t.Errorf("%d lines: %v", 4<<20+1, err)
		}
	}
	// A probe number that jumps is one lost run, not 30000 rows.
	r, err := formats.Read(strings.NewReader("64 bytes from x: icmp_seq=1 ttl=1 time=1 ms\n64 bytes from x: icmp_seq=30001 ttl=1 time=1 ms\n"), "f", "ping")
	if err != nil {
		t.Fatal(err)
	}
	// 29999 of 30001 probes, at 1 s, are lost.
	if c, _ := r.Column("loss"); len(c.At) != 3 || math.Abs(c.Mean()-29999./30001) > 1e-12 {
		t.Errorf("%d steps, mean %v", len(c.At), c.Mean())
	}
}
