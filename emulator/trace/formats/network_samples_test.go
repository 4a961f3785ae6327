package formats_test

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/trace/formats"
)

// networkSamples is the folder of recorded traces beside the checkout; the test
// is skipped where there is none.
func networkSamples(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
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
	samples := filepath.Join(dir, "..", "shared", "data", "traces")
	if _, err := os.Stat(samples); err != nil {
		t.Skip("no recorded traces beside the checkout")
	}
	return samples
}

// readSample reads a file by its content: the name that it is read under says
// nothing.
func readSample(t *testing.T, path string) *formats.Recording {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := formats.Read(f, "sample", "")
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return r
}

// networkFacts are of every recorded trace, a line a column, and of those
// without columns the opportunities. They were computed from the files by a
// script in another language, as follows; a mean is weighted by time.
//
//	cooked    row i is Mbit/s on (t[i-1], t[i]]; the first on (0, t[0]], or left
//	          out where t[0] is 0 or, in the part that begins at 1100 s, far off
//	norway    8 · bytes / ms until ms since start; begins its ms before the first
//	iperf3    bits_per_second of each interval's sum, from start to the next's,
//	          the last to its end; max(lost, 0) / packets
//	ping-csv  ms / 1000, a row a second
//	irish     kbit/s and ms, the mean of the rows of a second, from it until the
//	          next second that has a value; the last row lasts 1 s
//	mahimahi  lines · 1514 · 8 / last ms · 1000
var networkFacts = []networkFact{
	{"cooked-5g-sigcomm21/5g_trace_15_driving", "cooked", "down", 250, 250000000000, 493988000},
	{"cooked-5g-sigcomm21/5g_trace_1_driving", "cooked", "down", 230, 230000000000, 305608696},
	{"cooked-5g-sigcomm21/5g_trace_22_driving", "cooked", "down", 250, 250000000000, 64096000},
	{"cooked-5g-sigcomm21/5g_trace_4_walking", "cooked", "down", 773, 773000000000, 587987063},
	{"cooked-5g-sigcomm21/5g_trace_7_driving", "cooked", "down", 250, 250000000000, 428904000},
	{"cooked-5g-sigcomm21/5g_trace_9_walking", "cooked", "down", 749, 749000000000, 587619493},
	{"cooked-fcc/trace_10322_http---edition.cnn.com", "cooked", "down", 300, 1500000000000, 893576.667},
	{"cooked-fcc/trace_665192_http---www.facebook.com", "cooked", "down", 372, 1860000000000, 2053892.37},
	{"cooked-fcc/trace_797700_http---www.yahoo_part2.log", "cooked", "down", 108, 540000000000, 652660.148},
	{"cooked-fcc/trace_8747_http---www.amazon.com", "cooked", "down", 269, 1345000000000, 1676137.34},
	{"cooked-norway/norway_bus_1", "cooked", "down", 265, 154759999990, 2911594.82},
	{"cooked-norway/norway_car_1", "cooked", "down", 264, 279480000019, 1496186.1},
	{"cooked-norway/norway_ferry_1", "cooked", "down", 255, 270970000029, 1498152.75},
	{"cooked-norway/norway_metro_1", "cooked", "down", 264, 314019999981, 1290961.9},
	{"cooked-norway/norway_train_1", "cooked", "down", 232, 298809999943, 1187847.05},
	{"cooked-norway/norway_tram_1", "cooked", "down", 124, 302900000095, 594354.842},
	{"cooked-oboe/oboe_trace_0.txt", "cooked", "down", 49, 176082000000, 2634623.58},
	{"cooked-oboe/oboe_trace_1.txt", "cooked", "down", 49, 176473000000, 4117115.25},
	{"cooked-oboe/oboe_trace_10.txt", "cooked", "down", 49, 170333000000, 4440782.97},
	{"cooked-oboe/oboe_trace_100.txt", "cooked", "down", 49, 189772000000, 676009.079},
	{"cooked-puffer/trace+XS4jJ9GCchUGaV-OX0fsul6j0UdkfuvOGXTcwBiUxc=_1", "cooked", "down", 965, 1919379000190, 1226357.77},
	{"cooked-puffer/trace4DtS9WCV4VGBgmYDoiFITogfoMIbs-6G7SfTpi9ajOM=_2", "cooked", "down", 734, 1454832000020, 430057.436},
	{"cooked-puffer/traceBSiVIL8cF4oqc+tAxUOFaFYglviSPnuk2YsFNZPuOhc=_5", "cooked", "down", 864, 1801344000100, 2913437.8},
	{"cooked-puffer/traceI5nmNdDHdF3o4FrUyjjvkqiuOueaxt-8UzrZoLL7DoM=_1", "cooked", "down", 2166, 4322319999930, 1916651.89},
	{"hsdpa-norway-raw/report.2010-09-23_1001CEST.log", "norway", "down", 1022, 1141602000000, 1518317.33},
	{"hsdpa-norway-raw/report.2010-09-28_1407CEST.log", "norway", "down", 457, 495677000000, 2582373.27},
	{"hsdpa-norway-raw/report.2010-09-29_0852CEST.log", "norway", "down", 1310, 1365169000000, 2540059.73},
	{"hsdpa-norway-raw/report.2010-09-29_1628CEST.log", "norway", "down", 631, 697176000000, 1576379.75},
	{"hsdpa-norway-raw/report.2010-09-29_1823CEST.log", "norway", "down", 762, 787674000000, 2259140.17},
	{"iperf3-json-sigcomm21/APPLE-run10178-udp-loc5-5g-dl-50m-2-iPerf.json", "iperf3", "down", 130, 65000137000, 48251518.6},
	{"iperf3-json-sigcomm21/APPLE-run10178-udp-loc5-5g-dl-50m-2-iPerf.json", "iperf3", "loss", 130, 65000137000, 0.0278510336},
	{"iperf3-json-sigcomm21/HUCKLEBERRY_830-run64777-iPerf.json", "iperf3", "down", 30, 30000709000, 334054084},
	{"iperf3-json-sigcomm21/HUCKLEBERRY_830-run64777-iPerf.json", "iperf3", "loss", 30, 30000709000, 0.865451687},
	{"iperf3-json-sigcomm21/PXBMN-run60320-iPerf.json", "iperf3", "down", 30, 30000431000, 1.81832308e+09},
	{"ping-csv-sigcomm21/az-central.csv", "ping-csv", "delay", 30, 30000000000, 0.105143333},
	{"ping-csv-sigcomm21/az-east.csv", "ping-csv", "delay", 30, 30000000000, 0.141903333},
	{"ping-csv-sigcomm21/az-east2.csv", "ping-csv", "delay", 31, 31000000000, 0.124835484},
	{"ping-csv-sigcomm21/az-north-central.csv", "ping-csv", "delay", 30, 30000000000, 0.0715366667},
	{"ping-csv-sigcomm21/az-south-central.csv", "ping-csv", "delay", 30, 30000000000, 0.133823333},
	{"irish-5g-csv/Download_Driving_B_2019.12.16_11.49.59.csv", "irish", "down", 342, 394000000000, 7855871.4},
	{"irish-5g-csv/Download_Driving_B_2019.12.16_11.49.59.csv", "irish", "up", 342, 394000000000, 99815.5668},
	{"irish-5g-csv/Download_Driving_B_2019.12.16_11.49.59.csv", "irish", "delay", 28, 394000000000, 0.124274112},
	{"irish-5g-csv/Download_Driving_B_2019.12.16_11.49.59.csv", "irish", "loss", 28, 394000000000, 0.014213198},
	{"irish-5g-csv/Download_Driving_B_2020.01.16_12.10.03.csv", "irish", "down", 340, 387000000000, 130164727},
	{"irish-5g-csv/Download_Driving_B_2020.01.16_12.10.03.csv", "irish", "up", 340, 387000000000, 167410.853},
	{"irish-5g-csv/Download_Driving_B_2020.01.16_12.10.03.csv", "irish", "delay", 28, 387000000000, 0.0664005168},
	{"irish-5g-csv/Download_Driving_B_2020.01.16_12.10.03.csv", "irish", "loss", 28, 387000000000, 0},
	{"irish-5g-csv/Download_Driving_B_2020.02.13_13.03.24.csv", "irish", "down", 2226, 2668000000000, 7520605.76},
	{"irish-5g-csv/Download_Driving_B_2020.02.13_13.03.24.csv", "irish", "up", 2226, 2668000000000, 73728.1359},
	{"irish-5g-csv/Download_Driving_B_2020.02.13_13.03.24.csv", "irish", "delay", 185, 2668000000000, 0.0944711394},
	{"irish-5g-csv/Download_Driving_B_2020.02.13_13.03.24.csv", "irish", "loss", 189, 2668000000000, 0.0513493253},
	{"irish-5g-csv/Download_Driving_B_2020.02.14_12.58.17.csv", "irish", "down", 844, 997000000000, 4731794.05},
	{"irish-5g-csv/Download_Driving_B_2020.02.14_12.58.17.csv", "irish", "up", 844, 997000000000, 71093.1127},
	{"irish-5g-csv/Download_Driving_B_2020.02.14_12.58.17.csv", "irish", "delay", 62, 997000000000, 0.134688064},
	{"irish-5g-csv/Download_Driving_B_2020.02.14_12.58.17.csv", "irish", "loss", 70, 997000000000, 0.139618857},
	{"irish-5g-csv/Download_Static_B_2020.02.13_13.57.29.csv", "irish", "down", 2920, 3498000000000, 47037341.3},
	{"irish-5g-csv/Download_Static_B_2020.02.13_13.57.29.csv", "irish", "up", 2920, 3498000000000, 127708.119},
	{"irish-5g-csv/Download_Static_B_2020.02.13_13.57.29.csv", "irish", "delay", 252, 3498000000000, 0.079754717},
	{"irish-5g-csv/Download_Static_B_2020.02.13_13.57.29.csv", "irish", "loss", 252, 3498000000000, 0.00314465409},
	{"irish-5g-csv/Download_Static_B_2020.02.14_13.21.26.csv", "irish", "down", 939, 1103000000000, 130214519},
	{"irish-5g-csv/Download_Static_B_2020.02.14_13.21.26.csv", "irish", "up", 939, 1103000000000, 186619.674},
	{"irish-5g-csv/Download_Static_B_2020.02.14_13.21.26.csv", "irish", "delay", 80, 1103000000000, 0.0674288305},
	{"irish-5g-csv/Download_Static_B_2020.02.14_13.21.26.csv", "irish", "loss", 80, 1103000000000, 0},
	{"mahimahi-calibrated/0.12mbps.trace", "mahimahi", "", 1, 100000000, 121120},
	{"mahimahi-calibrated/10-every-200.trace", "mahimahi", "", 10, 200000000, 605600},
	{"mahimahi-calibrated/12mbps.trace", "mahimahi", "", 1, 1000000, 12112000},
	{"mahimahi-calibrated/2.64mbps-poisson.trace", "mahimahi", "", 12177, 60009000000, 2457761.74},
	{"mahimahi/ATT-LTE-driving-2016.down", "mahimahi", "", 45604, 120002000000, 4602887.02},
	{"mahimahi/ATT-LTE-driving-2016.up", "mahimahi", "", 19101, 120002000000, 1927895.47},
	{"mahimahi/TMobile-LTE-short.down", "mahimahi", "", 194846, 139986000000, 16858648.4},
	{"mahimahi/TMobile-LTE-short.up", "mahimahi", "", 155381, 140000000000, 13442676.2},
	{"mahimahi/TMobile-UMTS-driving.up", "mahimahi", "", 73197, 931233000000, 952030.334},
	{"mahimahi/Verizon-EVDO-driving.down", "mahimahi", "", 46065, 1062016000000, 525358.639},
	{"mahimahi/Verizon-EVDO-driving.up", "mahimahi", "", 74768, 1064718000000, 850544.478},
	{"mahimahi/Verizon-LTE-short.down", "mahimahi", "", 58655, 140000000000, 5074495.43},
	{"mahimahi/Verizon-LTE-short.up", "mahimahi", "", 69367, 140000000000, 6001236.46},
}

