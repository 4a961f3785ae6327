package formats_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/trace/formats"
)

func TestUtilizationErrors(t *testing.T) {
	const (
		sadf    = "# hostname;interval;timestamp;CPU;%user;%nice;%system;%iowait;%steal;%idle\n"
		mpstat  = "20:48:31     CPU    %usr   %nice    %sys %iowait    %irq   %soft  %steal  %guest  %gnice   %idle\n"
		zeros   = " 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 "
		vmstat  = " r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st                 UTC\n"
		nvidia  = "timestamp, index, utilization.gpu [%], memory.used [MiB], memory.total [MiB]\n"
		google  = "start_time,end_time,average_usage.cpus\n"
		azureID = "yNf/R3X8fyXkOJm3ihXQcT0F52a8cDWP"
		brains  = "Timestamp [ms];\tCPU usage [%];\tMemory usage [KB];\tMemory capacity provisioned [KB]\n"
	)
	for _, tt := range []struct {
		format, in, want string
		is               error
	}{
		{"sadf", "", "f:1: the file ends without a row of values: want at least one", trace.ErrEmpty},
		{"sadf", sadf, "f:1: the file ends without a row of values: want at least one", trace.ErrEmpty},
		{"sadf", sadf + "vm;5;2026-11-23 00:10:01 UTC;-1;0;0;0;0;0;100\nvm;5;2026-11-23 00:10:00 UTC;-1;0;0;0;0;0;100\n",
			"f:3: time goes backwards: cpu: 2026-11-23 00:10:00 after 2026-11-23 00:10:01", trace.ErrBackwards},
		{"sadf", sadf + "vm;5;23.11.2026;-1;0;0;0;0;0;100\n", `f:2: "23.11.2026": want a time such as 2006-01-02 15:04:05`, nil},
		{"sadf", sadf + "vm;0;2026-11-23 00:10:01 UTC;-1;0;0;0;0;0;100\n", `f:2: "0": want an interval in seconds, above 0`, nil},
		{"sadf", sadf + "vm;5;2026-11-23 00:10:01 UTC;x;0;0;0;0;0;100\n", `f:2: "x": want a CPU, a number or all`, nil},
		{"sadf", sadf + "vm;5;2026-11-23 00:10:01 UTC;-1;0;0;0;0;0;150\n", "f:2: 150 % idle and 0 % iowait: want percentages", nil},
		{"sadf", sadf + "vm;5;2026-11-23 00:10:01 UTC;-1;0;0;0;0;0;-1\n", `f:2: "-1": want a percentage of idle time, a number, 0 or more`, nil},
		{"sadf", sadf + "vm;5;2026-11-23 00:10:01 UTC;-1;0;0;0\nvm;5;2026-11-23 00:10:06 UTC;-1;0;0;0;0;0;100\n", "f:2: 7 columns: want 10", nil},
		{"sadf", `{"sysstat": {"hosts": [`, "f:1: unexpected EOF: want the whole output of sadf -j or mpstat -o JSON", nil},
		{"sadf", "{\n\"sysstat\": 3}", "f:2: want the whole output of sadf -j or mpstat -o JSON", nil},
		{"sadf", `{"sysstat": {"hosts": [{}, {}]}}`, "f:1: a second host: want one", nil},
		{"sadf", `{"sysstat": {"hosts": [{"statistics": [{"timestamp": {"date": "x"}, "cpu-load": [{"cpu": "all", "idle": 1}]}]}]}}`,
			`f:1: "x ": want a time such as 2006-01-02 15:04:05`, nil},
		{"sadf", `{"sysstat": {"hosts": [{"statistics": [{"timestamp": {"date": "2026-11-23", "time": "00:10:01"}, "cpu-load": [{"cpu": "all", "idle": 1}]}]}]}}`,
			"f:1: interval 0: want seconds, above 0", nil},
		{"sadf", `{"sysstat": {"hosts": [{"statistics": [{"timestamp": "10:00:00", "cpu-load": [{"cpu": "all"}]}]}]}}`, "f:1: cpu: no idle time: want one", nil},

		{"mpstat", mpstat, "f:1: the file ends without a row of values: want at least one", trace.ErrEmpty},
		{"mpstat", mpstat + "20:48:32 all" + zeros + "100.00\n20:48:31 all" + zeros + "100.00\n", "f:3: time goes backwards: cpu: 20h48m31s after 20h48m32s", trace.ErrBackwards},
		{"mpstat", mpstat + "25:48:32 all" + zeros + "100.00\n", `f:2: "25:48:32": want a time of day such as 15:04:05`, nil},
		{"mpstat", mpstat + "20:48:32 all" + zeros + "oops\n", `f:2: "oops": want a percentage of idle time, a number, 0 or more`, nil},
		{"mpstat", mpstat + "20:48:32 all 1.00\n20:48:33 all" + zeros + "100.00\n", "f:2: 2 columns: want 11", nil},
		{"sar", "10:00:00 PM CPU %user %idle\n13:00:01 PM all 1 99\n", `f:2: "13:00:01 PM": want a time of day such as 15:04:05`, nil},

		{"vmstat", " 1 2 3\n", `f:1: " 1 2 3": want the header of vmstat first`, nil},
		{"vmstat", vmstat + " 1  0 0 1 2 3 0 0 0 0 1 2 40 10 20 30  0\n", "f:2: no time in the line, so the step is not known: record with vmstat -t N", nil},
		{"vmstat", vmstat + " 1  0 0 1 2 3 0 0 0 0 1 2 40 10 20 30  0 2026-01-31 10:00:00\n",
			"f:2: one row only, the average since boot: want those of an interval, as of vmstat -t 1", nil},
		{"vmstat", vmstat, "f:1: the file ends without a row of values: want at least one", trace.ErrEmpty},

		{"nvidia-smi", "index, utilization.gpu [%]\n0, 5 %\n", "f:1: no column timestamp: want --query-gpu=timestamp,index,utilization.gpu,...", nil},
		{"nvidia-smi", "timestamp, power.draw [W]\n", "f:1: no column of utilization: want --query-gpu=timestamp,index,utilization.gpu,...", nil},
		{"nvidia-smi", "2026/01/31 12:00:00.123, 0, 37, 12, 1024\n",
			"f:1: no header, and no column with %: write the header as the first line, such as timestamp, index, utilization.gpu [%]", nil},
		{"nvidia-smi", nvidia + "31/01/2026 12:00:00, 0, 5 %, 1 MiB, 2 MiB\n", `f:2: "31/01/2026 12:00:00": want a time such as 2006/01/02 15:04:05`, nil},
		{"nvidia-smi", nvidia + "2026/01/31 12:00:00.123, 0, 137 %, 1 MiB, 2 MiB\n", `f:2: "137": want a percentage of gpu, from 0 to 100`, nil},
		{"nvidia-smi", nvidia + "2026/01/31 12:00:00.123, 0, 37 %, 3 MiB, 2 MiB\n", "f:2: 3 of 2 MiB used: want at most all", nil},
		{"nvidia-smi", nvidia + "2026/01/31 12:00:00.123, 0, 37 %, 1 MiB, 2 MiB, 3\n", "f:2: 6 columns: want 5, as in the first line", nil},
		{"nvidia-smi", nvidia + "2026/01/31 12:00:00.123, 0, [N/A], [N/A], 2 MiB\n", "f:2: the file ends, and all values are missing: want at least one", trace.ErrEmpty},

		{"prometheus", `{"status":"error","errorType":"bad_data","error":"parse error"}`, "f:1: Prometheus answered with an error: parse error", nil},
		{"prometheus", `{"status":"success","data":{"resultType":"vector","result":[]}}`,
			`f:1: result type "vector": want matrix, that of a range query (/api/v1/query_range)`, nil},
		{"prometheus", `{"data":{"resultType":"matrix","result":[]}}`, "f:1: the file ends without a row of values: want at least one", trace.ErrEmpty},
		{"prometheus", `{"data":{"resultType":"matrix","result":[{"values":[[1,"350"]]}]}}`,
			`f:1: cpu has 350: want shares up to 1 or percentages up to 100, such as 1 - avg(rate(node_cpu_seconds_total{mode="idle"}[1m]))`, nil},
		{"prometheus", "{\"data\":{\"resultType\":\"matrix\",\"result\":[\n{\"values\":[[1,0.5]]}]}}", "f:2: value 1 of cpu: 0.5: want a number in quotes", nil},
		{"prometheus", `{"data":{"resultType":"matrix","result":[{"values":[[1,"-0.5"]]}]}}`, `f:1: value 1 of cpu: "-0.5": want a utilization, 0 or more`, nil},
		{"prometheus", `{"data":{"resultType":"matrix","result":[{"values":[[2,"0"],[1,"0"]]}]}}`, "f:1: time goes backwards: cpu: 1s after 2s", trace.ErrBackwards},

		{"planetlab", "", "f:1: the file ends without a row of values: want at least one", trace.ErrEmpty},
		{"planetlab", "5\n101.5\n111\n", `f:3: "111": want a percentage of CPU, from 0 to 100`, nil},
		{"planetlab", "5\n0x10\n", `f:2: "0x10": want a percentage of CPU, from 0 to 100`, nil},

		{"alibaba2018", "m_1,386670,41,92,,,43.04,33.08\nm_1,386680,41,92,,,43.04,33.08,1\n", "f:1: 8 columns: want 9", nil},
		{"alibaba2018", "m_1,386670,41,92,,,43.04,33.08,1,1\n", `f:1: 10 columns from "m_1": want 9 of machine_usage (m_1,...) or 11 of container_usage (c_1,m_1,...)`, nil},
		{"alibaba2018", "m_1,386670.5,41,92,,,43.04,33.08,1\n", `f:1: "386670.5": want a time, a whole number of units of 1s`, nil},
		{"alibaba2018", "cpu_util_percent,mem_util_percent\n1,2\n", "f:1: no column of times, and no step in the file's name: want a name with it, such as grouped_10_seconds.csv", nil},
		{"alibaba2018", "m_1,386670,-1,101,,,43.04,33.08,1\n", "f:1: the file ends, and all values are missing: want at least one", trace.ErrEmpty},

		{"google2019", "avg_cpu,avg_mem\n1.5,0\n", `f:2: "1.5": want avg_cpu, from 0 to 1`, nil},
		{"google2019", "start_time,average_usage_cpus\n", "f:1: no column end_time: want the header of instance_usage with it", nil},
		{"google2019", google + "900000000,900000000,0.5\n", "f:2: window from 15m0s to 15m0s: want an end after its start", nil},
		{"google2019", google + "9e8,900000000,0.5\n", `f:2: "9e8": want a time, a whole number of units of 1µs`, nil},

		{"azure", "0," + azureID + ",5,10,11\n", "f:1: avg CPU 11 is not from min 5 to max 10: want the columns timestamp, vm id, min, max, avg", nil},
		{"azure", "0," + azureID + ",5,10,7,1\n", "f:1: 6 columns: want 5: timestamp, vm id, min, max and avg CPU", nil},
		{"azure", "0," + azureID + ",-50,10,7\n", `f:1: "-50": want min CPU in percent, from 0 to 100`, nil},
		{"azure", "timestamp,cpu_usage,assigned_mem\n0,0,0\n300,0,0\n", "f:3: the largest sum is 0: want one above 0", nil},

		{"bitbrains", "Timestamp [ms];\tCPU cores\n", "f:1: no column cpu usage [%]: want the header of a Bitbrains VM", nil},
		{"bitbrains", brains + "1376314846;\t50;\t300;\t200\n", "f:2: 300 KB used of 200: want at most all", nil},
		{"bitbrains", brains + "1376314846;\t50;\t1;\t200\n1376314546;\t50;\t1;\t200\n", "f:3: time goes backwards: 2013-08-12 13:35:46 after 2013-08-12 13:40:46", trace.ErrBackwards},
	} {
		_, err := formats.Read(strings.NewReader(tt.in), "f", tt.format)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s %.60q: %v, want %s", tt.format, tt.in, err, tt.want)
			continue
		}
		if tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s %.60q: %v is not %v", tt.format, tt.in, err, tt.is)
		}
		var syntax *trace.SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%s %.60q: %v is no SyntaxError", tt.format, tt.in, err)
		}
	}
}

