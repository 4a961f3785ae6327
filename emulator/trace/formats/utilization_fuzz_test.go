package formats_test

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/testbed/testbed/emulator/trace/formats"
)

// FuzzUtilization holds every reader of utilization, named and found, to the
// promises of Recording: no panic, columns that Check, utilization from 0 to 1,
// names that differ; and no more memory than the input accounts for.
func FuzzUtilization(f *testing.F) {
	for i, format := range utilizationFormats {
		for _, tt := range utilizationFiles {
			if tt.format == format {
				f.Add(i, "grouped_10_seconds", tt.in)
			}
		}
	}
	f.Add(6, "grouped_10_seconds", "cpu_util_percent,mem_util_percent\n1,2\n3,4\n")
	f.Add(7, "f", "avg_cpu,avg_mem\n0.1,0.2\n")
	f.Fuzz(func(t *testing.T, i int, name, in string) {
		format := "auto"
		if i >= 0 {
			format = utilizationFormats[i%len(utilizationFormats)]
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := formats.Read(strings.NewReader(in), name, format)
		runtime.ReadMemStats(&after)
		// Some hundred bytes for each of the input, and the buffers.
		if used, most := after.TotalAlloc-before.TotalAlloc, uint64(4<<20+2000*len(in)); used > most {
			t.Errorf("%d bytes of input took %d of memory, want at most %d", len(in), used, most)
		}
		if err != nil || !slices.Contains(utilizationFormats, r.Format) {
			return
		}
		if len(r.Columns) == 0 {
			t.Fatal("no columns")
		}
		names := make(map[string]bool)
		for _, c := range r.Columns {
			if err := c.Check(); err != nil {
				t.Error(err)
			}
			if names[c.Name] || c.Name == "" {
				t.Errorf("column %q twice, or without name", c.Name)
			}
			names[c.Name] = true
			if _, top := c.Range(); c.Quantity == formats.Utilization && top > 1 {
				t.Errorf("%s: %v, want at most 1", c.Name, top)
			}
			if c.Period != r.Columns[0].Period && c.Quantity == formats.Utilization {
				t.Errorf("%s lasts %v, and %s %v", c.Name, c.Period, r.Columns[0].Name, r.Columns[0].Period)
			}
		}
	})
}