type networkFact struct {
	file, format, column string
	steps                int
	length               time.Duration
	mean                 float64
}

func TestNetworkSamples(t *testing.T) {
	dir := networkSamples(t)
	read := make(map[string]*formats.Recording)
	for _, fact := range networkFacts {
		r := read[fact.file]
		if r == nil {
			r = readSample(t, filepath.Join(dir, fact.file))
			read[fact.file] = r
		}
		if r.Format != fact.format || r.Length() != fact.length {
			t.Errorf("%s: %s of %v, want %s of %v", fact.file, r.Format, r.Length(), fact.format, fact.length)
		}
		if fact.column == "" {
			if mean := r.Trace.Mean(); len(r.Trace.At) != fact.steps || math.Abs(float64(mean)/fact.mean-1) > 1e-6 {
				t.Errorf("%s: %d opportunities, mean %v; want %d, %v", fact.file, len(r.Trace.At), mean, fact.steps, fact.mean)
			}
			continue
		}
		c, err := r.Column(fact.column)
		if err != nil {
			t.Error(err)
			continue
		}
		if mean := c.Mean(); len(c.At) != fact.steps || c.Period != fact.length || math.Abs(mean-fact.mean) > 1e-8*fact.mean {
			t.Errorf("%s: %s: %d steps in %v, mean %v; want %d, %v, %v", fact.file, c.Name, len(c.At), c.Period, mean, fact.steps, fact.length, fact.mean)
		}
	}
	want := 0
	for _, f := range networkFacts {
		if f.column != "" {
			want++
		}
	}
	got := 0
	for _, r := range read {
		got += len(r.Columns)
	}
	if got != want {
		t.Errorf("%d columns in all, want %d", got, want)
	}
}