// What is refused is refused for a reason of its own: these are the same files
// with the one thing mended.
func TestUtilizationNamesTellTheStep(t *testing.T) {
	for name, want := range map[string]string{
		"day_grouped_10_seconds.csv":      "cpu 20s: 1@0s 3@10s",
		"dir/x_grouped_300_seconds_2.csv": "cpu 10m0s: 1@0s 3@5m0s",
	} {
		r, err := formats.Read(strings.NewReader("cpu_util_percent,mem_util_percent\n1,2\n3,4\n"), name, "")
		if err != nil {
			t.Error(err)
			continue
		}
		if got := written(r)[0]; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if _, err := formats.Read(strings.NewReader("cpu_util_percent,mem_util_percent\n1,2\n"), "x_0_seconds", ""); err == nil {
		t.Error("a step of 0 s: want an error")
	}
}

// Whatever is read can be written as our own CSV and read again.
func TestUtilizationAsCSV(t *testing.T) {
	for _, tt := range utilizationFiles {
		r, err := formats.Read(strings.NewReader(tt.in), "file", tt.format)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := formats.WriteCSV(&b, r); err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		again, err := formats.Read(&b, "file", "")
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if diff := cmp.Diff(r.Columns, again.Columns); diff != "" {
			t.Errorf("%s (-read +read again):\n%s", tt.name, diff)
		}
	}
}

// A file with more things than anyone can watch is refused before it fills the
// memory.
func TestUtilizationTooManyColumns(t *testing.T) {
	row := func(i int) string {
		return "0,vm-" + strings.Repeat("x", 12) + strings.Repeat("y", i%7) + "-" + string(rune('a'+i%26)) + strings.Repeat("z", i/182) + ",1,2,1.5\n"
	}
	var b strings.Builder
	for i := range 1<<14 + 1 {
		b.WriteString(row(i))
	}
	_, err := formats.Read(strings.NewReader(b.String()), "f", "azure")
	if want := "f:16385: more than 16384 columns: want a part of the file"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// A reader that fails is told of, not taken as the end of the file.
func TestUtilizationReadErrors(t *testing.T) {
	broken := errors.New("the disk is gone")
	for _, tt := range utilizationFiles {
		in := io.MultiReader(strings.NewReader(tt.in), &failing{broken})
		if _, err := formats.Read(in, "f", tt.format); !errors.Is(err, broken) {
			t.Errorf("%s: %v, want %v", tt.name, err, broken)
		}
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

var utilizationFormats = []string{"sadf", "mpstat", "sar", "vmstat", "nvidia-smi", "prometheus", "alibaba2018", "google2019", "azure", "bitbrains", "planetlab"}
