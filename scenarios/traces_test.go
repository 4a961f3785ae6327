package scenarios_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/trace/formats"
	"github.com/testbed/testbed/scenarios"
)

// generated are the traces of classes of networks.
var generated = []string{"3g", "4g", "5g", "wifi"}

// TestTracesAreAsStated works out what the traces are like, and looks for it in
// the table of their README.
func TestTracesAreAsStated(t *testing.T) {
	readme, err := fs.ReadFile(os.DirFS("traces"), "README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range generated {
		source, err := fs.ReadFile(scenarios.Shipped(), "traces/"+name+".csv")
		if err != nil {
			t.Fatal(err)
		}
		r, err := formats.Read(bytes.NewReader(source), name+".csv", "auto")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range r.Columns {
			if row := stated(name, c); !strings.Contains(string(readme), row) {
				t.Errorf("the README does not have\n%s", row)
			}
		}
	}
}

// stated is the row of a column in the README.
func stated(name string, c formats.Column) string {
	s := c.Summary()
	unit, gaps, longest := "%.1f", "–", "–"
	scale := 1e3 // seconds to ms
	if c.Quantity == formats.Rate {
		unit, scale = "%.0f", 1e-3
		gaps, longest = fmt.Sprint(s.Zeros), fmt.Sprintf("%.1f s", s.LongestZero.Seconds())
	}
	v := func(x float64) string { return fmt.Sprintf(unit, x*scale) }
	return fmt.Sprintf("| `%s.csv` | %s | %s | %s | %s | %s | %s | %s | %.1f s |",
		name, c.Name, v(s.Mean), v(s.P5), v(s.P50), v(s.P95), gaps, longest, correlation(c).Seconds())
}

// correlation is the first lag at which the autocorrelation of a column, whose
// steps are alike, is at most 1/e.
func correlation(c formats.Column) time.Duration {
	mean := c.Mean()
	at := func(lag int) (sum float64) {
		for i := lag; i < len(c.Value); i++ {
			sum += (c.Value[i] - mean) * (c.Value[i-lag] - mean)
		}
		return sum
	}
	lag, most := 1, at(0)/math.E
	for at(lag) > most {
		lag++
	}
	return c.At[lag]
}

// TestTracesAreGenerated: the traces are what the program beside them writes.
func TestTracesAreGenerated(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "generate")
	if out, err := exec.Command("go", "build", "-o", program, "traces/generate.go").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := exec.Command(program)
	run.Dir = dir
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"lte.down", "lte.up", "3g.csv", "4g.csv", "5g.csv", "wifi.csv"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if want, err := fs.ReadFile(scenarios.Shipped(), "traces/"+name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what generate.go writes: %v", name, err)
		}
	}
}
