package formats_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/testbed/testbed/emulator/trace/formats"
)

// written is a Recording in a few words: a line a column, "name length: value@time
// …", with values in percent.
func written(r *formats.Recording) (all []string) {
	for _, c := range r.Columns {
		var steps []string
		for i, at := range c.At {
			steps = append(steps, fmt.Sprintf("%.4g@%v", 100*c.Value[i], at))
		}
		all = append(all, fmt.Sprintf("%s %v: %s", c.Name, c.Period, strings.Join(steps, " ")))
	}
	return all
}

const idleNote = "utilization is 100 - %idle - %iowait: a CPU that waits for a disk is free"

// utilizationFiles are written by hand, or by the tool on a quiet machine where
// the comment says so.
var utilizationFiles = []struct {
	name, format, in string
	want, notes      []string
}{
	{
		// sadf -d -- -P ALL, of sysstat 12.6.1. 100-40-10 = 50; the first row
		// begins 600 s before 00:10:01.
		"sadf -d", "sadf", `# hostname;interval;timestamp;CPU;%user;%nice;%system;%iowait;%steal;%idle
vm;600;2026-11-23 00:10:01 UTC;-1;40.00;0.00;10.00;10.00;0.00;40.00
vm;600;2026-11-23 00:10:01 UTC;0;80.00;0.00;20.00;0.00;0.00;0.00
vm;600;2026-11-23 00:20:01 UTC;-1;0.00;0.00;0.00;0.00;0.00;100.00
vm;600;2026-11-23 00:20:01 UTC;0;0.00;0.00;0.00;0.00;25.00;75.00
`,
		[]string{"cpu 20m0s: 50@0s 0@10m0s", "cpu0 20m0s: 100@0s 25@10m0s"},
		[]string{idleNote},
	},
	{
		// -U, -u ALL, a restart, a comment, another activity; decimal commas.
		"sadf -d -U", "sadf", `# hostname;interval;timestamp;CPU;%usr;%nice;%sys;%iowait;%steal;%irq;%soft;%guest;%gnice;%idle
vm;5;1795394735;-1;0,00;0,00;0,50;0,00;0,00;0,00;0,00;0,00;0,00;99,50
vm;-1;1795394736;LINUX-RESTART	(2 CPU)
vm;-1;1795394737;COM lunch
vm;4;1795394740;-1;1,00;0,00;0,50;0,00;0,00;0,00;0,00;0,00;0,00;98,50
# hostname;interval;timestamp;proc/s;cswch/s
vm;5;1795394735;1,00;2,00
`,
		[]string{"cpu 10s: 0.5@0s 1.5@5s"},
		[]string{idleNote, "restarts of the machine: 1"},
	},
	{
		"sadf -j", "sadf", `{"sysstat": {
	"hosts": [
		{
			"nodename": "vm",
			"number-of-cpus": 2,
			"statistics": [
				{
					"timestamp": {"date": "2026-11-23", "time": "23:59:59", "utc": 1, "interval": 2},
					"cpu-load": [
						{"cpu": "all", "user": 0.00, "nice": 0.00, "system": 0.50, "iowait": 0.50, "steal": 0.00, "idle": 99.00},
						{"cpu": "1", "user": 0.00, "nice": 0.00, "system": 0.00, "iowait": 0.00, "steal": 0.00, "idle": 100.00}
					],
					"process-and-context-switch": {"proc": 1.00, "cswch": 2.00}
				},
				{
					"timestamp": {"date": "2026-11-24", "time": "00:00:01", "utc": 1, "interval": 2},
					"cpu-load": [
						{"cpu": "all", "user": 20.00, "nice": 0.00, "system": 0.50, "iowait": 0.00, "steal": 0.00, "idle": 79.50},
						{"cpu": "1", "user": 0.00, "nice": 0.00, "system": 1.00, "iowait": 0.00, "steal": 0.00, "idle": 99.00}
					]
				}
			],
			"restarts": [
				{"boot": {"date": "2026-11-24", "time": "00:00:00", "utc": 1}}
			]
		}
	]
}}
`,
		[]string{"cpu 4s: 0.5@0s 20.5@2s", "cpu1 4s: 0@0s 1@2s"},
		[]string{idleNote, "restarts of the machine: 1"},
	},
	{
		// 12 h clock over midnight, header again, restart, average.
		"sar -u", "sar", `Linux 5.15.0 (vm) 	01/31/26 	_x86_64_	(2 CPU)

11:40:01 PM     CPU     %user     %nice   %system   %iowait    %steal     %idle
11:50:01 PM     all     10.00      1.00      4.00      5.00      0.00     80.00
12:00:01 AM     all     20.00      0.00      5.00      0.00      5.00     70.00

12:00:01 AM     CPU     %user     %nice   %system   %iowait    %steal     %idle
12:10:01 AM     all      0.00      0.00      0.00      0.00      0.00    100.00
Average:        all     10.00      0.33      3.00      1.67      1.67     83.33

12:12:30 AM       LINUX RESTART	(2 CPU)

12:20:01 AM     CPU     %user     %nice   %system   %iowait    %steal     %idle
12:30:01 AM     all     50.00      0.00      0.00      0.00      0.00     50.00
Average:        all     50.00      0.00      0.00      0.00      0.00     50.00
`,
		[]string{"cpu 50m0s: 15@0s 30@10m0s 0@20m0s 50@30m0s"},
		[]string{idleNote, "restarts of the machine: 1"},
	},
	{
		// sar -A: other tables between; French averages; decimal commas.
		"sar -A", "sar", `Linux 5.15.0 (vm) 	31/01/2026 	_x86_64_	(1 CPU)

00:00:01        CPU      %usr     %nice      %sys   %iowait    %steal      %irq     %soft    %guest    %gnice     %idle
00:00:02        all      1,00      0,00      0,00      0,00      0,00      0,00      0,00      0,00      0,00     99,00
00:00:02          0      1,00      0,00      0,00      0,00      0,00      0,00      0,00      0,00      0,00     99,00
Moyenne :       all      1,00      0,00      0,00      0,00      0,00      0,00      0,00      0,00      0,00     99,00

00:00:01       proc/s   cswch/s
00:00:02         1,00    100,00

00:00:01          CPU      intr/s
00:00:02          all    100,00
`,
		[]string{"cpu 1s: 1@0s", "cpu0 1s: 1@0s"},
		[]string{idleNote},
	},
	{
		// The last line is cut; the CPU of a header stands for the rows.
		"mpstat 12 h", "mpstat", `Linux 5.15.0 (vm) 	01/31/26 	_x86_64_	(2 CPU)

12:59:59 AM  CPU    %usr   %nice    %sys %iowait    %irq   %soft  %steal  %guest  %gnice   %idle
01:00:01 AM  all    0.00    0.00   10.00   20.00    0.00    0.00    0.00    0.00    0.00   70.00
01:00:01 AM    0    0.00    0.00   20.00    0.00    0.00    0.00    0.00    0.00    0.00   80.00

01:00:01 AM  CPU    %usr   %nice    %sys %iowait    %irq   %soft  %steal  %guest  %gnice   %idle
01:00:03 AM  all   40.00    0.00    0.00    0.00    0.00    0.00    0.00    0.00    0.00   60.00
01:00:03 AM    0   40.00    0.00    0.00    0.00   `,
		[]string{"cpu 4s: 10@0s 40@2s", "cpu0 4s: 20@0s"},
		[]string{idleNote, "the last line is cut short: it is left out", "column cpu0: it ends 2s before the last column: its last value holds on"},
	},
	{
		// mpstat -P ALL -o JSON 2, of sysstat 12.6.1.
		"mpstat -o JSON", "mpstat", `{"sysstat": {
	"hosts": [
		{
			"nodename": "vm",
			"date": "11/23/26",
			"statistics": [
				{
					"timestamp": "23:59:58",
					"cpu-load": [
						{"cpu": "all", "usr": 0.00, "nice": 0.00, "sys": 0.00, "iowait": 4.55, "irq": 0.00, "soft": 0.00, "steal": 0.00, "guest": 0.00, "gnice": 0.00, "idle": 90.45},
						{"cpu": "0", "usr": 0.00, "nice": 0.00, "sys": 0.00, "iowait": 0.00, "irq": 0.00, "soft": 0.00, "steal": 0.00, "guest": 0.00, "gnice": 0.00, "idle": 100.00}
					]
				},
				{
					"timestamp": "00:00:00",
					"cpu-load": [
						{"cpu": "all", "usr": 0.00, "nice": 0.00, "sys": 0.50, "iowait": 0.00, "irq": 0.00, "soft": 0.00, "steal": 0.00, "guest": 0.00, "gnice": 0.00, "idle": 99.50},
						{"cpu": "0", "usr": 0.00, "nice": 0.00, "sys": 1.00, "iowait": 0.00, "irq": 0.00, "soft": 0.00, "steal": 0.00, "guest": 0.00, "gnice": 0.00, "idle": 99.00}
					]
				}
			]
		}
	]
}}
`,
		[]string{"cpu 4s: 5@0s 0.5@2s", "cpu0 4s: 0@0s 1@2s"},
		[]string{idleNote, "when the first values began to hold is not known: they are taken to have held for the median step, 2s"},
	},
	{
		// The gu column of procps 4; 100-20-30 = 50.
		"vmstat -t", "vmstat", `procs -----------memory---------- ---swap-- -----io---- -system-- -------cpu------- -----timestamp-----
 r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st gu                 UTC
 1  0      0 100 200 300    0    0     0     0  100  200  1  2 90  7  0  0 2026-01-31 23:59:58
 1  0      0 100 200 300    0    0     0     0  100  200 40 10 20 30  0  0 2026-02-01 00:00:00
procs -----------memory---------- ---swap-- -----io---- -system-- -------cpu------- -----timestamp-----
 r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st gu                 UTC
 1  0      0 100 200 300    0    0     0     0  100  200  0  0 99  0  1  0 2026-02-01 00:00:02
`,
		[]string{"cpu 4s: 50@0s 1@2s"},
		[]string{idleNote, "the first row is left out: it is the average since boot"},
	},
	{
		// Two GPUs, each with times of its own, [N/A], units in the header only.
		"nvidia-smi", "nvidia-smi", `index, timestamp, utilization.gpu [%], utilization.memory [%], memory.used [MiB], memory.free [MiB], utilization.encoder [%]
0, 2026/01/31 12:00:00.100, 10, 5, 1000, 3000, [N/A]
1, 2026/01/31 12:00:00.103, 20, 6, 0, 4000, 1
0, 2026/01/31 12:00:01.100, 30, [N/A], 2000, 2000, [Not Supported]
1, 2026/01/31 12:00:01.103, 40, 7, 4000, 0, 2
`,
		[]string{
			"gpu0 2.003s: 10@0s 30@1s", "memory0 2.003s: 5@0s", "memory_used0 2.003s: 25@0s 50@1s",
			"gpu1 2.003s: 20@0s 40@1.003s", "memory1 2.003s: 6@0s 7@1.003s", "encoder1 2.003s: 1@0s 2@1.003s", "memory_used1 2.003s: 0@0s 100@1.003s",
		},
		[]string{
			"when the first values began to hold is not known: they are taken to have held for the median step, 1s",
			"column memory0: missing: 1 of 2 values; the one before holds",
			"column encoder0: left out: it has no values",
		},
	},
	{
		"nvidia-smi without header", "nvidia-smi", `2026/01/31 12:00:00.000, 0, 37 %, 1024 MiB
2026/01/31 12:00:00.001, 1, 5 %, 1024 MiB
2026/01/31 12:00:00.500, 0, 39 %, 1024 MiB
2026/01/31 12:00:00.501, 1, 6 %, 1024 MiB
`,
		[]string{"gpu0 1.001s: 37@0s 39@500ms", "gpu1 1.001s: 5@0s 6@501ms"},
		[]string{
			"no header: by their units, column 3 is taken as utilization.gpu; column 2 as index",
			"when the first values began to hold is not known: they are taken to have held for the median step, 500ms",
		},
	},
	{
		// Shares; a gap; NaN; a series that begins late.
		"prometheus", "prometheus", `{"status":"success","data":{"resultType":"matrix","result":[
{"metric":{"instance":"a:9100","__name__":"cpu","job":"n"},"values":[[1435781430.5,"0.25"],[1435781445.5,"NaN"],[1435781460.5,"1"]]},
{"metric":{"instance":"b:9100"},"values":[[1435781445.5,"0.5"],[1435781460.5,"+Inf"],[1435781475.5,"-Inf"],[1435781490.5,"0.75"]]}]}}`,
		[]string{"cpu{instance=a:9100,job=n} 1m15s: 25@0s 100@30s", "{instance=b:9100} 1m15s: 50@0s 75@1m0s"},
		[]string{
			"values are taken as shares, for none is above 1",
			"column cpu{instance=a:9100,job=n}: missing: 1 of 3 values; the one before holds",
			"column {instance=b:9100}: missing: 2 of 4 values; the one before holds",
			"column {instance=b:9100}: it begins 15s after the first column: its first value holds before",
			"column cpu{instance=a:9100,job=n}: it ends 30s before the last column: its last value holds on",
		},
	},
	{
		"prometheus in percent", "prometheus", `{"data":{"result":[{"metric":{},"values":[[0,"0.5"],[15,"12.5"],[30,"99"]]}],"resultType":"matrix"},"status":"success"}`,
		[]string{"cpu 45s: 0.5@0s 12.5@15s 99@30s"},
		[]string{"values are taken as percentages, for one is above 1"},
	},
	{
		"planetlab", "planetlab", "24\n34\n0\n100\n",
		[]string{"cpu 20m0s: 24@0s 34@5m0s 0@10m0s 100@15m0s"}, nil,
	},
	{
		// Not in the order of time; -1 and 101; two machines.
		"alibaba machine_usage", "alibaba2018", `m_1932,386670,41,92,,,43.04,33.08,4
m_1932,386690,43,92,,,43.04,33.08,5
m_1932,386680,101,-1,,,43.05,33.08,6
m_7,386670,10,50,,,43,33,4
m_7,386690,30,60,,,43,33,4
`,
		[]string{"m_1932 40s: 41@0s 43@20s", "m_1932.memory 40s: 92@0s 92@20s", "m_7 40s: 10@0s 30@20s", "m_7.memory 40s: 50@0s 60@20s"},
		[]string{
			"rows that came before an earlier one of the same column: 2; they are sorted",
			"column m_1932, m_1932.memory: missing: 1 of 3 values; the one before holds",
			"column m_1932, m_1932.memory: it ends 10s before the last column: its last value holds on",
		},
	},
	{
		"alibaba container_usage", "alibaba2018", `c_1,m_2556,273180,9,3,1.2,0.1,0.5,,,5
c_1,m_2556,273240,11,4,1.2,0.1,0.5,,,5
`,
		[]string{"cpu 2m0s: 9@0s 11@1m0s", "memory 2m0s: 3@0s 4@1m0s"}, nil,
	},
	{
		"google instance_usage CSV", "google2019", `start_time,end_time,collection_id,instance_index,average_usage.cpus,average_usage.memory
0,300000000,12,3,0.9,0.9
600000000,900000000,12,3,0.25,0.125
900000000,1100000000,12,3,0.5,
`,
		// The last window is 200 s.
		[]string{"cpu 8m20s: 25@0s 50@5m0s", "memory 8m20s: 12.5@0s"},
		[]string{
			"utilization is of the largest machine in the cluster",
			"rows from before the trace begins, at 600 s of its clock: 1; they are left out",
			"column memory: missing: 1 of 2 values; the one before holds",
		},
	},
	{
		"google instance_usage JSON", "google2019", `{"start_time":"1200000000","end_time":"1500000000","collection_id":"12","instance_index":"3","average_usage":{"cpus":0.25,"memory":0.125}}
{"start_time":"900000000","end_time":"1200000000","collection_id":"12","instance_index":"4","average_usage":{"cpus":0.5,"memory":0.25}}
{"start_time":"900000000","end_time":"1200000000","collection_id":"12","instance_index":"3","average_usage":{"cpus":0.75,"memory":0.5}}
`,
		[]string{
			"12-3 10m0s: 75@0s 25@5m0s", "12-3.memory 10m0s: 50@0s 12.5@5m0s",
			"12-4 10m0s: 50@0s", "12-4.memory 10m0s: 25@0s",
		},
		[]string{
			"utilization is of the largest machine in the cluster",
			"rows that came before an earlier one of the same column: 2; they are sorted",
			"column 12-4, 12-4.memory: it ends 5m0s before the last column: its last value holds on",
		},
	},
	{
		"azure readings", "azure", `0,yNf/R3X8fyXkOJm3ihXQcT0F52a8cDWPPRzTT6QFW8N+1QPfeKR5//6xyX0VYn7X,19.8,24.4,22.0
0,4WstS6Ub3GzHun4Mzb6BxLldKvkEkws2SZ9tbBV3kfLzOd+QRVETcgqLjtc3mCbD,0.5,2.4,1.5
300,yNf/R3X8fyXkOJm3ihXQcT0F52a8cDWPPRzTT6QFW8N+1QPfeKR5//6xyX0VYn7X,30.8,60.0,44.0
300,4WstS6Ub3GzHun4Mzb6BxLldKvkEkws2SZ9tbBV3kfLzOd+QRVETcgqLjtc3mCbD,0,0,0
`,
		[]string{
			"yNf/R3X8fyXkOJm3ihXQcT0F52a8cDWPPRzTT6QFW8N+1QPfeKR5//6xyX0VYn7X 10m0s: 22@0s 44@5m0s",
			"4WstS6Ub3GzHun4Mzb6BxLldKvkEkws2SZ9tbBV3kfLzOd+QRVETcgqLjtc3mCbD 10m0s: 1.5@0s 0@5m0s",
		}, nil,
	},
	{
		"azure sums", "azure", "timestamp,cpu_usage,assigned_mem\n0,1000,5\n300,4000,5\n600,3000",
		[]string{"cpu 10m0s: 25@0s 100@5m0s"},
		[]string{
			"NOT A UTILIZATION: sums over all VMs, divided by the largest, 4000; 100 % is the busiest time of the data, so scale it to the level that you want",
			"the last line is cut short: it is left out",
		},
	},
	{
		// 0.5 GiB of 2.
		"bitbrains", "bitbrains", "Timestamp [ms];\tCPU cores;\tCPU capacity provisioned [MHZ];\tCPU usage [MHZ];\tCPU usage [%];\tMemory capacity provisioned [KB];\tMemory usage [KB];\tDisk read throughput [KB/s];\tDisk write throughput [KB/s];\tNetwork received throughput [KB/s];\tNetwork transmitted throughput [KB/s]\n" +
			"1376314846;\t4;\t11703.998;\t10912.027;\t93.25;\t2097152.0;\t524288.0;\t0.1;\t19.5;\t0.0;\t1.4\n" +
			"1376315146;\t4;\t11703.998;\t10890.57;\t101.5;\t0.0;\t0.0;\t0.0;\t21.1;\t0.0;\t1.6\n",
		[]string{"cpu 10m0s: 93.25@0s 100@5m0s", "memory 10m0s: 25@0s"},
		[]string{
			"times are seconds, for all that the header says ms",
			"values above 100 %: 1; they are taken as 100 %",
			"column memory: missing: 1 of 2 values; the one before holds",
		},
	},
	{
		"bitbrains in ms", "bitbrains", "Timestamp [ms];\tCPU usage [%]\n1376314846000;\t50\n1376315146000;\t60\n",
		[]string{"cpu 10m0s: 50@0s 60@5m0s"}, []string{"column memory: left out: it has no values"},
	},
}