// TestNetworkSamplesAll reads every file there is, so that none is forgotten
// above, and none is taken for what it is not.
func TestNetworkSamplesAll(t *testing.T) {
	dir := networkSamples(t)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		known := slices.ContainsFunc(networkFacts, func(f networkFact) bool { return f.file == name })
		if filepath.Base(path) == "README" {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			if r, err := formats.Read(f, name, ""); err == nil || !strings.Contains(err.Error(), "not a format that is known") {
				t.Errorf("%s: read as %v, %v; want no format", name, r, err)
			}
		} else if !known {
			t.Errorf("%s: no facts", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNetworkNotes: what was left out or repaired, and gaps, are said. The
// numbers are again from the other script.
func TestNetworkNotes(t *testing.T) {
	dir := networkSamples(t)
	for file, want := range map[string][]string{
		// 55.365 s is the last column of its line 98, the others are 1 to 2 s.
		"hsdpa-norway-raw/report.2010-09-29_1628CEST.log":    {"gaps: 1 ", "the longest 55.365s"},
		"cooked-fcc/trace_797700_http---www.yahoo_part2.log": {"the first row is left out"},
		// 401 rows in 342 seconds; 28 pings.
		"irish-5g-csv/Download_Driving_B_2019.12.16_11.49.59.csv": {"rows with the time of the row before: 59;", "column delay: missing: 314 of 342 values", "delays are round trips"},
		"iperf3-json-sigcomm21/PXBMN-run60320-iPerf.json":         {"the sum of 8 TCP streams"},
		// lost_packets is -27 and -14 in two intervals.
		"iperf3-json-sigcomm21/APPLE-run10178-udp-loc5-5g-dl-50m-2-iPerf.json": {"loss taken as 0: 2 intervals"},
		"ping-csv-sigcomm21/az-east.csv":                                       {"delays are round trips"},
	} {
		notes := strings.Join(readSample(t, filepath.Join(dir, file)).Notes, "\n")
		for _, w := range want {
			if !strings.Contains(notes, w) {
				t.Errorf("%s: notes:\n%s\nwant %q", file, notes, w)
			}
		}
	}
	// Zeros are kept: the part of an FCC trace has one.
	c := readSample(t, filepath.Join(dir, "cooked-fcc/trace_797700_http---www.yahoo_part2.log")).Columns[0]
	if s := c.Summary(); s.Zeros != 1 || s.LongestZero != 5*time.Second || s.Max != 1_026_232 {
		t.Errorf("%+v: want one zero of 5 s, and at most 1.026232 Mbit/s", s)
	}
}
