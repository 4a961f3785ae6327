package formats_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/trace/formats"
)

// FuzzNetworkFormats reads anything in any format: no panic, and what is read
// keeps the promises of Recording and, written as our CSV, is read the same.
func FuzzNetworkFormats(f *testing.F) {
	names := []string{""}
	for _, format := range formats.Formats() {
		names = append(names, format.Name)
	}
	number := func(name string) byte {
		for i, n := range names {
			if n == name {
				return byte(i)
			}
		}
		f.Fatalf("no format %s", name)
		return 0
	}
	for _, e := range networkExamples {
		f.Add(number(e.format), []byte(e.in))
	}
	f.Add(byte(0), []byte("t_s,down_kbps\n0,1e3\n1e-3,0x1\n"))
	f.Fuzz(func(t *testing.T, format byte, data []byte) {
		r, err := formats.Read(bytes.NewReader(data), "f", names[int(format)%len(names)])
		if err != nil {
			return
		}
		if r.Trace != nil {
			if err := r.Trace.Check(); err != nil {
				t.Fatal(err)
			}
		}
		seen := make(map[string]bool)
		for _, c := range r.Columns {
			if err := c.Check(); err != nil {
				t.Fatal(err)
			}
			if seen[c.Name] {
				t.Fatalf("two columns %q", c.Name)
			}
			seen[c.Name] = true
			if _, most := c.Range(); most > 1 && (c.Quantity == formats.Loss || c.Quantity == formats.Utilization) {
				t.Fatalf("column %s: share %v", c.Name, most)
			}
		}
		for _, note := range r.Notes {
			if strings.Contains(note, "\n") {
				t.Fatalf("note of two lines: %q", note)
			}
		}
		r.Summary()
		var out bytes.Buffer
		if formats.WriteCSV(&out, r) != nil {
			return // a name that the format cannot say
		}
		got, err := formats.Read(&out, "f", "testbed")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r.Columns, got.Columns); diff != "" {
			t.Fatalf("written and read (-want +got):\n%s", diff)
		}
	})
}