func TestUtilizationFormats(t *testing.T) {
	for _, tt := range utilizationFiles {
		t.Run(tt.name, func(t *testing.T) {
			r, err := formats.Read(strings.NewReader(tt.in), "file", "")
			if err != nil {
				t.Fatal(err)
			}
			if r.Format != tt.format {
				t.Errorf("taken as %s, want %s", r.Format, tt.format)
			}
			if diff := cmp.Diff(tt.want, written(r)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.notes, r.Notes, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			for _, c := range r.Columns {
				if c.Quantity != formats.Utilization {
					t.Errorf("%s is quantity %d, want utilization", c.Name, c.Quantity)
				}
			}
			// With Windows' line ends, a mark of byte order and its name given
			// it is the same.
			again, err := formats.Read(strings.NewReader("\ufeff"+strings.ReplaceAll(tt.in, "\n", "\r\n")), "file", tt.format)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r, again); diff != "" {
				t.Errorf("with CRLF (-LF +CRLF):\n%s", diff)
			}
		})
	}
}

func TestUtilizationOfOneRow(t *testing.T) {
	in := "timestamp, utilization.gpu [%]\n2026/01/31 12:00:00.000, 50 %\n"
	r, err := formats.Read(strings.NewReader(in), "one", "")
	if err != nil {
		t.Fatal(err)
	}
	if r.Length() != time.Second || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "one row only") {
		t.Errorf("%v, %q: want one row of 1s, and a note", r.Length(), r.Notes)
	}
}
