package formats_test

import (
	"cmp"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/trace/formats"
)

// A utilizationFact is what is known of a column, by a program of a few lines
// that has nothing in common with the readers: values, their plain mean (not
// weighted by time), the least and the most.
type utilizationFact struct {
	column           string
	n                int
	mean, least, top float64
}

// utilizationFacts are those of all recorded files.
var utilizationFacts = []struct {
	file, format string
	length       time.Duration
	columns      []utilizationFact
	notes        []string // a part of each of the Notes
}{
	{"planetlab/20110303/146-179_surfsnel_dsl_internl_net_colostate_557", "planetlab", 24 * time.Hour, []utilizationFact{{"cpu", 288, 0.259861, 0.10, 0.52}}, nil},
	{"planetlab/20110303/kupl1_ittc_ku_edu_root", "planetlab", 24 * time.Hour, []utilizationFact{{"cpu", 288, 0.260208, 0, 0.75}}, nil},
	{"planetlab/20110303/pl1_cs_yale_edu_tsinghua_xyz", "planetlab", 24 * time.Hour, []utilizationFact{{"cpu", 288, 0.0640625, 0.04, 0.12}}, nil},
	{"planetlab/20110303/planet02_hhi_fraunhofer_de_princeton_codeen", "planetlab", 24 * time.Hour, []utilizationFact{{"cpu", 288, 0.0878125, 0.02, 0.76}}, nil},
	{"planetlab/20110303/planet4_cs_ucsb_edu_uw_oneswarm", "planetlab", 24 * time.Hour, []utilizationFact{{"cpu", 288, 0.132882, 0.02, 0.52}}, nil},
	{"planetlab/20110303/planetlab-2_cs_unibas_ch_uw_oneswarm", "planetlab", 24 * time.Hour, []utilizationFact{{"cpu", 288, 0.094479, 0, 0.53}}, nil},
	{"planetlab/20110303/planetlab1_cnds_jhu_edu_nyu_d", "planetlab", 24 * time.Hour, []utilizationFact{{"cpu", 288, 0.015139, 0, 0.10}}, nil},
	{"planetlab/20110303/planetlab1_inf_ethz_ch_uw_oneswarm", "planetlab", 24 * time.Hour, []utilizationFact{{"cpu", 288, 0.138576, 0, 0.34}}, nil},
	{"planetlab/20110303/planetlab2_sics_se_root", "planetlab", 24 * time.Hour, []utilizationFact{{"cpu", 288, 0.027396, 0, 0.61}}, nil},
	// 8641 rows of 10 s.
	{"alibaba2018/machine_usage_day_1_grouped_10_seconds.csv", "alibaba2018", 86410 * time.Second,
		[]utilizationFact{{"cpu", 8641, 0.333290, 0.141153, 0.769747}, {"memory", 8641, 0.860330, 0.802242, 0.923479}},
		[]string{"mean over all machines", "a row every 10s"}},
	// 226 rows of 300 s.
	{"alibaba2018/machine_usage_day_2_grouped_300_seconds.csv", "alibaba2018", 67800 * time.Second,
		[]utilizationFact{{"cpu", 226, 0.404321, 0.213864, 0.750955}, {"memory", 226, 0.854470, 0.797827, 0.916667}},
		[]string{"mean over all machines", "a row every 5m0s"}},
	{"google2019/instance_usage_grouped_300_seconds_day_01.csv", "google2019", 24 * time.Hour,
		[]utilizationFact{{"cpu", 288, 0.435821, 0.334695, 0.541519}, {"memory", 288, 0.337877, 0.289198, 0.380829}},
		[]string{"mean over all machines", "a row every 5m0s"}},
	// Divided by 7434683.94, the largest.
	{"azure_v2/vm_cpu_readings_week1_aggregated_cpu_mem.csv", "azure", 7 * 24 * time.Hour,
		[]utilizationFact{{"cpu", 2016, 0.815331, 0.697902, 1}}, []string{"NOT A UTILIZATION: sums over all VMs, divided by the largest, 7434684"}},
	// The first row's interval is the median step: 5.009 s, 1.003 s and 1 s
	// before it.
	{"nvidia-smi/noheader_5s.csv", "nvidia-smi", 9641962 * time.Millisecond,
		[]utilizationFact{{"gpu", 1923, 0.014306, 0, 0.98}, {"memory", 1923, 0.011310, 0, 0.91}},
		[]string{"no header: by their units, column 2 is taken as utilization.gpu and column 3 is taken as utilization.memory", "median step, 5.009s"}},
	{"nvidia-smi/rtx4090_vlm_inference.csv", "nvidia-smi", 2881457 * time.Millisecond,
		[]utilizationFact{{"gpu", 2619, 0.829874, 0, 0.99}, {"memory", 2619, 0.398278, 0, 0.89}},
		[]string{"median step, 1.003s", "gaps: 83 (steps of more than 3 times the median 1.003s), the longest 7.311s"}},
	// memory_used: 1 to 1094 MiB of 32768.
	{"nvidia-smi/v100_1s.csv", "nvidia-smi", 107053 * time.Millisecond,
		[]utilizationFact{{"gpu", 107, 0.036729, 0, 0.19}, {"memory", 107, 0.003178, 0, 0.06}, {"memory_used", 107, 0.024326, 0.000031, 0.033386}},
		[]string{"median step, 1s"}},
	// Cut off before the last line of CPU 1.
	{"mpstat/mpstat_onnx_eval_2cpu.log", "mpstat", 301 * time.Second,
		[]utilizationFact{{"cpu", 300, 0.782027, 0.58, 1}, {"cpu0", 300, 0.742298, 0.16, 1}, {"cpu1", 299, 0.821912, 0.1818, 1}},
		[]string{"100 - %idle - %iowait", "column cpu1: it ends 1s before the last column"}},
	// 1 - 0.9884 - 0.0046; 1 - 0.9782 - 0.0093; 1 - 0.9987 - 0.
	{"mpstat/mpstat_comma_decimals.log", "mpstat", time.Second,
		[]utilizationFact{{"cpu", 1, 0.0070, 0.0070, 0.0070}, {"cpu0", 1, 0.0125, 0.0125, 0.0125}, {"cpu1", 1, 0.0013, 0.0013, 0.0013}},
		[]string{"100 - %idle - %iowait", "averages since boot", "one row only"}},
	// 1 - 0.8045 - 0.0006.
	{"mpstat/mpstat_single_cpu.log", "mpstat", time.Second,
		[]utilizationFact{{"cpu", 1, 0.1949, 0.1949, 0.1949}, {"cpu0", 1, 0.1949, 0.1949, 0.1949}},
		[]string{"100 - %idle - %iowait", "averages since boot", "one row only"}},
	// 317 rows less the first, from 20:48:31 to 20:53:48.
	{"vmstat/vmstat_onnx_eval_2cpu.log", "vmstat", 317 * time.Second,
		[]utilizationFact{{"cpu", 316, 0.778449, 0.58, 1}}, []string{"100 - %idle - %iowait", "average since boot"}},
}

// sharedData is a folder of recorded files beside this module; the test is
// skipped where it is absent.
func sharedData(t *testing.T, folder string) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above")
		}
		dir = filepath.Dir(dir)
	}
	dir = filepath.Join(dir, "..", "shared", "data", folder)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("recorded files: %v", err)
	}
	return dir
}

// files returns all files below dir, with their paths in it.
func files(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestUtilizationSamples(t *testing.T) {
	dir := sharedData(t, "utilization")
	all := files(t, dir)
	for _, want := range utilizationFacts {
		t.Run(want.file, func(t *testing.T) {
			all = slices.DeleteFunc(all, func(file string) bool { return file == want.file })
			f, err := os.Open(filepath.Join(dir, want.file))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			r, err := formats.Read(f, path.Base(want.file), "")
			if err != nil {
				t.Fatal(err)
			}
			if r.Format != want.format || r.Length() != want.length || len(r.Columns) != len(want.columns) {
				t.Errorf("%s of %v with %d columns, want %s of %v with %d", r.Format, r.Length(), len(r.Columns), want.format, want.length, len(want.columns))
			}
			for i := range min(len(r.Columns), len(want.columns)) {
				checkFact(t, r.Columns[i], want.columns[i])
			}
			if len(r.Notes) != len(want.notes) {
				t.Errorf("notes %q, want %q", r.Notes, want.notes)
			}
			for i := range min(len(r.Notes), len(want.notes)) {
				if !strings.Contains(r.Notes[i], want.notes[i]) {
					t.Errorf("note %q, want %q in it", r.Notes[i], want.notes[i])
				}
			}
		})
	}
	if len(all) > 0 {
		t.Errorf("nothing is known of %q", all)
	}
}

func checkFact(t *testing.T, c formats.Column, want utilizationFact) {
	t.Helper()
	if c.Name != want.column || c.Quantity != formats.Utilization || len(c.Value) != want.n {
		t.Errorf("column %s, quantity %d, %d values; want %s, utilization, %d", c.Name, c.Quantity, len(c.Value), want.column, want.n)
	}
	sum := 0.0
	for _, v := range c.Value {
		sum += v
	}
	least, top := c.Range()
	for _, p := range [][2]float64{{sum / float64(len(c.Value)), want.mean}, {least, want.least}, {top, want.top}} {
		if math.Abs(p[0]-p[1]) > 1e-6 {
			t.Errorf("%s: mean, least or most is %.7f, want %.7f", c.Name, p[0], p[1])
		}
	}
}

// What each column looks like at a few places, worked out by hand.
func TestUtilizationSampleValues(t *testing.T) {
	dir := sharedData(t, "utilization")
	for _, tt := range []struct {
		file, column string
		at           time.Duration
		want         float64
	}{
		// Line 4: 20:48:32 all … 23.79 iowait, 4.85 idle, since 20:48:31.
		{"mpstat/mpstat_onnx_eval_2cpu.log", "cpu", 0, 0.7136},
		{"mpstat/mpstat_onnx_eval_2cpu.log", "cpu", 999 * time.Millisecond, 0.7136},
		// Line 6: CPU 1, 24.04 and 4.81.
		{"mpstat/mpstat_onnx_eval_2cpu.log", "cpu1", 0, 0.7115},
		// 20:48:32: 5 idle, 17 iowait; 20:48:33: 27 and 0.
		{"vmstat/vmstat_onnx_eval_2cpu.log", "cpu", 0, 0.78},
		{"vmstat/vmstat_onnx_eval_2cpu.log", "cpu", time.Second, 0.73},
		// Line 5, at 15:36:56.518, 34 %: since 15:36:55.514, which is 3.010 s
		// after the beginning at 15:36:53.507 - 1.003 s.
		{"nvidia-smi/rtx4090_vlm_inference.csv", "gpu", 3009 * time.Millisecond, 0.04},
		{"nvidia-smi/rtx4090_vlm_inference.csv", "gpu", 3010 * time.Millisecond, 0.34},
		{"nvidia-smi/rtx4090_vlm_inference.csv", "memory", 6020 * time.Millisecond, 0.25},
		// 1 of 32768 MiB.
		{"nvidia-smi/v100_1s.csv", "memory_used", 0, 1.0 / 32768},
		// The second line, from 300 s on.
		{"planetlab/20110303/kupl1_ittc_ku_edu_root", "cpu", 299 * time.Second, 0.35},
		{"planetlab/20110303/kupl1_ittc_ku_edu_root", "cpu", 300 * time.Second, 0.22},
		{"alibaba2018/machine_usage_day_1_grouped_10_seconds.csv", "cpu", 10 * time.Second, 0.21587782805429864},
		{"alibaba2018/machine_usage_day_1_grouped_10_seconds.csv", "memory", 10 * time.Second, 0.87054298642533940},
		{"google2019/instance_usage_grouped_300_seconds_day_01.csv", "cpu", 300 * time.Second, 0.4331291456739953},
		{"azure_v2/vm_cpu_readings_week1_aggregated_cpu_mem.csv", "cpu", 300 * time.Second, 6126975.265552814 / 7434683.937480771},
	} {
		f, err := os.Open(filepath.Join(dir, tt.file))
		if err != nil {
			t.Fatal(err)
		}
		r, err := formats.Read(f, path.Base(tt.file), "auto")
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		c, err := r.Column(tt.column)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := c.Step(tt.at); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: %s at %v is %v, want %v", tt.file, tt.column, tt.at, got, tt.want)
		}
	}
}

// No recorded trace of a network may be taken for one of utilization, whatever
// its name.
func TestUtilizationLeavesNetworksAlone(t *testing.T) {
	dir := sharedData(t, "traces")
	paths := files(t, dir)
	slices.SortFunc(paths, cmp.Compare[string])
	for _, file := range paths {
		f, err := os.Open(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		r, err := formats.Read(f, "file", "")
		f.Close()
		if err == nil && slices.Contains(utilizationFormats, r.Format) {
			t.Errorf("%s is taken as %s", file, r.Format)
		}
	}
}
